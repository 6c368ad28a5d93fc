"""Dials: an axis under a participant's hand. Where codes stand on it, and codes turned to other places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

from engine.interfaces import Axis, LatentModel

Range = Literal["percentile", "full"]


def dials(model: LatentModel, *, hide_collapsed: bool = False) -> tuple[int, ...]:
    """Numbers of the axes a participant can turn, in the model's order; all of them if all are collapsed.

    Directions are dials of a model that has nothing else; beside a code's own axes they would turn the same twice.
    """
    own = [number for number, axis in enumerate(model.axes) if axis.kind != "direction"] or range(len(model.axes))
    return tuple(n for n in own if not (hide_collapsed and model.axes[n].collapsed)) or tuple(own)


def ends(axis: Axis, span: Range = "percentile") -> tuple[float, float]:
    """What a dial spans: the middle 99 % of encoded data, or its minimum to maximum; options of a category count."""
    return (axis.minimum, axis.maximum) if span == "full" else (axis.low, axis.high)


def stands(axis: Axis, codes: Tensor) -> Tensor:
    """Where codes (..., D) stand on a dial, (...): in its units, or the number of a category's option."""
    entries = codes[..., list(axis.indices)]
    if axis.kind == "category":
        return entries.argmax(dim=-1).to(codes.dtype)
    if len(axis.indices) == 1 and not axis.direction:
        return entries[..., 0]
    along = _along(axis, codes)
    return entries @ along / (along @ along)


def turned(axis: Axis, codes: Tensor, values: Tensor) -> Tensor:
    """The codes with one dial set to values; nothing else of them changes.

    Args:
        axis: The dial.
        codes: (..., D).
        values: Where to set it, (...), broadcast with the codes: in its units, or numbers of options.

    Returns:
        New codes, (..., D).
    """
    values = values.to(codes)
    shape = torch.broadcast_shapes(codes.shape[:-1], values.shape)
    codes, values = codes.expand(*shape, codes.shape[-1]).clone(), values.expand(shape)
    places = list(axis.indices)
    if axis.kind == "category":
        codes[..., places] = torch.nn.functional.one_hot(values.long(), len(places)).to(codes)
    elif len(places) == 1 and not axis.direction:
        codes[..., places[0]] = values  # exactly: a sum of differences would lose the last bits
    else:
        codes[..., places] += (values - stands(axis, codes))[..., None] * _along(axis, codes)
    return codes


def clamped(axes: Sequence[Axis], codes: Tensor, span: Range = "percentile") -> Tensor:
    """The codes (..., D) with every dial within what it spans, so that sliders can reach them."""
    for axis in axes:
        if axis.kind != "category":
            stood = stands(axis, codes)
            within = stood.clamp(*ends(axis, span))
            codes = torch.where((within == stood)[..., None], codes, turned(axis, codes, within))
    return codes


def copied(axes: Sequence[Axis], codes: Tensor, onto: Tensor) -> Tensor:
    """`onto` (..., D) with these dials where they stand in `codes` (..., D).

    What no dial moves, hidden latents or what lies across all directions, stays that of `onto`: codes that differ in
    dials alone can be turned into one another.
    """
    for axis in axes:
        onto = turned(axis, onto, stands(axis, codes))
    return onto


def _along(axis: Axis, codes: Tensor) -> Tensor:
    return torch.tensor(axis.direction or (1.0,) * len(axis.indices), device=codes.device, dtype=codes.dtype)
