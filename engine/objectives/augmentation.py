"""Random changes of training pictures that leave their class as it is; each draws for every picture on its own.

Chance is one block from one generator for the batch; the work is batched.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Generator, Tensor
from torch.nn import functional

from engine.registry import Registry

AUGMENTATIONS: Registry[Callable[..., Any]] = Registry("augmentation")


class Augmentation(Protocol):
    """A frozen dataclass that changes pictures."""

    def __call__(self, x: Tensor, *, generator: Generator) -> Tensor:
        """(N, C, H, W) in [0, 1] -> the same shape and range; the generator is on the CPU."""
        ...


@AUGMENTATIONS.register("flip")
@dataclass(frozen=True, kw_only=True)
class Flip:
    """Mirrors half of the pictures left to right and, where asked for, half of them upside down.

    Attributes:
        vertical: Whether upside down too.
    """

    vertical: bool = False

    def __call__(self, x: Tensor, *, generator: Generator) -> Tensor:
        """Mirrored pictures."""
        for dim in (3, 2) if self.vertical else (3,):
            chosen = (torch.rand(len(x), generator=generator) < 0.5).to(x.device)
            x = torch.where(chosen[:, None, None, None], x.flip(dim), x)
        return x


@AUGMENTATIONS.register("shift")
@dataclass(frozen=True, kw_only=True)
class Shift:
    """Moves every picture by up to some pixels each way; the border is mirrored to fill what opens.

    Attributes:
        pixels: Greatest shift.
    """

    pixels: int = 4

    def __call__(self, x: Tensor, *, generator: Generator) -> Tensor:
        """Moved pictures."""
        padded = functional.pad(x, (self.pixels,) * 4, mode="reflect")
        top, left = torch.randint(2 * self.pixels + 1, (2, len(x)), generator=generator).to(x.device)
        rows = top[:, None] + torch.arange(x.shape[2], device=x.device)
        columns = left[:, None] + torch.arange(x.shape[3], device=x.device)
        every = torch.arange(len(x), device=x.device)[:, None, None]
        moved = padded.permute(0, 2, 3, 1)[every, rows[:, :, None], columns[:, None, :]]  # (N, H, W, C)
        return moved.permute(0, 3, 1, 2)


@AUGMENTATIONS.register("turn")
@dataclass(frozen=True, kw_only=True)
class Turn:
    """Turns and zooms about a random centre; where the picture ends, its edge goes on.

    Attributes:
        degrees: Greatest turn each way.
        least_zoom: Smallest share of the side that is shown; 1 is no zoom.
        greatest_zoom: Largest share of the side that is shown.
    """

    degrees: float = 15.0
    least_zoom: float = 1.0
    greatest_zoom: float = 1.0

    def __call__(self, x: Tensor, *, generator: Generator) -> Tensor:
        """Turned pictures."""
        angle, zoom, across, down = torch.rand(4, len(x), generator=generator)
        angle = (2 * angle - 1) * math.radians(self.degrees)
        zoom = self.least_zoom + (self.greatest_zoom - self.least_zoom) * zoom
        room = (1 - zoom).clamp_min(0)
        cos, sin = zoom * torch.cos(angle), zoom * torch.sin(angle)
        theta = torch.stack(
            [torch.stack([cos, -sin, room * (2 * across - 1)], 1), torch.stack([sin, cos, room * (2 * down - 1)], 1)], 1
        ).to(x)  # (N, 2, 3)
        grid = functional.affine_grid(theta, list(x.shape), align_corners=False)
        return functional.grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=False)


@AUGMENTATIONS.register("resample")
@dataclass(frozen=True, kw_only=True)
class Resample:
    """Makes some of the pictures smaller and large again, so that a network does not rest on the finest detail.

    Fine and coarse pictures share a batch: with batches of either, batch norm would know the mixture alone.

    Attributes:
        least: Smallest share of the side they pass through, the same for all that are changed in a batch; small shares
            come more often than large ones.
        probability: Share of the pictures that are changed.
    """

    least: float = 0.5
    probability: float = 0.5

    def __call__(self, x: Tensor, *, generator: Generator) -> Tensor:
        """Pictures some of which went through fewer pixels, all of them through as many."""
        chosen = (torch.rand(len(x), generator=generator) < self.probability).to(x.device)
        place = torch.rand(1, generator=generator).item() ** 2
        share = self.least + (1 - self.least) * place
        side = tuple(max(1, round(length * share)) for length in x.shape[2:])
        small = functional.interpolate(x[chosen], side, mode="bilinear", antialias=True, align_corners=False)
        changed = x.clone()
        changed[chosen] = functional.interpolate(small, x.shape[2:], mode="bilinear", align_corners=False)
        return changed


@AUGMENTATIONS.register("light")
@dataclass(frozen=True, kw_only=True)
class Light:
    """Changes brightness and contrast of every picture, and the strength of its colours.

    Attributes:
        amount: Greatest relative change of each.
    """

    amount: float = 0.2

    def __call__(self, x: Tensor, *, generator: Generator) -> Tensor:
        """Relit pictures, cut to [0, 1]."""
        factors = 1 + self.amount * (2 * torch.rand(3, len(x), generator=generator) - 1)
        brightness, contrast, colour = factors.to(x)[..., None, None, None]  # (N, 1, 1, 1) each
        grey = x.mean(dim=1, keepdim=True)
        x = grey + colour * (x - grey)
        middle = x.mean(dim=(1, 2, 3), keepdim=True)
        return (brightness * (middle + contrast * (x - middle))).clamp(0, 1)
