"""Many points around every picture, a chunk at a time: the loop that integrals and noisy averages share."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import TypeAlias

import torch
from torch import Tensor

from engine.explain.heatmaps.subject import Subject

# Given which samples (a slice of their numbers), a function from pictures (a slice) to points, (g, b, C, H, W).
Points: TypeAlias = Callable[[slice], Callable[[slice], Tensor]]

_BLOCK = 16  # samples drawn together: fixed, so that draws do not depend on the size of chunks


def gradients_at(subject: Subject, count: int, points: Points) -> Iterator[tuple[slice, slice, Tensor]]:
    """Gradients at `count` points around every picture.

    Args:
        subject: Pictures and model.
        count: Points around each picture.
        points: Where they lie.

    Yields:
        Which pictures, which samples, and the gradients there, (g, b, C, H, W), with g b at most the chunk size.
    """
    size = min(_BLOCK, subject.chunk_size)
    for start in range(0, count, size):
        samples = slice(start, min(start + size, count))
        place, number = points(samples), samples.stop - samples.start
        for pictures in subject.groups(number):
            x = place(pictures)
            weights = subject.weights[pictures].repeat_interleave(number, dim=0)
            gradients = subject.gradient(x.flatten(0, 1), weights)
            yield pictures, samples, gradients.unflatten(0, x.shape[:2])


def normal_noise(shape: tuple[int, ...], samples: slice, seed: int, device: torch.device) -> Tensor:
    """Standard normal noise of the samples with these numbers, (b, *shape): the same for every picture.

    One sequence for all pictures makes a picture's map independent of its company, and maps comparable.
    """
    drawn = _drawn(samples, lambda block: torch.randn(_BLOCK, *shape, generator=generator(seed, "noise", block)))
    return drawn.to(device)


def uniform_shares(samples: slice, seed: int, device: torch.device) -> Tensor:
    """Uniform numbers in [0, 1) of the samples with these numbers, (b,)."""
    drawn = _drawn(samples, lambda block: torch.rand(_BLOCK, generator=generator(seed, "shares", block)))
    return drawn.to(device)


def generator(seed: int, *parts: object) -> torch.Generator:
    """A generator of its own for every purpose: its seed is hashed from `seed` and the parts."""
    digest = hashlib.sha256(repr((seed, *parts)).encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)


def _drawn(samples: slice, draw: Callable[[int], Tensor]) -> Tensor:
    first, last = samples.start // _BLOCK, (samples.stop - 1) // _BLOCK
    blocks = torch.cat([draw(block) for block in range(first, last + 1)])
    return blocks[samples.start - first * _BLOCK : samples.stop - first * _BLOCK]
