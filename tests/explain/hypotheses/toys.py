"""A generator whose pictures are its codes, and classifiers that read any formula of these off the pictures again."""

from __future__ import annotations

import math

import torch

from engine.interfaces import Axis, Part, Readout, Space

SIDE = 6
SHRINK = 0.01  # codes are pixels: 0.5 + 0.01 z


class Toy:
    """Standard normal codes, drawn as pixels; linear, without clipping."""

    def __init__(self, latents=8, *, id="toy/linear", options=(), layers=0, examples=None, directions=()):
        self.id, self._examples, self._num_options = id, examples, len(options)
        continuous = [Part("latent", latents)] if not layers else [
            Part(f"layer {number + 1}", latents, "layer") for number in range(layers)
        ]  # fmt: skip
        onehot = [Part("category", len(options), "onehot")] if options else []
        self.layout, self._latents, self._layers = (*onehot, *continuous), latents, layers
        self.latent_dim = sum(part.size for part in self.layout)
        self.space = Space(kind="image", shape=(1, SIDE, SIDE))
        self.prior = "empirical" if examples is not None else "style" if layers else "normal"
        start = len(options)
        axes = [axis(f"Latent {n + 1}", (start + n,)) for n in range(0 if layers else latents)]
        if options:
            axes.insert(0, axis("Category", range(start), kind="category", options=tuple(options)))
        axes += [
            axis(name, range(len(vector)), kind="direction", direction=tuple(vector)) for name, vector in directions
        ]
        self.axes = tuple(axes)

    @property
    def mean_code(self):
        return torch.zeros(self.latent_dim)

    def sample(self, n, *, generator):
        if self._examples is not None:
            return self._examples[torch.randint(len(self._examples), (n,), generator=generator)]
        z = torch.randn(n, self._latents, generator=generator)
        if self._layers:
            return z.repeat(1, self._layers)
        rows = torch.randint(max(self._num_options, 1), (n,), generator=generator)
        return torch.cat([torch.eye(self._num_options)[rows] if self._num_options else z[:, :0], z], dim=1)

    def decode(self, z):
        assert z.ndim == 2
        assert z.shape[1] == self.latent_dim <= SIDE**2
        x = torch.full((len(z), SIDE**2), 0.5, dtype=torch.float64)
        x[:, : z.shape[1]] += SHRINK * z.double()
        return x.unflatten(1, self.space.shape).double()


class Formulas:
    """A classifier whose outputs are formulas of the code; its pictures have to be the toy's."""

    def __init__(self, *formulas, id="toy/formulas", readout=True):
        self.id, self._formulas = id, formulas
        self.space = Space(kind="image", shape=(1, SIDE, SIDE))
        self.classes = tuple(f"formula {number + 1}" for number in range(len(formulas)))
        self.exclusive = False
        single = readout and len(formulas) == 1
        self.readout = Readout(name="height", unit="cm", low=-10.0, high=10.0, center=0.0) if single else None

    def logits(self, x):
        z = ((x.flatten(1).double() - 0.5) / SHRINK).unbind(dim=1)
        return torch.stack([formula(z) for formula in self._formulas], dim=1)

    def probabilities_of(self, logits):
        return torch.sigmoid(logits)


def axis(name, indices, *, kind="continuous", options=(), direction=()):
    indices = tuple(indices)
    high = len(indices) - 1.0 if options else 3.0
    low = 0.0 if options else -3.0
    return Axis(name=name, kind=kind, indices=indices, low=low, high=high, center=0.0, minimum=low, maximum=high,
                effect=1.0, options=options, direction=direction)  # fmt: skip


def unit(*entries):
    length = math.sqrt(sum(entry**2 for entry in entries))
    return tuple(entry / length for entry in entries)
