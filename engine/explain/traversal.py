"""Between known codes: straight lines from one to another, the one nearest to a third."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from engine.interfaces import Axis, Layout, part_slices


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
