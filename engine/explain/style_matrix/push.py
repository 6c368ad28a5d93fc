"""Styles pushed to an extreme of a readout: each moved along a direction to where it is rated most or least."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from engine.explain.batches import decode_in_batches
from engine.explain.progress import Progress, ShouldStop, check
from engine.explain.style_matrix.ratings import Rating, rated
from engine.interfaces import LatentModel
from engine.models.slots import Slots, with_direction

Toward = Literal["high", "low", "opposite"]


@torch.no_grad()
def push(
    model: LatentModel,
    slots: Slots,
    codes: Tensor,
    direction: Tensor,
    rating: Rating,
    *,
    amplitude: float,
    relative: bool,
    toward: Toward = "high",
    steps: int = 11,
    batch_size: int = 64,
    progress: Progress | None = None,
    should_stop: ShouldStop | None = None,
) -> Tensor:
    """The code of each style at which a readout is most extreme, among equal steps along a direction, (S, D).

    Give the result to a bank by `with_given`. With `opposite`, a code goes to the other side of the readout's centre
    than it is on: beside the code itself, a pair of picture and counterfactual, as in the published system.

    Args:
        model: Draws the codes.
        slots: The model's; tell the length of a step.
        codes: Styles, (S, D).
        direction: Through code space, (D,), such as that of the readout's attribute.
        rating: The readout.
        amplitude: How far to go, as in `with_direction`; 0.15 of a style's length in the published system.
        relative: Whether that is of the code's length, else in standard deviations.
        toward: Which extreme.
        steps: Codes that are tried for each style, an odd number, so that its own is among them.
        batch_size: Pictures drawn and rated at once.
        progress: Told after each batch how many codes were tried.
        should_stop: Asked before each batch.

    Raises:
        ValueError: If `toward` is not known, or steps are not odd and at least 3.
        CancelledError: If `should_stop` said so.
    """
    if toward not in ("high", "low", "opposite") or steps < 3 or steps % 2 == 0:
        raise ValueError(f"Styles go toward 'high', 'low' or 'opposite' in an odd number of steps from 3 on; "
                         f"got {toward!r} and {steps}.")  # fmt: skip
    space = with_direction(slots, "direction", direction, amplitude=amplitude, relative=relative)
    values = space.to_values(codes).repeat_interleave(steps, dim=0)
    values[:, -1] = torch.linspace(-amplitude, amplitude, steps).repeat(len(codes)).to(values)
    tried = space.to_codes(values)  # (S steps, D)
    scores: list[Tensor] = []
    for batch in tried.split(batch_size):
        check(should_stop)
        scores.append(rated(rating, decode_in_batches(model, batch, batch_size=batch_size).x))
        if progress is not None:
            progress(sum(map(len, scores)), len(tried))
    table = torch.cat(scores).unflatten(0, (len(codes), steps))  # (S, steps)
    best = torch.where(_goes_up(table, toward, rating.center), table, -table).argmax(dim=1)
    return tried.unflatten(0, (len(codes), steps))[torch.arange(len(codes)), best.to(tried.device)]


def _goes_up(table: Tensor, toward: Toward, center: float | None) -> Tensor:
    """Whether each style's rating is to rise, (S, 1)."""
    own = table[:, table.shape[1] // 2 : table.shape[1] // 2 + 1]
    if toward != "opposite":
        return torch.full_like(own, toward == "high", dtype=torch.bool)
    return own < (float(own.mean()) if center is None else center)
