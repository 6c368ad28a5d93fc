"""A model whose pictures are its codes, so that everything the matrix does is known in closed form."""

from __future__ import annotations

import torch

from engine.explain.style_matrix import BankSettings, make_bank
from engine.interfaces import Axis, Part, Space
from engine.models.slots import slots_of


class Plain:
    """Three latents of falling effect; the picture is the code, as 1 x 1 x 3; counts what it decodes."""

    id = "toy/plain"
    prior = "normal"
    layout = (Part("latent", 3),)
    latent_dim = 3
    space = Space(kind="image", shape=(1, 1, 3))
    mean_code = torch.zeros(3)
    axes = tuple(
        Axis(name=f"Latent {n + 1}", kind="continuous", indices=(n,), low=-2, high=2, center=0, minimum=-3, maximum=3,
             effect=3.0 - n) for n in range(3)
    )  # fmt: skip

    def __init__(self):
        self.batches = []

    def decode(self, z):
        self.batches.append(len(z))
        return z.reshape(-1, 1, 1, 3).clone()

    def sample(self, n, *, generator):
        return torch.randn(n, 3, generator=generator)


class Readable(Plain):
    """Reads its own pictures; the third latent is also seen in the second."""

    def encode(self, x):
        z = x.reshape(-1, 3)
        return z + torch.stack([torch.zeros(len(z)), 0.5 * z[:, 2], torch.zeros(len(z))], dim=1)


class Entry:
    """Rates pictures by one of their values."""

    low, high, center = -3.0, 3.0, 0.0

    def __init__(self, number):
        self.number, self.name, self.asked = number, f"entry {number}", 0

    def __call__(self, x):
        self.asked += len(x)
        return x.flatten(1)[:, self.number]


def bank_of(model, **settings):
    return make_bank(model, slots_of(model, draws=200), BankSettings(**({"styles": 4} | settings)))
