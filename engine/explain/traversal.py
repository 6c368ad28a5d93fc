"""Moving through code space: walks along axes, straight lines between codes, the nearest known code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from engine.interfaces import Axis, LatentModel, Layout, part_slices

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


def interpolate(a: Tensor, b: Tensor, *, layout: Layout, count: int = 31) -> Tensor:
    """Codes on the straight line from a to b, both included, (count, D).

    A category cannot be between two options: it is that of a in the first half and that of b from the middle on.

    Args:
        a: Where to start, (D,).
        b: Where to end, (D,).
        layout: The model's; tells where categories lie.
        count: How many codes, at least two.

    Raises:
        ValueError: If a and b are not two codes of that layout.
    """
    size = sum(part.size for part in layout)
    if a.shape != (size,) or b.shape != (size,) or count < 2:
        raise ValueError(
            f"Two codes of shape ({size},) and a count of 2 or more are needed; "
            f"got {tuple(a.shape)}, {tuple(b.shape)} and {count}."
        )
    share = torch.linspace(0, 1, count, device=a.device, dtype=a.dtype)[:, None]
    codes = torch.lerp(a.expand(count, -1), b.expand(count, -1), share)
    for part, place in zip(layout, part_slices(layout), strict=True):
        if part.kind == "onehot":
            codes[:, place] = torch.where(share < 0.5, a[place], b[place])
    return codes


def nearest(codes: Tensor, z: Tensor, *, axes: Sequence[Axis]) -> int:
    """The row of codes that is nearest to z, by what the difference does to the output.

    Latents differ in scale and in weight, so each axis' difference is taken in units of its range and weighted by its
    effect on the output; a collapsed latent hardly counts.

    Args:
        codes: Known codes, (N, D).
        z: One code, (D,).
        axes: The model's axes.

    Raises:
        ValueError: If there are no codes, or z is not one of their kind.
    """
    if not len(codes) or z.shape != codes.shape[1:]:
        raise ValueError(
            f"z should be one code of shape {tuple(codes.shape[1:])}; got {tuple(z.shape)}, {len(codes)} rows."
        )
    difference = codes - z
    distance = torch.zeros(len(codes), device=codes.device, dtype=codes.dtype)
    for axis in axes:
        entries = torch.tensor(axis.indices, device=codes.device)
        if axis.kind == "category":
            moved = difference[:, entries].abs().sum(dim=1) / 2
        else:
            direction = torch.tensor(axis.direction or (1.0,) * len(entries), device=codes.device, dtype=codes.dtype)
            moved = difference[:, entries] @ direction / (direction @ direction) / ((axis.high - axis.low) or 1.0)
        distance += (moved * axis.effect).square()
    return int(distance.argmin())
