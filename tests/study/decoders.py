"""Small exact decoders, and one built like StyleGAN2, for tests of the study."""

from __future__ import annotations

from types import SimpleNamespace

import torch
from torch import nn

from engine.interfaces import PERCENTILES, Axis, Part, Space


def axis(index, low=-1.0, high=1.0, **changes):
    values = tuple(low + (high - low) * p / 100 for p in PERCENTILES)
    options = dict(
        name=f"Latent {index + 1}",
        kind="continuous",
        indices=(index,),
        low=low,
        high=high,
        center=(low + high) / 2,
        minimum=low,
        maximum=high,
        effect=1.0,
        percentiles=values,
    )
    return Axis(**(options | changes))


def category(indices):
    options = tuple(f"option {number}" for number in range(len(indices)))
    return Axis(
        name="Category", kind="category", indices=tuple(indices), low=0.0, high=len(indices) - 1.0, center=0.0,
        minimum=0.0, maximum=len(indices) - 1.0, effect=1.0, options=options,
    )  # fmt: skip


class Rows:
    """Held-out examples as the study reads them."""

    def __init__(self, x, codes):
        self.x, self.codes = x, codes

    def __len__(self):
        return len(self.x)


class Linear:
    """A series that is its code times a matrix; every dial has 41 places, and codes lie on them."""

    prior = "empirical"

    def __init__(self, latents=3, rows=40, *, weight=None, axes=None, codes=None, id="toy/linear", dataset="toy"):
        draw = torch.Generator().manual_seed(7)
        self.id, self.dataset, self.latent_dim = id, dataset, latents
        self.layout = (Part("latent", latents),)
        self.weight = torch.eye(latents) if weight is None else weight
        self.space = Space(kind="series", shape=(self.weight.shape[1],))
        self.axes = tuple(axis(i) for i in range(latents)) if axes is None else axes
        codes = torch.randint(41, (rows, latents), generator=draw) / 20 - 1 if codes is None else codes
        self.examples = Rows(self.decode(codes), codes)

    def decode(self, z):
        return z @ self.weight.to(z)

    @property
    def mean_code(self):
        return self.examples.codes.median(dim=0).values

    def sample(self, n, *, generator):
        return self.examples.codes[torch.randint(len(self.examples), (n,), generator=generator)]


class StyleGAN2Like:
    """Mapping, W of 512 entries, modulated convolutions; dials are directions in W, and there is no encoder."""

    id = "toy/stylegan2"
    latent_dim = 512
    layout = (Part("w", 512, "layer"),)
    space = Space(kind="image", shape=(3, 32, 32))

    def __init__(self, directions=6, seed=0):
        draw = torch.Generator().manual_seed(seed)
        self._mapping = [self._dense(512, 512, draw) for _ in range(2)]
        self._constant = torch.randn(1, 16, 4, 4, generator=draw)
        self._styles = [torch.randn(512, 16, generator=draw) / 512**0.5 for _ in range(3)]
        self._kernels = [torch.randn(16, 16, 3, 3, generator=draw) / 12 for _ in range(3)]
        self._colour = torch.randn(3, 16, 1, 1, generator=draw) / 4
        self.mean_code = self.sample(256, generator=draw).mean(dim=0)
        # SeFa: the directions in W that change the first styles most, https://arxiv.org/abs/2007.06600
        across = torch.linalg.svd(torch.cat(self._styles, dim=1), full_matrices=False)[0]
        stands = self.sample(1000, generator=draw) @ across[:, :directions]
        levels = torch.tensor([0.005, 0.5, 0.995, *(p / 100 for p in PERCENTILES)])
        self.axes = tuple(
            self._axis(k, across[:, k], torch.quantile(stands[:, k], levels).tolist()) for k in range(directions)
        )

    def _dense(self, rows, columns, draw):
        return torch.randn(rows, columns, generator=draw) * (2 / rows) ** 0.5

    def _axis(self, k, along, values):
        low, center, high, *percentiles = values
        return Axis(
            name=f"Direction {k + 1}", kind="direction", indices=tuple(range(512)), low=low, high=high, center=center,
            minimum=percentiles[0], maximum=percentiles[-1], effect=1.0, percentiles=tuple(percentiles),
            direction=tuple(along.tolist()),
        )  # fmt: skip

    def sample(self, n, *, generator):
        w = torch.randn(n, 512, generator=generator)
        for weight in self._mapping:
            w = nn.functional.leaky_relu(w @ weight, 0.2)
        return w

    def decode(self, z):
        x = self._constant.expand(len(z), -1, -1, -1)
        for style, kernel in zip(self._styles, self._kernels, strict=True):
            x = nn.functional.interpolate(x, scale_factor=2)
            x = nn.functional.conv2d(x * (1 + z @ style)[:, :, None, None], kernel, padding=1)
            x = nn.functional.leaky_relu(x / (x.square().mean(dim=(1, 2, 3), keepdim=True) + 1e-8).sqrt(), 0.2)
        return torch.sigmoid(2 * nn.functional.conv2d(x, self._colour))


def fake(**attributes):
    return SimpleNamespace(**attributes)
