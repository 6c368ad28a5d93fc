"""A picture with its content taken away: what a pixel is replaced by when an explanation asks what it adds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.registry import unknown

IMAGENET_MEAN = (0.485, 0.456, 0.406)


def baseline(x: Tensor, kind: str) -> Tensor:
    """A baseline for every picture; it depends on that picture alone.

    Args:
        x: Pictures, (N, C, H, W), values in [0, 1].
        kind: One of `BASELINES`.

    Returns:
        (N, C, H, W), values in [0, 1].

    Raises:
        ValueError: If there is no such baseline.
    """
    if kind not in BASELINES:
        raise ValueError(unknown("baseline", kind, BASELINES))
    return BASELINES[kind](x)


def blurred(x: Tensor, sigma: float) -> Tensor:
    """Pictures (N, C, H, W) after a Gaussian blur of `sigma` pixels; edges are continued."""
    radius = max(1, round(3 * sigma))
    offsets = torch.arange(-radius, radius + 1, dtype=x.dtype, device=x.device)
    kernel = torch.exp(-0.5 * (offsets / sigma).square())
    kernel = kernel / kernel.sum()
    n, channels, height, width = x.shape
    flat = F.pad(x.reshape(n * channels, 1, height, width), [radius] * 4, mode="replicate")
    flat = F.conv2d(F.conv2d(flat, kernel.reshape(1, 1, -1, 1)), kernel.reshape(1, 1, 1, -1))
    return flat.reshape(x.shape)


def _imagenet(x: Tensor) -> Tensor:
    color = x.new_tensor(IMAGENET_MEAN)
    color = color if x.shape[1] == len(color) else color.mean().expand(x.shape[1])
    return color.reshape(1, -1, 1, 1).expand_as(x).clone()


BASELINES: Mapping[str, Callable[[Tensor], Tensor]] = MappingProxyType(
    {
        "black": torch.zeros_like,
        "white": torch.ones_like,
        "grey": lambda x: torch.full_like(x, 0.5),
        "mean": lambda x: x.mean(dim=(2, 3), keepdim=True).expand_as(x).clone(),  # the picture's own mean colour
        "imagenet": _imagenet,  # zero after the usual normalisation
        "blur": lambda x: blurred(x, max(x.shape[2:]) / 8),
    }
)
