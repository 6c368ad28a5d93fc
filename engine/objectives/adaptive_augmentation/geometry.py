"""Where pictures are moved to: mirrors, turns, shifts and stretches as affine matrices, one a picture."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import torch
from torch import Tensor

from engine.objectives.adaptive_augmentation.chance import Chance


def draw_geometry(names: Sequence[str], chance: Chance, size: tuple[int, int]) -> Tensor:
    """Draws the operations and joins them, the first one first.

    Args:
        names: Keys of `GEOMETRY`.
        chance: The draws.
        size: Height and width in pixels.

    Returns:
        *Inverse* matrices, (N, 3, 3), float64: where in the old picture the value at a place of the new one comes
        from. Places are (x, y, 1) in pixels, right and down from the picture's middle.
    """
    inverse = torch.eye(3, dtype=torch.float64).repeat(chance.n, 1, 1)
    for name in names:
        inverse = inverse @ GEOMETRY[name](chance, size)
    return inverse


def mirror(chance: Chance, size: tuple[int, int]) -> Tensor:
    """Left becomes right for half of the chosen pictures."""
    flipped = 1 - 2 * chance.integer(2)
    return _scaling(flipped, torch.ones_like(flipped))


def quarter_turns(chance: Chance, size: tuple[int, int]) -> Tensor:
    """0, 1, 2 or 3 turns by 90 degrees."""
    turns = chance.integer(4)
    # Sine and cosine of these four angles are whole numbers; a pixel that is copied needs them so.
    return _rotation(torch.cos(turns * math.pi / 2).round(), torch.sin(turns * math.pi / 2).round())


def whole_shift(chance: Chance, size: tuple[int, int]) -> Tensor:
    """Up to an eighth of the picture each way, in whole pixels."""
    return _translation(-(chance.uniform(0.125, width=2) * _width_height(size)).round())


def zoom(chance: Chance, size: tuple[int, int]) -> Tensor:
    """Larger or smaller by 2^Normal(0, 0.2)."""
    shrink = torch.exp2(-chance.normal(0.2))
    return _scaling(shrink, shrink)


def turn(chance: Chance, size: tuple[int, int]) -> Tensor:
    """Any angle. It is drawn twice, before and after the stretch: at least one fires with probability p."""
    angle = chance.halved().uniform(math.pi)
    return _rotation(torch.cos(angle), torch.sin(angle))


def stretch(chance: Chance, size: tuple[int, int]) -> Tensor:
    """Wider by 2^Normal(0, 0.2) and lower by as much."""
    log_scale = chance.normal(0.2)
    return _scaling(torch.exp2(-log_scale), torch.exp2(log_scale))


def shift(chance: Chance, size: tuple[int, int]) -> Tensor:
    """By Normal(0, 1/8) of the picture each way."""
    return _translation(-chance.normal(0.125, width=2) * _width_height(size))


GEOMETRY: Mapping[str, Callable[[Chance, tuple[int, int]], Tensor]] = MappingProxyType({
    "mirror": mirror,
    "quarter-turns": quarter_turns,
    "whole-shift": whole_shift,
    "zoom": zoom,
    "turn": turn,
    "stretch": stretch,
    "shift": shift,
})


def _width_height(size: tuple[int, int]) -> Tensor:
    """Pixels along x and y, (2,)."""
    return torch.tensor([size[1], size[0]], dtype=torch.float64)


def _scaling(x: Tensor, y: Tensor) -> Tensor:
    """diag(x, y, 1) of factors (N, 1)."""
    return torch.diag_embed(torch.cat([x, y, torch.ones_like(x)], 1))


def _rotation(cos: Tensor, sin: Tensor) -> Tensor:
    """Rotations about the middle, of (N, 1) each."""
    zero, one = torch.zeros_like(cos), torch.ones_like(cos)
    return torch.cat([cos, -sin, zero, sin, cos, zero, zero, zero, one], 1).reshape(-1, 3, 3)


def _translation(offset: Tensor) -> Tensor:
    """Shifts by (N, 2) pixels."""
    matrix = torch.eye(3, dtype=offset.dtype).repeat(len(offset), 1, 1)
    matrix[:, :2, 2] = offset
    return matrix
