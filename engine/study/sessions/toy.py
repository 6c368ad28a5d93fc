"""The practice toy: a disc with two dials, its size and its shade, that leaks nothing about the models."""

from __future__ import annotations

import torch
from torch import Generator, Tensor

from engine.interfaces import PERCENTILES, Axis, Layout, Part, Space

PRACTICE_THRESHOLD = 0.98  # overlap from which a practice box is solved

# Ross et al. (2021), https://arxiv.org/abs/2102.01264, as released: boxes to play with; (start, target) of the three
# to solve; what is asked of dial 1 before the baselines.
DEMONSTRATIONS = ((0.0, 0.0), (0.0, 1.0), (0.25, 0.75), (1.0, 0.33))
PRACTICE = (((0.0, 0.0), (0.6, 0.3)), ((1.0, 1.0), (0.1, 0.9)), ((0.4, 0.75), (0.2, 0.0)))
PRACTICE_CHOICES = (((0.0, 0.0), "Low"), ((1.0, 1.0), "High"), ((0.4, 0.75), "Medium"))

_SIDE, _CENTRE = 64, 31


class Toy:
    """A disc about pixel (31, 31): dial 1 sets its radius, 4 to 28 pixels; dial 2 darkens it and lights what is around.

    Both dials run from 0 to 1.
    """

    id = "practice/toy"
    dataset = "practice"
    prior = "uniform"
    latent_dim = 2
    layout: Layout = (Part("dial", 2),)
    space = Space(kind="image", shape=(1, _SIDE, _SIDE))

    def __init__(self) -> None:
        self.axes = (_dial(0), _dial(1))

    def decode(self, z: Tensor) -> Tensor:
        """(N, 2) in [0, 1] -> (N, 1, 64, 64)."""
        away = torch.arange(_SIDE, device=z.device, dtype=z.dtype) - _CENTRE
        radius, shade = (24 * z[:, 0] + 4)[:, None, None], z[:, 1][:, None, None]
        inside = away[:, None].square() + away.square() < radius.square()
        return torch.where(inside, 1 - shade, shade)[:, None]

    @property
    def mean_code(self) -> Tensor:
        """Both dials in the middle, (2,)."""
        return torch.full((2,), 0.5)

    def sample(self, n: int, *, generator: Generator) -> Tensor:
        """Uniform codes, (n, 2)."""
        return torch.rand(n, 2, generator=generator, device=generator.device)


def _dial(index: int) -> Axis:
    percentiles = tuple(p / 100 for p in PERCENTILES)
    return Axis(
        name=f"Dial {index + 1}",
        kind="continuous",
        indices=(index,),
        low=0.0,
        high=1.0,
        center=0.5,
        minimum=0.0,
        maximum=1.0,
        effect=0.25,
        percentiles=percentiles,
    )
