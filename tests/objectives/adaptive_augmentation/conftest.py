"""What the tests of drawn matrices and pictures share."""

from __future__ import annotations

import math

import pytest
import torch


@pytest.fixture
def follows():
    """Kolmogorov and Smirnov's test of values (N,) against a distribution, at one in ten thousand."""

    def test(values, distribution):
        cdf = distribution.cdf(values.sort().values)
        steps = torch.arange(len(values) + 1, dtype=torch.float64) / len(values)
        distance = torch.maximum((cdf - steps[:-1]).abs().max(), (cdf - steps[1:]).abs().max())
        return bool(distance < 2.23 / math.sqrt(len(values)))

    return test
