"""What happens to colours: light, contrast and turns about the grey axis, as one matrix a picture."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import torch
from torch import Tensor

from engine.objectives.adaptive_augmentation.chance import Chance


def draw_colours(names: Sequence[str], chance: Chance, channels: int) -> Tensor:
    """Draws the operations and joins them, the first one first.

    For RGB it is the paper's 4x4 matrix; one channel gets the 2x2 that averaging its rows leaves. Hue and saturation
    are changed in RGB alone, the others in any number of channels.

    Args:
        names: Keys of `COLOURS`.
        chance: The draws.
        channels: C of the pictures.

    Returns:
        (N, C + 1, C + 1), float64, for (values, 1).
    """
    matrix = torch.eye(channels + 1, dtype=torch.float64).repeat(chance.n, 1, 1)
    for name in names:
        if channels == 3 or name not in RGB_ONLY:
            matrix = COLOURS[name](chance, channels) @ matrix
    return matrix


def recolour(x: Tensor, matrix: Tensor) -> Tensor:
    """Applies one matrix to each picture's pixels, (N, C, H, W) and (N, C + 1, C + 1) -> (N, C, H, W)."""
    matrix = matrix.to(x)
    changed = matrix[:, :-1, :-1] @ x.flatten(2) + matrix[:, :-1, -1:]
    return changed.reshape(x.shape)


def brightness(chance: Chance, channels: int) -> Tensor:
    """Adds Normal(0, 0.2)."""
    matrix = torch.eye(channels + 1, dtype=torch.float64).repeat(chance.n, 1, 1)
    matrix[:, :-1, -1] = chance.normal(0.2)
    return matrix


def contrast(chance: Chance, channels: int) -> Tensor:
    """Multiplies by 2^Normal(0, 0.5)."""
    return _on_values(torch.exp2(chance.normal(0.5))[..., None] * torch.eye(channels, dtype=torch.float64))


def luma_flip(chance: Chance, channels: int) -> Tensor:
    """Mirrors the grey part and keeps the colour, for half of the chosen pictures."""
    grey, rest = _parts(channels)
    return _on_values(rest + (1 - 2 * chance.integer(2))[..., None] * grey)


def hue(chance: Chance, channels: int) -> Tensor:
    """Turns RGB about the grey axis by any angle."""
    grey, rest = _parts(channels)
    angle = chance.uniform(math.pi)[..., None]
    cross = torch.tensor([[0, -1, 1], [1, 0, -1], [-1, 1, 0]], dtype=torch.float64) / math.sqrt(3)
    return _on_values(grey + torch.cos(angle) * rest + torch.sin(angle) * cross)


def saturation(chance: Chance, channels: int) -> Tensor:
    """Multiplies what is not grey by 2^Normal(0, 1)."""
    grey, rest = _parts(channels)
    return _on_values(grey + torch.exp2(chance.normal(1.0))[..., None] * rest)


COLOURS: Mapping[str, Callable[[Chance, int], Tensor]] = MappingProxyType({
    "brightness": brightness,
    "contrast": contrast,
    "luma-flip": luma_flip,
    "hue": hue,
    "saturation": saturation,
})
RGB_ONLY = frozenset({"hue", "saturation"})


def _parts(channels: int) -> tuple[Tensor, Tensor]:
    """Projections on the grey axis and across it, (C, C) each."""
    grey = torch.full((channels, channels), 1 / channels, dtype=torch.float64)
    return grey, torch.eye(channels, dtype=torch.float64) - grey


def _on_values(matrix: Tensor) -> Tensor:
    """(N, C, C) as matrices for (values, 1), (N, C + 1, C + 1)."""
    whole = torch.nn.functional.pad(matrix, (0, 1, 0, 1))
    whole[:, -1, -1] = 1
    return whole
