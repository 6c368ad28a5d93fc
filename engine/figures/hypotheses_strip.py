"""Pictures of a tested hypothesis as PNG strips: before above after, and samples sorted by a reading."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.figures.hypotheses_scenes import Pairs
from engine.images import encode_png, grid, to_uint8

CELL = 72


def before_after_strip(pairs: Pairs, *, cell: int = CELL) -> bytes:
    """Codes side by side, each before the change above after it, as PNG bytes.

    Args:
        pairs: At least one.
        cell: Least height of a picture in pixels: the next multiple of its own.

    Raises:
        ValueError: If there are none.
    """
    if not len(pairs):
        raise ValueError("A strip shows at least one code before and after; got none.")
    return encode_png(tiled(torch.cat([pairs.before, pairs.after]), columns=len(pairs), cell=cell))


def sample_strip(samples: Tensor, *, columns: int = 12, cell: int = CELL) -> bytes:
    """Samples, (S, C, H, W) in [0, 1], row by row as PNG bytes.

    Raises:
        ValueError: If there are none.
    """
    if not len(samples):
        raise ValueError("A strip shows at least one sample; got none.")
    return encode_png(tiled(samples, columns=min(columns, len(samples)), cell=cell))


def change_strip(before: Tensor, after: Tensor, *, cell: int = CELL) -> bytes:
    """One picture beside what became of it, (C, H, W) in [0, 1] each, as PNG bytes."""
    return encode_png(tiled(torch.stack([before, after]), columns=2, cell=cell))


def tiled(x: Tensor, *, columns: int, cell: int) -> npt.NDArray[np.uint8]:
    """Pictures, (N, C, H, W) in [0, 1], enlarged to whole multiples and laid out on white: (H', W', C) uint8."""
    scale = max(1, math.ceil(cell / x.shape[2]))
    large = x.clamp(0, 1).repeat_interleave(scale, dim=2).repeat_interleave(scale, dim=3)
    return to_uint8(grid(large, columns=columns, gap=4, fill=1.0)[None])[0]
