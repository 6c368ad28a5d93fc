"""Tables of codes and factors: what every disentanglement metric takes, checked once."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from torch import Tensor

Table: TypeAlias = Tensor | npt.ArrayLike
Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.intp]


def as_table(values: Table, name: str) -> Floats:
    """A table as float64, (N, D), whatever it came as.

    Args:
        values: A tensor on any device, an array or nested lists, (N, D).
        name: What the table holds, for messages: "codes", "factors".

    Raises:
        ValueError: If it is not a table of at least two rows and one column of finite numbers.
    """
    raw = values.detach().cpu().numpy() if isinstance(values, Tensor) else np.asarray(values)
    table = raw.astype(np.float64)
    if table.ndim != 2 or len(table) < 2 or table.shape[1] < 1:
        raise ValueError(
            f"{name} should be a table (N, D) of at least two rows; got shape {table.shape}. "
            "For a single column v pass v[:, None]."
        )
    broken = ~np.isfinite(table).all(axis=1)
    if broken.any():
        raise ValueError(
            f"{name} should be finite; got NaN or infinity in {broken.sum()} of {len(table)} rows, the first in row "
            f"{int(broken.argmax())}. Check the model that produced it."
        )
    return table


def as_tables(codes: Table, factors: Table) -> tuple[Floats, Floats]:
    """Codes (N, D) and factors (N, F) of the same rows, as float64.

    Raises:
        ValueError: If one is no table or their rows do not match.
    """
    latents, truth = as_table(codes, "codes"), as_table(factors, "factors")
    if len(latents) != len(truth):
        raise ValueError(
            f"codes and factors should describe the same rows; got {len(latents)} and {len(truth)} of them. "
            "Pass the factors of the rows that were encoded, in the same order."
        )
    return latents, truth


def varying(table: Floats) -> npt.NDArray[np.bool_]:
    """Which columns take more than one value, (D,)."""
    return np.ptp(table, axis=0) > 0


def nested(array: npt.NDArray[np.number]) -> tuple[tuple[float, ...], ...]:
    """A matrix as nested tuples of plain floats, as metrics are stored."""
    return tuple(tuple(float(value) for value in row) for row in array)
