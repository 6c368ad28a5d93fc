"""Codes moved along a direction: to a place on it, or by steps in units of spread or of the code's own length."""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor

from engine.checkpoints import Direction
from engine.explain.directions.coordinates import coordinates
from engine.interfaces import Layout

Step = Literal["spread", "norm"]


def stands(codes: Tensor, direction: Direction, layout: Layout) -> Tensor:
    """Where codes (N, D) stand on a direction, (N,): of layers that move alike, the mean of where they stand."""
    along = direction.over(layout).to(codes)
    return codes[:, list(direction.indices(layout))] @ along / (along @ along)


def moved(codes: Tensor, direction: Direction, layout: Layout, by: Tensor) -> Tensor:
    """Codes (N, D) moved by some lengths each, (N, A) -> (N, A, D); nothing across the direction changes."""
    result = codes[:, None].repeat(1, by.shape[1], 1)
    result[..., list(direction.indices(layout))] += by.to(codes)[..., None] * direction.over(layout).to(codes)
    return result


def step_lengths(codes: Tensor, layout: Layout, *, step: Step, spread: float) -> Tensor:
    """What an amplitude of one moves each code by, (N,).

    Args:
        codes: (N, D).
        layout: Of the codes.
        step: `spread` for one standard deviation of the model's codes along the direction; `norm` for the length of
            the code itself, as in the published sweeps: amplitude 0.09 is 9 % of the length of w.
        spread: That standard deviation.

    Raises:
        ValueError: If there is no such step.
    """
    if step not in get_args(Step):
        raise ValueError(f"A step is one of {', '.join(get_args(Step))}; got {step!r}.")
    if step == "spread":
        return codes.new_full((len(codes),), spread)
    return coordinates(codes, layout).norm(dim=1)


def amplitudes(most: float, count: int = 11) -> Tensor:
    """From -most to most in equal steps, with an exact zero in the middle, (count,).

    Raises:
        ValueError: If the count is even or less than three, or `most` is not above zero.
    """
    if count < 3 or count % 2 == 0 or not most > 0:
        raise ValueError(f"A sweep takes an odd number of at least 3 steps up to above 0; got {count} up to {most}.")
    half = torch.linspace(0, most, count // 2 + 1)
    return torch.cat([-half.flip(0)[:-1], half])
