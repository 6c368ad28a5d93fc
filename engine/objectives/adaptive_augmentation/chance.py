"""Draws for a batch of pictures: each with the given probability, else the value that changes nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor


@dataclass(frozen=True, kw_only=True)
class Chance:
    """One number a picture, or `width` of them, drawn in blocks on the CPU; 0 for pictures that are left alone.

    Every operation is written such that 0 changes nothing. Numbers are float64: an exact turn stays exact.

    Attributes:
        n: Pictures in the batch.
        p: Probability that a picture is changed, in [0, 1].
        generator: The source of it all, on the CPU.
    """

    n: int
    p: float
    generator: Generator

    def fires(self) -> Tensor:
        """Which pictures are changed, (n, 1), bool."""
        return self._rand(1) < self.p

    def uniform(self, reach: float, *, width: int = 1) -> Tensor:
        """Uniform within ±reach, (n, width)."""
        return self._some(reach * (2 * self._rand(width) - 1))

    def integer(self, count: int) -> Tensor:
        """0 to count - 1, each as likely, (n, 1)."""
        return self._some((count * self._rand(1)).floor())

    def normal(self, scale: float, *, width: int = 1) -> Tensor:
        """Normal around 0, (n, width)."""
        return self._some(scale * torch.randn(self.n, width, generator=self.generator, dtype=torch.float64))

    def halved(self) -> Chance:
        """The chance of each of two draws of which at least one is to change a picture with probability p."""
        return Chance(n=self.n, p=1 - math.sqrt(1 - self.p), generator=self.generator)

    def _rand(self, width: int) -> Tensor:
        return torch.rand(self.n, width, generator=self.generator, dtype=torch.float64)

    def _some(self, values: Tensor) -> Tensor:
        """The values of the chosen pictures."""
        return torch.where(self.fires(), values, 0)
