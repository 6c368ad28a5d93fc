"""Axes of a model: which parts of its code a user can move, how far, and how much each moves the output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from engine.interfaces import PERCENTILES, Axis, Decoder, Part, part_slices

COLLAPSED = 0.02  # an axis with less than this share of the strongest axis' effect does next to nothing
_STEPS = 9


def axes_of(
    model: Decoder,
    codes: Tensor,
    *,
    names: Sequence[str] = (),
    options: Sequence[str] = (),
    limits: Sequence[tuple[float, float]] = (),
    num_bases: int = 64,
) -> tuple[Axis, ...]:
    """Measures ranges and effects of all axes of a decoder.

    The effect of an axis is the mean absolute difference per output value between the output at the axis' centre and
    at nine equally spaced values from low to high, over `num_bases` codes of real examples. (Not the difference of the
    two ends: the ends of a periodic factor look the same.)

    Args:
        model: The decoder.
        codes: Codes of held-out examples, (N, D).
        names: Names of the continuous axes in the code's order; by default `Latent 1`, `Latent 2`, ...
        options: Names of the categories; by default 0, 1, ...
        limits: Known ranges of the continuous axes, which then take the place of percentiles and min-max of the codes;
            by default the model's own `code_limits`, where it has any.
        num_bases: Codes to average effects over.

    Returns:
        One axis a one-hot block or continuous entry. Factors keep their own order; all else is sorted, strongest first.
    """
    bases = codes[:num_bases]
    categories = [
        _category(model, part, place, codes, bases, options)
        for part, place in zip(model.layout, part_slices(model.layout), strict=True)
        if part.kind == "onehot"
    ]
    entries = [
        (index, part)
        for part, place in zip(model.layout, part_slices(model.layout), strict=True)
        if part.kind == "continuous"
        for index in range(place.start, place.stop)
    ]
    names = names or [
        f"{part.name.capitalize()} {1 + [i for i, p in entries if p is part].index(index)}" for index, part in entries
    ]
    limits = limits or getattr(model, "code_limits", ())
    ranges: Sequence[tuple[float, float] | None] = limits or [None] * len(entries)
    axes = categories + [
        _continuous(model, index, name, codes, bases, limit)
        for (index, _), name, limit in zip(entries, names, ranges, strict=True)
    ]
    strongest = max((axis.effect for axis in axes), default=0.0)  # layers have no axes of their own
    axes = [replace(axis, collapsed=axis.effect < COLLAPSED * strongest) for axis in axes]
    if any(part.name == "factor" for part in model.layout):
        return tuple(axes)
    return tuple(sorted(axes, key=lambda axis: -axis.effect))


def _continuous(
    model: Decoder, index: int, name: str, codes: Tensor, bases: Tensor, limit: tuple[float, float] | None
) -> Axis:
    levels = torch.tensor([0.005, 0.5, 0.995, *(p / 100 for p in PERCENTILES)], dtype=torch.float64)
    low, center, high, *percentiles = torch.quantile(codes[:, index].double().cpu(), levels).tolist()
    low, high = limit or (low, high)
    minimum, maximum = limit or (percentiles[0], percentiles[-1])
    values = torch.linspace(low, high, _STEPS)
    return Axis(
        name=name,
        kind="continuous",
        indices=(index,),
        low=low,
        high=high,
        center=center,
        minimum=minimum,
        maximum=maximum,
        percentiles=tuple(percentiles),
        effect=_effect(model, bases, (index,), torch.cat([torch.tensor([center]), values])[:, None]),
    )


def _category(
    model: Decoder, part: Part, place: slice, codes: Tensor, bases: Tensor, options: Sequence[str]
) -> Axis:
    indices = tuple(range(place.start, place.stop))
    return Axis(
        name=part.name.capitalize(),
        kind="category",
        indices=indices,
        low=0.0,
        high=float(part.size - 1),
        center=float(codes[:, place].sum(dim=0).argmax()),
        minimum=0.0,
        maximum=float(part.size - 1),
        options=tuple(options) or tuple(str(i) for i in range(part.size)),
        effect=_effect(model, bases, indices, torch.eye(part.size)),
    )


@torch.inference_mode()
def _effect(model: Decoder, bases: Tensor, indices: tuple[int, ...], values: Tensor) -> float:
    """Mean |difference| to the output at values[0]; values (V, len(indices)) are put into every base."""
    moved = bases.repeat_interleave(len(values), dim=0)
    moved[:, list(indices)] = values.to(moved).repeat(len(bases), 1)
    x_hat = model.decode(moved)
    x_hat = x_hat.reshape(len(bases), len(values), -1)
    return float((x_hat[:, 1:] - x_hat[:, :1]).abs().mean())
