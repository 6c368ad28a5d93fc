"""Walks through code space: codes that differ along one axis only, from its lower to its upper end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from engine.interfaces import Axis, LatentModel

Span = Literal["percentile", "full"]


@dataclass(frozen=True)
class Walk:
    """Codes along one axis.

    Attributes:
        axis: Which.
        values: Where on the axis, (V,): its units, or the option's number of a category.
        codes: (V, D); only the entries of the axis differ.
    """

    axis: Axis
    values: Tensor
    codes: Tensor


def walks(model: LatentModel, z: Tensor, *, count: int = 11, span: Span = "percentile") -> tuple[Walk, ...]:
    """One walk through z along every axis of the model, in the model's order; arguments as in `walk`."""
    return tuple(walk(axis, z, positions(axis, count, span=span)) for axis in model.axes)


def walk(axis: Axis, z: Tensor, values: Tensor) -> Walk:
    """Codes that equal z except along one axis.

    Args:
        axis: What moves; for a category, values are numbers of options.
        z: One code, (D,).
        values: Where to stand on the axis, (V,).

    Raises:
        ValueError: If z is not one code or a value is no option of a category.
    """
    if z.ndim != 1:
        raise ValueError(f"z should be one code of shape (D,); got shape {tuple(z.shape)}. Take one row, z[0].")
    entries = torch.tensor(axis.indices, device=z.device)
    codes = z.repeat(len(values), 1)
    if axis.kind == "category":
        options = values.long()
        if len(values) and not 0 <= int(options.min()) <= int(options.max()) < len(entries):
            raise ValueError(f"{axis.name!r} has options 0 to {len(entries) - 1}; got {values.tolist()}.")
        codes[:, entries] = torch.eye(len(entries), device=z.device, dtype=z.dtype)[options.to(z.device)]
        return Walk(axis, values, codes)
    direction = torch.tensor(axis.direction or (1.0,) * len(entries), device=z.device, dtype=z.dtype)
    stands = z[entries] @ direction / (direction @ direction)
    codes[:, entries] += (values.to(z) - stands)[:, None] * direction
    return Walk(axis, values, codes)


def positions(axis: Axis, count: int = 11, *, span: Span = "percentile") -> Tensor:
    """Values to walk through: `count` from the axis' lower to its upper end, or every option of a category, (V,).

    Args:
        axis: Of any kind.
        count: How many on a continuous axis.
        span: `percentile`, from the 0.5th to the 99.5th percentile of encoded data, or `full`, all of its range.

    Raises:
        ValueError: If count is less than two or the span is not known.
    """
    if count < 2 or span not in ("percentile", "full"):
        raise ValueError(f"A walk takes at least 2 steps of span 'percentile' or 'full'; got {count} of {span!r}.")
    if axis.kind == "category":
        return torch.arange(len(axis.indices), dtype=torch.float32)
    low, high = (axis.minimum, axis.maximum) if span == "full" else (axis.low, axis.high)
    return torch.linspace(low, high, count)
