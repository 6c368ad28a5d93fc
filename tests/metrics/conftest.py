"""Small data sets in memory and other stand-ins the tests of metrics share."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from engine.data import Split
from engine.interfaces import Space


class ArrayRows:
    def __init__(self, x):
        self.x = x

    def __len__(self):
        return len(self.x)

    def read(self, ids):
        return self.x[torch.from_numpy(ids)]


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def seeded():
    """A fresh generator for a seed."""
    return lambda seed=0: torch.Generator().manual_seed(seed)


@pytest.fixture
def array_split():
    """A split over tensors in memory."""

    def build(x, labels=None, factors=None):
        return Split("test", ArrayRows(x), labels=labels, factors=factors)

    return build


@pytest.fixture
def array_dataset(array_split):
    """A data set of one split over tensors in memory."""

    def build(x, labels=None, factors=None):
        kind = "image" if x.ndim == 4 else "series"
        split = array_split(x, labels, factors)
        return SimpleNamespace(space=Space(kind=kind, shape=tuple(x.shape[1:])), split=lambda name: split)

    return build


@pytest.fixture
def grid():
    """Every combination of four factors of four levels, (256, 4)."""
    return np.array(list(itertools.product(range(4), repeat=4)), dtype=np.float64)
