"""Low, Medium and High of a dial: the ranges of encoded data that the single-dial tasks draw from."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.interfaces import PERCENTILES, Axis

LEVELS = ("Low", "Medium", "High")
BOUNDS = ((1, 5), (48, 52), (95, 99))
"""Percentiles between which each level lies, Ross et al. (2021), https://arxiv.org/abs/2102.01264."""


def level_value(axis: Axis, option: int, share: Tensor) -> Tensor:
    """Where the dial stands for one of its options.

    Args:
        axis: The dial.
        option: Number of the level, or of a category's option.
        share: How far into the level's range, in [0, 1], any shape; of no effect on a category.

    Returns:
        Values of the shape of `share`: uniform within the level if `share` is uniform.
    """
    if axis.kind == "category":
        return torch.full_like(share, float(option))
    low, high = (percentile(axis, bound) for bound in BOUNDS[option])
    return low + (high - low) * share


def percentile(axis: Axis, p: float) -> float:
    """A percentile of encoded data on the dial, p from 0 to 100; straight lines between those the axis carries."""
    for (below, low), (above, high) in zip(_known(axis)[:-1], _known(axis)[1:], strict=True):
        if below <= p <= above:
            return low + (high - low) * (p - below) / (above - below)
    raise ValueError(f"A percentile is from 0 to 100; got {p}.")


def _known(axis: Axis) -> list[tuple[int, float]]:
    if len(axis.percentiles) != len(PERCENTILES):
        raise ValueError(
            f"Axis {axis.name!r} should carry {len(PERCENTILES)} percentiles of encoded data; it has "
            f"{len(axis.percentiles)}. Only a category has none."
        )
    return list(zip(PERCENTILES, axis.percentiles, strict=True))
