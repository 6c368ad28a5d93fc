"""Sinelines: noise-free sums of a line and a sine, 64 points each, drawn from the published distributions."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
import torch
from torch import Generator, Tensor

from engine.data.dataset import DATASETS, Ids, Progress, Split, published_split, unknown_split
from engine.interfaces import Space

NUM_CURVES = 50_000
NUM_POINTS = 64
FIRST, STEP = -3.2, 0.1
GRID = (FIRST, 3.1)
LIMITS = (-10.0, 9.0)  # of the values worth drawing
FACTOR_NAMES = ("slope", "intercept", "amplitude", "frequency", "phase")
SLIDER_LIMITS = ((-1.0, 1.0), (-4.0, 4.0), (0.0, 10.0), (0.0, 10.0), (0.0, 6.28))  # of the study's ground-truth model
_SEED = 20210503  # ours: the seed of the published rows is not known


@DATASETS.register("sinelines")
class Sinelines:
    """50,000 curves x(t) = m t + b + A sin(omega t + phi) with independent factors (Ross et al., 2021).

    Args:
        seed: Seed of the factors; the default makes the data set the shipped models were trained on.
    """

    name = "sinelines"
    title = "Sinelines"
    space = Space(kind="series", shape=(NUM_POINTS,), grid=GRID, limits=LIMITS)
    factor_names: tuple[str, ...] = FACTOR_NAMES
    classes: tuple[str, ...] = ()
    split_names: tuple[str, ...] = ("train", "test", "all")
    needs_files = False
    shareable = True
    licence = "generated here; the construction was published under the MIT licence"
    citation = "Ross, Chen, Hang, Glassman, Doshi-Velez: Evaluating the Interpretability of Generative Models (2021)"
    url = "https://arxiv.org/abs/2102.01264"

    def __init__(self, seed: int = _SEED) -> None:
        self._seed = seed

    def split(self, name: str) -> Split:
        """`train`, `test`, or `all` (rows as drawn); factors (N, 5) in the order of `factor_names`."""
        if name not in self.split_names:
            raise unknown_split(self, name)
        ids = np.arange(NUM_CURVES, dtype=np.int64) if name == "all" else self._split_ids[name == "test"]
        return Split(name, _Curves(self.factors), ids=ids, factors=self.factors[torch.from_numpy(ids)])

    def prepare(self, progress: Progress | None = None) -> None:
        """Draws the factors, a matter of milliseconds."""
        rows = len(self.factors)
        if progress is not None:
            progress(rows, rows)

    @cached_property
    def factors(self) -> Tensor:
        """Factors of all rows, float32, (50000, 5)."""
        return sample_factors(NUM_CURVES, generator=torch.Generator().manual_seed(self._seed))

    @cached_property
    def _split_ids(self) -> tuple[Ids, Ids]:
        return published_split(NUM_CURVES)


def sample_factors(n: int, *, generator: Generator) -> Tensor:
    """Draws slope U(-1, 1), intercept N(0, 1), amplitude and frequency Exp(1), phase U(0, 2 pi); float32, (n, 5)."""
    device = generator.device
    uniform = torch.rand(4, n, generator=generator, device=device, dtype=torch.float64)
    intercept = torch.randn(n, generator=generator, device=device, dtype=torch.float64)
    amplitude, frequency = -torch.log1p(-uniform[1:3])
    columns = [2 * uniform[0] - 1, intercept, amplitude, frequency, 2 * math.pi * uniform[3]]
    return torch.stack(columns, dim=1).float()


def curve(factors: Tensor) -> Tensor:
    """x(t) = m t + b + A sin(omega t + phi) at t = -3.2, -3.1, ..., 3.1; (N, 5) -> (N, 64), on the input's device."""
    t = FIRST + STEP * torch.arange(NUM_POINTS, device=factors.device, dtype=factors.dtype)
    slope, intercept, amplitude, frequency, phase = factors[:, :, None].unbind(dim=1)
    return slope * t + intercept + amplitude * torch.sin(frequency * t + phase)


class _Curves:
    """Rows computed from their factors."""

    def __init__(self, factors: Tensor) -> None:
        self._factors = factors

    def __len__(self) -> int:
        return len(self._factors)

    def read(self, ids: Ids) -> Tensor:
        """(N,) -> (N, 64)."""
        return curve(self._factors[torch.from_numpy(ids)])
