"""StyleGAN2's synthesis as its operations are written down: one picture at a time, every step by itself."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from engine.models.stylegan2 import StyleGAN2

_TAPS = torch.tensor([1.0, 3.0, 3.0, 1.0])
_FILTER = torch.outer(_TAPS, _TAPS) / 64


def draw(model: StyleGAN2, ws: Tensor) -> Tensor:
    """Styles (N, num_ws, w_dim) -> (N, C, R, R) in [0, 1], for the `skip` architecture with constant noise.

    Every picture's modulated weights are made and used by themselves; pictures are filled up with zeros and filtered.
    """
    return torch.cat([(0.5 * _picture(model, w) + 0.5).clamp(0, 1) for w in ws])


def _picture(model: StyleGAN2, w: Tensor) -> Tensor:
    tensors = model.synthesis.state_dict()
    x, image, index = tensors["b4.const"][None], None, 0
    for side in model.synthesis.resolutions:
        for name in ("conv1",) if side == 4 else ("conv0", "conv1"):
            x = _layer(tensors, f"b{side}.{name}", x, w[index], up=name == "conv0")
            index += 1
        style = _affine(tensors, f"b{side}.torgb", w[index]) / math.sqrt(x.shape[1])
        colours = functional.conv2d(x, tensors[f"b{side}.torgb.weight"] * style[None, :, None, None])
        colours = colours + tensors[f"b{side}.torgb.bias"][:, None, None]
        image = colours if image is None else _filtered(_spread(image), (2, 1), 4) + colours
    assert image is not None  # at least the block of 4 pixels
    return image


def _layer(tensors: dict[str, Tensor], name: str, x: Tensor, w: Tensor, *, up: bool) -> Tensor:
    weight = tensors[f"{name}.weight"] * _affine(tensors, name, w)[None, :, None, None]
    weight = weight * (weight.square().sum(dim=(1, 2, 3), keepdim=True) + 1e-8).rsqrt()
    if up:  # a true convolution of the picture with zeros between its values
        full = functional.conv2d(_spread(x)[..., :-1, :-1], weight.flip(2, 3), padding=2)
        x = _filtered(full, (1, 1), 4)
    else:
        x = functional.conv2d(x, weight, padding=1)
    x = x + tensors[f"{name}.noise_const"] * tensors[f"{name}.noise_strength"]
    return functional.leaky_relu(x + tensors[f"{name}.bias"][:, None, None], 0.2) * math.sqrt(2)


def _affine(tensors: dict[str, Tensor], name: str, w: Tensor) -> Tensor:
    weight = tensors[f"{name}.affine.weight"]
    return (weight / math.sqrt(weight.shape[1])) @ w + tensors[f"{name}.affine.bias"]


def _spread(x: Tensor) -> Tensor:
    """A zero after every value: (N, C, H, W) -> (N, C, 2H, 2W)."""
    count, channels, height, width = x.shape
    y = x.new_zeros(count, channels, height, 2, width, 2)
    y[:, :, :, 0, :, 0] = x
    return y.reshape(count, channels, 2 * height, 2 * width)


def _filtered(x: Tensor, padding: tuple[int, int], gain: float) -> Tensor:
    before, after = padding
    x = functional.pad(x, (before, after, before, after))
    return functional.conv2d(x, (_FILTER * gain).expand(x.shape[1], 1, 4, 4), groups=x.shape[1])
