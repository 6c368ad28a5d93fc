"""How much either of two values counts in their mix: along a line, along an arc, or all or nothing."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from engine.interfaces import Mixing

_STRAIGHT = 1e-3  # sine of the angle below which an arc is the line, or no arc is the shortest


def weights(
    mixing: Sequence[Mixing], owner: Tensor, a: Tensor, b: Tensor, first: Tensor, second: Tensor, share: Tensor
) -> tuple[Tensor, Tensor]:
    """Weights of a and of b in their mix, (N, C) each.

    Spherical: White (2016), https://arxiv.org/abs/1609.04468, with the length going linearly from one to the other;
    values in the same or in opposite directions, or of no length, mix along the line.

    Args:
        mixing: How each slot mixes.
        owner: The slot that holds each value, (V,); -1 for none.
        a: Values of the first style, (N, V).
        b: Values of the second, (N, V).
        first: Number of the first style, (N, C).
        second: Number of the second, (N, C).
        share: Of the first, (N, C) in [0, 1].
    """
    of_a, of_b = share, 1 - share
    if "spherical" in mixing:
        on_arc = _are(mixing, "spherical", share)
        arc_a, arc_b = _arc(owner, a, b, share)
        of_a, of_b = torch.where(on_arc, arc_a, of_a), torch.where(on_arc, arc_b, of_b)
    # Half of either: the one with the lower number, whichever is named first.
    takes_a = (share > 0.5) | ((share == 0.5) & (first < second))
    snapped = _are(mixing, "snap", share)
    of_a, of_b = torch.where(snapped, takes_a.to(of_a), of_a), torch.where(snapped, (~takes_a).to(of_b), of_b)
    pure_a = (first == second) | (share >= 1)
    pure_b = ~pure_a & (share <= 0)
    of_a = torch.where(pure_a, 1.0, torch.where(pure_b, 0.0, of_a))
    return of_a, torch.where(pure_a, 0.0, torch.where(pure_b, 1.0, of_b))


def _are(mixing: Sequence[Mixing], kind: Mixing, like: Tensor) -> Tensor:
    return torch.tensor([one == kind for one in mixing], device=like.device)


def _arc(owner: Tensor, a: Tensor, b: Tensor, share: Tensor) -> tuple[Tensor, Tensor]:
    def per_slot(values: Tensor) -> Tensor:
        kept = owner >= 0
        return torch.zeros_like(share).index_add_(1, owner[kept], values[:, kept])

    length_a, length_b = per_slot(a.square()).sqrt(), per_slot(b.square()).sqrt()
    product = (length_a * length_b).clamp_min(torch.finfo(a.dtype).tiny)
    angle = torch.acos((per_slot(a * b) / product).clamp(-1, 1))
    sine = torch.sin(angle)
    straight = (sine < _STRAIGHT) | (length_a == 0) | (length_b == 0)
    length = (share * length_a + (1 - share) * length_b) / sine.masked_fill(straight, 1.0)
    of_a = length * torch.sin(share * angle) / length_a.masked_fill(straight, 1.0)
    of_b = length * torch.sin((1 - share) * angle) / length_b.masked_fill(straight, 1.0)
    return torch.where(straight, share, of_a), torch.where(straight, 1 - share, of_b)
