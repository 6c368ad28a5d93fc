"""Directions as axes a user can move: their range in the model's own codes, and what they do to its pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from engine.checkpoints import Direction
from engine.explain.batches import decode_in_batches
from engine.explain.directions.moves import moved, stands
from engine.explain.progress import Progress
from engine.interfaces import PERCENTILES, Axis, Decoder
from engine.models.axes import COLLAPSED

_STEPS = 9


def direction_axes(
    model: Decoder,
    directions: Sequence[Direction],
    codes: Tensor,
    *,
    num_bases: int = 32,
    on_progress: Progress = lambda done, total: None,
) -> tuple[Axis, ...]:
    """One axis a direction, measured as those of latents are (`engine.models.axes.axes_of`).

    Args:
        model: The decoder.
        directions: Through its code.
        codes: Plausible codes, (N, D), which ranges and percentiles are of.
        num_bases: Codes to average effects over: the first of them.
        on_progress: Told how many directions are done, and of how many.
    """
    axes = []
    for done, direction in enumerate(directions):
        on_progress(done, len(directions))
        axes.append(_axis(model, direction, codes, codes[:num_bases]))
    on_progress(len(directions), len(directions))
    own = [axis.effect for axis in getattr(model, "axes", ()) if axis.kind != "direction"]
    strongest = max([*own, *(axis.effect for axis in axes)], default=0.0)
    return tuple(replace(axis, collapsed=axis.effect < COLLAPSED * strongest) for axis in axes)


def _axis(model: Decoder, direction: Direction, codes: Tensor, bases: Tensor) -> Axis:
    values = stands(codes, direction, model.layout).double().cpu()
    levels = torch.tensor([0.005, 0.5, 0.995, *(p / 100 for p in PERCENTILES)], dtype=torch.float64)
    low, center, high, *percentiles = torch.quantile(values, levels).tolist()
    places = torch.cat([torch.tensor([center]), torch.linspace(low, high, _STEPS)])
    return Axis(
        name=direction.name,
        kind="direction",
        indices=direction.indices(model.layout),
        low=low,
        high=high,
        center=center,
        minimum=percentiles[0],
        maximum=percentiles[-1],
        percentiles=tuple(percentiles),
        direction=direction.plain(model.layout),
        effect=_effect(model, bases, direction, places),
    )


def _effect(model: Decoder, bases: Tensor, direction: Direction, places: Tensor) -> float:
    """Mean |difference| of the outputs at all other places to that at the first."""
    by = places.to(bases) - stands(bases, direction, model.layout)[:, None]
    x_hat = decode_in_batches(model, moved(bases, direction, model.layout, by).flatten(0, 1)).x
    x_hat = x_hat.reshape(len(bases), len(places), -1)
    return float((x_hat[:, 1:] - x_hat[:, :1]).abs().mean())
