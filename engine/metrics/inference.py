"""Running a model over a split: in batches, on the model's device, in evaluation mode."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from engine.data import Batch, Split

Progress: TypeAlias = Callable[[int, int], None]  # (done, in all)


def batches(
    split: Split,
    *,
    rows: npt.NDArray[np.int64] | None = None,
    batch_size: int = 1024,
    progress: Progress | None = None,
) -> Iterator[Batch]:
    """The rows of a split in order, `batch_size` at a time, the last batch smaller.

    Args:
        split: Any split.
        rows: Positions to visit instead of all, (N,).
        batch_size: Rows a batch, at least 1.
        progress: Called after each batch was used, with (rows done, rows in all).

    Raises:
        ValueError: If batch_size is below 1.
    """
    if batch_size < 1:
        raise ValueError(f"batch_size should be at least 1; got {batch_size}.")
    rows = np.arange(len(split), dtype=np.int64) if rows is None else rows
    for start in range(0, len(rows), batch_size):
        yield split.batch(rows[start : start + batch_size])
        if progress is not None:
            progress(min(start + batch_size, len(rows)), len(rows))


def spread_rows(num_rows: int, max_rows: int | None) -> npt.NDArray[np.int64]:
    """At most `max_rows` positions evenly spread over a split, so that sorted data are covered too.

    Raises:
        ValueError: If max_rows is below 1.
    """
    if max_rows is not None and max_rows < 1:
        raise ValueError(f"max_rows should be at least 1, or None for all rows; got {max_rows}.")
    count = num_rows if max_rows is None else min(max_rows, num_rows)
    return np.arange(count, dtype=np.int64) * num_rows // count if count else np.arange(0, dtype=np.int64)


def device_of(model: object) -> torch.device:
    """Where a model's weights lie; the CPU for one without weights, such as a formula."""
    parameter = next(model.parameters(), None) if isinstance(model, nn.Module) else None
    return torch.device("cpu") if parameter is None else parameter.device


@contextmanager
def evaluating(model: object) -> Iterator[None]:
    """Without gradients, batch norm and dropout as at test time; leaves every module in the mode it was in."""
    modules = list(model.modules()) if isinstance(model, nn.Module) else []
    modes = [module.training for module in modules]
    try:
        for module in modules:
            module.training = False
        with torch.no_grad():
            yield
    finally:
        for module, mode in zip(modules, modes, strict=True):
            module.training = mode
