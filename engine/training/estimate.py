"""What a run costs: measured on a few updates beforehand, or read from its log afterwards."""

from __future__ import annotations

import contextlib
import statistics
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engine.data import Dataset, Split
from engine.data.dataset import Ids
from engine.training.fit import Progress, fit
from engine.training.log import read
from engine.training.recipe import Recipe
from engine.training.state import saved_step

_EXAMPLES = 2**20  # what the examples of a checkpoint may take


@dataclass(frozen=True)
class Estimate:
    """Time and disk of one run.

    Attributes:
        steps_left: Updates still to do.
        steps_per_s: Measured on random data, so reading the data set comes on top; None where it cannot be measured.
        seconds: Training time left; evaluation comes on top. None where the speed cannot be measured.
        run_bytes: Size of the training state.
        checkpoint_bytes: At most what the checkpoint takes, with float32 weights and examples.
        note: Why something cannot be measured; empty otherwise.
    """

    steps_left: int
    steps_per_s: float | None
    seconds: float | None
    run_bytes: int
    checkpoint_bytes: int
    note: str = ""


def estimate(
    recipe: Recipe,
    dataset: Dataset,
    *,
    folder: Path,
    budget_s: float = 1.5,
    needs: Mapping[str, Any] = MappingProxyType({}),
) -> Estimate:
    """Runs the real loop on random data for a moment; downloads nothing.

    Args:
        recipe: The run.
        dataset: Its data set, for the shape of an example; no split is opened.
        folder: The run's folder; a state in it shortens the run.
        budget_s: Seconds to measure, after the first updates.
        needs: The loaded models this recipe stands on, by id; its speed cannot be measured without them.
    """
    weights = sum(value.numel() * value.element_size() for value in recipe.network.build().state_dict().values())
    if recipe.objective is None:
        return Estimate(0, 0.0, 0.0, 0, weights + _EXAMPLES)
    left = recipe.steps - saved_step(folder / "state.safetensors", recipe)
    # Adam keeps two moments a weight; SGD one, which this overstates. The best epoch's weights lie beside the last's.
    state = (3 + bool(recipe.validation)) * weights
    missing = [name for name in recipe.needs if name not in needs]
    if missing:
        note = f"Cannot be measured before {', '.join(missing)} is trained."
        return Estimate(left, None, None, state, weights + _EXAMPLES, note)
    rate = _steps_per_s(recipe, dataset, budget_s, needs)
    return Estimate(left, rate, left / rate, state, weights + _EXAMPLES)


def training_seconds(path: Path) -> float:
    """Wall time of a run from its log; pauses between sessions count as an ordinary stretch.

    Returns:
        Seconds from the first to the last row, (rows / (rows - 1)) times for the stretch before the first; 0.0 without
        two rows.
    """
    times = [row["time"] for row in read(path)] if path.exists() else []
    stretches = np.diff(times)
    if not len(stretches):
        return 0.0
    usual = float(np.median(stretches))
    # A machine under load may well be ten times slower for a while; a longer gap means that nobody trained.
    worked = [stretch if 0 <= stretch < 20 * usual + 60 else usual for stretch in stretches.tolist()]
    return sum(worked) * len(times) / len(stretches)


class _EnoughError(Exception):
    """Ends a measurement."""


def _steps_per_s(recipe: Recipe, dataset: Dataset, budget_s: float, needs: Mapping[str, Any]) -> float:
    rates: list[float] = []
    begun = time.monotonic()

    def watch(progress: Progress) -> None:
        rates.append(progress.steps_per_s)
        if time.monotonic() - begun > budget_s and len(rates) > 1:
            raise _EnoughError

    split = Split("random", _RandomRows(dataset.space.shape), labels=_labels(dataset), factors=_factors(dataset))
    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(_EnoughError):
        row = replace(recipe, validation="")  # an epoch is not waited for
        fit(row, split, folder=Path(folder), on_progress=watch, report_every=2, needs=needs)
    return statistics.median(rates[1:] or rates)  # the first updates warm up


_ROWS = 4096


class _RandomRows:
    """Noise in [0, 1] of a data set's shape."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._x = torch.rand(256, *shape, generator=torch.Generator().manual_seed(0))

    def __len__(self) -> int:
        return _ROWS

    def read(self, ids: Ids) -> Tensor:
        return self._x[torch.from_numpy(ids % len(self._x))]


def _labels(dataset: Dataset) -> Tensor | None:
    return torch.arange(_ROWS) % len(dataset.classes) if dataset.classes else None


def _factors(dataset: Dataset) -> Tensor | None:
    names = dataset.factor_names
    draw = torch.rand(_ROWS, len(names), generator=torch.Generator().manual_seed(1)) if names else None
    return None if draw is None else draw.round()  # attributes are 0 or 1, and other factors may be
