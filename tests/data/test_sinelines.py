from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
import torch

from engine.data import load_dataset
from engine.data.sinelines import FACTOR_NAMES, SLIDER_LIMITS, curve, sample_factors
from engine.models import MODELS


@pytest.fixture(scope="module")
def dataset():
    return load_dataset("sinelines")


def test_curves_follow_the_formula(dataset):
    batch = dataset.split("test").batch([0, 17])
    for x, (m, b, a, omega, phi) in zip(batch.x, batch.factors.tolist(), strict=True):
        expected = [m * t + b + a * math.sin(omega * t + phi) for t in (-3.2 + 0.1 * i for i in range(64))]
        torch.testing.assert_close(x, torch.tensor(expected), atol=2e-5, rtol=0)


def test_grid_ends_where_the_space_says(dataset):
    line = curve(torch.tensor([[1.0, 0.0, 0.0, 0.0, 0.0]], dtype=torch.float64))[0]
    assert dataset.space.grid == pytest.approx((line[0].item(), line[-1].item()))
    assert line[32].abs() < 1e-12


@pytest.mark.parametrize(
    ("column", "distribution"),
    [
        (0, scipy.stats.uniform(-1, 2)),
        (1, scipy.stats.norm()),
        (2, scipy.stats.expon()),
        (3, scipy.stats.expon()),
        (4, scipy.stats.uniform(0, 2 * math.pi)),
    ],
)
def test_factors_have_the_published_distributions(dataset, column, distribution):
    assert scipy.stats.kstest(dataset.factors[:, column].numpy(), distribution.cdf).pvalue > 0.01


def test_factors_are_independent(dataset):
    correlation = np.corrcoef(dataset.factors.T.numpy()) - np.eye(5)
    assert np.abs(correlation).max() < 0.015


def test_split_follows_the_published_rule(dataset):
    order = np.arange(50_000)
    np.random.RandomState(0).shuffle(order)
    assert dataset.split("test").ids.tolist() == order[:5000].tolist()
    assert dataset.split("train").ids.tolist() == order[5000:].tolist()
    torch.testing.assert_close(dataset.split("all").factors, dataset.factors)


def test_the_same_seed_draws_the_same_rows(dataset):
    assert torch.equal(load_dataset("sinelines").factors, dataset.factors)
    assert not torch.equal(load_dataset("sinelines", seed=1).factors, dataset.factors)


def test_drawing_leaves_the_global_generator_alone():
    before = torch.random.get_rng_state()
    sample_factors(10, generator=torch.Generator().manual_seed(0))
    assert torch.equal(torch.random.get_rng_state(), before)


def test_the_formula_model_draws_the_same_curves(dataset):
    batch = dataset.split("test").batch(np.arange(100))
    torch.testing.assert_close(MODELS.build("sinelines-formula").decode(batch.factors), batch.x)


def test_the_formula_model_keeps_to_the_studys_sliders(dataset):
    model = MODELS.build("sinelines-formula")
    z = model.sample(20_000, generator=torch.Generator().manual_seed(0))
    low, high = torch.tensor(SLIDER_LIMITS).T
    assert (z >= low).all() and (z <= high).all()
    assert z[:, 4].eq(high[4]).any(), "a phase between 6.28 and 2 pi stops at the slider's end"
    assert model.space == dataset.space and model.factors == FACTOR_NAMES
