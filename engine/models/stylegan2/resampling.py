"""Convolutions that halve or double a picture's side, smoothed by the binomial filter 1 3 3 1."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

_TAPS = torch.tensor([1.0, 3.0, 3.0, 1.0])
FILTER = torch.outer(_TAPS, _TAPS) / 64


def smooth(x: Tensor, *, padding: int, gain: float = 1.0) -> Tensor:
    """(N, C, H, W) filtered by `FILTER`, with `padding` zeros a side; sides grow by 2 padding - 3."""
    channels = x.shape[1]
    kernel = (FILTER * gain).to(x).expand(channels, 1, 4, 4)
    with torch.autocast(x.device.type, enabled=False):  # pictures stay as exact as they come
        return functional.conv2d(x, kernel, padding=padding, groups=channels)


def upsample(x: Tensor) -> Tensor:
    """(N, C, H, W) -> (N, C, 2H, 2W), zeros between the values and smoothed."""
    channels = x.shape[1]
    kernel = (FILTER * 4).to(x).expand(channels, 1, 4, 4)
    with torch.autocast(x.device.type, enabled=False):
        return functional.conv_transpose2d(x, kernel, stride=2, padding=1, groups=channels)


def downsample(x: Tensor) -> Tensor:
    """(N, C, H, W) -> (N, C, H/2, W/2), smoothed, then every other value."""
    return smooth(x, padding=1)[:, :, ::2, ::2]  # the gradient of a depthwise stride of 2 is ten times as slow on a CPU


def convolve(x: Tensor, weight: Tensor, *, up: bool = False, down: bool = False) -> Tensor:
    """A convolution at the same size, at twice or at half the pixels a side.

    A 3 x 3 kernel goes up as a transposed convolution, with the stored weight not turned over, and a filter after it;
    down as a filter and a convolution with stride 2. A 1 x 1 kernel is cheapest on the smaller side.

    Args:
        x: (N, I, H, W).
        weight: (O, I, k, k) with k 1 or 3.
        up: Whether the result has twice the pixels a side.
        down: Whether it has half of them.

    Returns:
        (N, O, H', W').
    """
    large = weight.shape[-1] == 3
    if up and large:
        return smooth(functional.conv_transpose2d(x, weight.transpose(0, 1), stride=2), padding=1, gain=4.0)
    if up:
        return upsample(functional.conv2d(x, weight))
    if down and large:
        return functional.conv2d(smooth(x, padding=2), weight, stride=2)
    if down:
        return functional.conv2d(downsample(x), weight)
    return functional.conv2d(x, weight, padding=weight.shape[-1] // 2)
