"""The augmentations in their order, each applied to each picture with probability p."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import torch
from torch import Generator, Tensor

from engine.objectives.adaptive_augmentation.chance import Chance
from engine.objectives.adaptive_augmentation.colour import COLOURS, draw_colours, recolour
from engine.objectives.adaptive_augmentation.disturbance import DISTURBANCES
from engine.objectives.adaptive_augmentation.geometry import GEOMETRY, draw_geometry
from engine.objectives.adaptive_augmentation.resampling import copy_pixels, resample

_BLIT = ("mirror", "quarter-turns", "whole-shift")
_GEOM = ("zoom", "turn", "stretch", "turn", "shift")
_COLOR = ("brightness", "contrast", "luma-flip", "hue", "saturation")

# The paper's names of sets of operations; the operations are applied in this order.
PIPELINES: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "blit": _BLIT,
    "geom": _GEOM,
    "color": _COLOR,
    "bg": _BLIT + _GEOM,
    "bgc": _BLIT + _GEOM + _COLOR,
    "bgcf": (*_BLIT, *_GEOM, *_COLOR, "filter"),
    "bgcfn": (*_BLIT, *_GEOM, *_COLOR, "filter", "noise"),
    "bgcfnc": (*_BLIT, *_GEOM, *_COLOR, "filter", "noise", "cutout"),
    "filter": ("filter",),
    "noise": ("noise",),
    "cutout": ("cutout",),
})


def augment(x: Tensor, p: Tensor | float, *, generator: Generator, pipeline: str = "bgc") -> Tensor:
    """Pictures as the discriminator is to see them, real and drawn ones alike.

    Every operation fires for every picture on its own with probability p: Karras et al. (2020), appendix B,
    https://arxiv.org/abs/2006.06676. Pipelines without zoom, turns and fractional shifts copy pixels exactly; the
    others resample the pictures whose matrix is not the identity. Differentiable twice with respect to x.

    Args:
        x: Pictures, (N, C, H, W), around 0, such as [-1, 1]; the result may leave that range. Hue and saturation are
            changed where C is 3.
        p: Probability, a number or a scalar tensor, at least 0; above 1 it counts as 1. At 0, x itself is returned and
            nothing drawn.
        generator: The source of chance, on the CPU.
        pipeline: A key of `PIPELINES`.

    Returns:
        New pictures, (N, C, H, W), of x's type.

    Raises:
        ValueError: If x is no batch of pictures, if p is below 0 or not a number, or if the pipeline is not known.
    """
    if x.ndim != 4:
        raise ValueError(f"x should be a batch of pictures (N, C, H, W); got shape {tuple(x.shape)}.")
    if pipeline not in PIPELINES:
        raise ValueError(f"No pipeline {pipeline!r}; choose one of {list(PIPELINES)}.")
    p = float(p)
    if not p >= 0:
        raise ValueError(f"p should be a probability, 0 or more; got {p}. NaN comes from a network that diverged.")
    if p == 0 or not len(x):
        return x
    chance, names = Chance(n=len(x), p=min(p, 1.0), generator=generator), PIPELINES[pipeline]
    with torch.autocast(x.device.type, enabled=False):  # places and filters need more than 8 bits
        changed = x.to(torch.promote_types(x.dtype, torch.float32))
        changed = _move(changed, [name for name in names if name in GEOMETRY], chance)
        changed = _recolour(changed, [name for name in names if name in COLOURS], chance)
        for name in names:
            if name in DISTURBANCES:
                changed = DISTURBANCES[name](changed, chance)
    return changed.to(x.dtype)


def _move(x: Tensor, names: list[str], chance: Chance) -> Tensor:
    """Draws where pictures go and moves those that do not stay."""
    if not names:
        return x
    inverse = draw_geometry(names, chance, (x.shape[2], x.shape[3]))
    if set(names) <= set(_BLIT):
        return copy_pixels(x, inverse)
    moved = (inverse != torch.eye(3, dtype=inverse.dtype)).any(dim=(1, 2)).nonzero()[:, 0]
    if not len(moved):
        return x
    where = moved.to(x.device)
    return x.index_copy(0, where, resample(x[where], inverse[moved]))


def _recolour(x: Tensor, names: list[str], chance: Chance) -> Tensor:
    """Draws colours and changes them."""
    return recolour(x, draw_colours(names, chance, x.shape[1])) if names else x
