"""Small models whose classifier's log-odds are linear in the code, by construction."""

from __future__ import annotations

import torch
from torch import nn

from engine.interfaces import Part, Space


def draw(seed, *shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


class Planted(nn.Module):
    """decode(z) = sigmoid(z M) as a 4 x 4 picture, with a code of some entries."""

    id, prior, axes = "toy/planted", "normal", ()
    space = Space(kind="image", shape=(1, 4, 4))

    def __init__(self, size=5, layout=None):
        super().__init__()
        self.layout = layout or (Part("latent", size),)
        self.latent_dim = sum(part.size for part in self.layout)
        rows = torch.linalg.qr(draw(0, 16, size))[0].T
        self.register_buffer("map", rows.contiguous())  # (size, 16), rows of length one at right angles
        self.decoded = 0

    def points(self, z):
        return z

    def decode(self, z):
        self.decoded += len(z)
        return torch.sigmoid(0.5 * self.points(z) @ self.map).reshape(-1, 1, 4, 4)

    def sample(self, n, *, generator):
        scale = torch.linspace(0.5, 2.0, self.latent_dim)
        return torch.randn(n, self.latent_dim, generator=generator) * scale

    @property
    def mean_code(self):
        return torch.zeros(self.latent_dim)


class Layered(Planted):
    """Three layers of four entries; a picture is of their mean style, and styles lie about a mean of (1, 2, 3, 4)."""

    id, prior = "toy/layered", "style"

    def __init__(self):
        super().__init__(4, tuple(Part(f"layer {k + 1}", 4, "layer") for k in range(3)))
        self.register_buffer("w_mean", torch.arange(1.0, 5.0))
        self.psi = 0.5

    def points(self, z):
        return z.reshape(len(z), 3, 4).mean(dim=1) - self.w_mean

    def sample(self, n, *, generator, psi=None):
        w = torch.randn(n, 4, generator=generator) * torch.tensor([0.5, 1.0, 2.0, 3.0])
        return (self.w_mean + (self.psi if psi is None else psi) * w).repeat(1, 3)


class Reader(nn.Module):
    """Reads (M, size) planted directions back from a picture of `model`: its logits are z @ directions.T + biases."""

    id, exclusive, readout = "toy/reader", False, None
    space = Planted.space

    def __init__(self, model, directions, biases=None):
        super().__init__()
        self.register_buffer("back", model.map.clone())
        self.register_buffer("directions", directions)
        self.register_buffer("biases", torch.zeros(len(directions)) if biases is None else biases)
        self.classes = tuple("abcdefgh"[: len(directions)])

    def logits(self, x):
        z = 2 * torch.logit(x.flatten(1), 1e-7) @ self.back.T
        return z @ self.directions.T + self.biases


def angle(a, b):
    """Between two directions, in degrees."""
    cosine = torch.cosine_similarity(a.double(), b.double(), dim=0).clamp(-1, 1)
    return float(torch.rad2deg(torch.arccos(cosine)))
