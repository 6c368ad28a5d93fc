"""What the model says when only some pieces of a picture are there: the questions that surrogates and games ask."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.explain.heatmaps.subject import Subject


def answers(subject: Subject, pieces: Tensor, start: Tensor, coalitions: Tensor) -> Tensor:
    """The explained number of every picture for every coalition, (N, S).

    Args:
        subject: Pictures and model.
        pieces: Piece of each pixel, (N, 1, H, W).
        start: What stands where a piece is missing, (N, C, H, W).
        coalitions: Which pieces are there, (S, F), the same for all pictures.
    """
    n, count = len(subject.x), len(coalitions)
    result = torch.empty(n, count, device=subject.x.device)
    present = coalitions.to(subject.x.device, torch.bool)
    size = min(count, subject.chunk_size)
    for first in range(0, count, size):
        some = present[first : first + size]
        for pictures in subject.groups(len(some)):
            there = some.T[pieces[pictures]].movedim(-1, 1)  # (g, b, 1, H, W)
            x = torch.where(there, subject.x[pictures, None], start[pictures, None])
            weights = subject.weights[pictures].repeat_interleave(len(some), dim=0)
            result[pictures, first : first + size] = subject.score(x.flatten(0, 1), weights).unflatten(0, x.shape[:2])
    return result


def painted(values: Tensor, pieces: Tensor, channels: int) -> Tensor:
    """Values of pieces, (N, F), on every pixel and colour of the piece, (N, C, H, W), as Captum does."""
    return values.float().gather(1, pieces.flatten(1)).reshape(pieces.shape).repeat(1, channels, 1, 1)
