"""Small real decoders for the canvas: fixed random linear maps, one of every kind the canvas draws."""

from __future__ import annotations

import math
import time

import torch
from torch import nn

from apps.refusals import UnknownModelError
from engine.interfaces import Axis, Part, Space
from engine.models.middle import middle


class LinearDecoder(nn.Module):
    """sigmoid(W z) as an image, or W z as a series, with W smooth over pixels so that the picture has shapes."""

    def __init__(self, id, layout, axes, space, *, seed=0, wait_s=0.0):
        super().__init__()
        self.id, self.layout, self.axes, self.space, self.wait_s = id, layout, axes, space, wait_s
        self.latent_dim = sum(part.size for part in layout)
        self.mean_code = middle(axes, torch.zeros(self.latent_dim))
        generator = torch.Generator().manual_seed(seed)
        self.weight = nn.Parameter(waves(self.latent_dim, space, generator))

    def decode(self, z):
        time.sleep(self.wait_s)
        x = torch.einsum("nd,d...->n...", z, self.weight)
        return x.sigmoid() if self.space.kind == "image" else x


def waves(count, space, generator):
    """Random cosine waves over the pixels, (count, *space.shape)."""
    grids = torch.meshgrid(*[torch.linspace(-1, 1, length) for length in space.shape[-2:]], indexing="ij")
    channels = space.shape[0] if space.kind == "image" else 1
    result = torch.empty(count, channels, *grids[0].shape)
    for k in range(count):
        for c in range(channels):
            frequency = torch.rand(len(grids), generator=generator) * 5 - 2.5
            phase = torch.rand(1, generator=generator) * 2 * math.pi
            result[k, c] = 2.2 * torch.cos(math.pi * sum(f * g for f, g in zip(frequency, grids, strict=True)) + phase)
    return result.reshape(count, *space.shape)


def latent(index, *, name=None, effect=0.1, collapsed=False, low=-2.4, high=2.6):
    return Axis(name=name or f"z{index}", kind="continuous", indices=(index,), low=low, high=high, center=0.1,
                minimum=1.6 * low, maximum=1.6 * high, effect=effect, collapsed=collapsed)  # fmt: skip


def category(options, *, name="digit"):
    return Axis(name=name, kind="category", indices=tuple(range(len(options))), low=0, high=1, center=0, minimum=0,
                maximum=1, effect=0.2, options=tuple(options))  # fmt: skip


def toys():
    """Every toy by its name."""
    many = tuple(latent(k, effect=0.2 / (k + 1), collapsed=k > 11) for k in (3, 1, 0, 2, *range(4, 15)))
    few = tuple(latent(k, effect=0.2 / (k + 1), collapsed=k == 4) for k in range(5))
    mixed = (category("0123456789"), latent(10, name="slant"), latent(11, name="width"), latent(12, collapsed=True))
    along = Axis(name="smile", kind="direction", indices=(0, 1, 2), low=-3, high=3, center=0, minimum=-5, maximum=5,
                 effect=0.3, direction=(0.6, 0.0, 0.8))  # fmt: skip
    grey, colour = Space(kind="image", shape=(1, 28, 28)), Space(kind="image", shape=(3, 48, 32))
    curve = Space(kind="series", shape=(64,), grid=(0.0, 2 * math.pi), limits=(-10.0, 10.0))
    mixed_layout = (Part("digit", 10, "onehot"), Part("z", 3))
    models = [
        LinearDecoder("toy/few", (Part("z", 5),), few, grey),
        LinearDecoder("toy/many", (Part("z", 15),), many, Space(kind="image", shape=(1, 64, 64))),
        LinearDecoder("toy/mixed", mixed_layout, mixed, grey),
        LinearDecoder("toy/colour", (Part("z", 3),), (along, latent(1)), colour),
        LinearDecoder("toy/curve", (Part("z", 3),), (latent(0), latent(1), latent(2)), curve),
        LinearDecoder("toy/slow", (Part("z", 5),), few, grey, wait_s=0.12),
        LinearDecoder("toy/large", (Part("z", 5),), few, Space(kind="image", shape=(3, 512, 384)), wait_s=0.08),
    ]
    return {model.id: model.eval() for model in models}


def lookup_of(models):
    def lookup(name):
        if name not in models:
            raise UnknownModelError(f"No model {name!r}; choose one of {sorted(models)}.")
        return models[name]

    return lookup
