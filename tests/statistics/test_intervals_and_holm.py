from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm
from statsmodels.stats.multitest import multipletests

from engine.statistics import difference_interval, holm, mean_interval


def test_bca_by_hand():
    """Efron's formulas written out: the bias from the share of resamples below, the acceleration by leaving one out."""
    values = np.random.default_rng(8).exponential(size=25)
    found = mean_interval(values, seed=4, resamples=40_000)
    resampled = np.random.default_rng(77).choice(values, (40_000, 25)).mean(axis=1)
    bias = norm.ppf((resampled < values.mean()).mean())
    left_out = (values.sum() - values) / 24
    gap = left_out.mean() - left_out
    acceleration = (gap**3).sum() / (6 * (gap**2).sum() ** 1.5)
    z = bias + norm.ppf([0.025, 0.975])
    expected = np.quantile(resampled, norm.cdf(bias + z / (1 - acceleration * z)))
    np.testing.assert_allclose([found.low, found.high], expected, rtol=0.02)


def test_an_interval_of_normal_values_is_near_the_classical_one():
    values = np.random.default_rng(1).normal(3, 2, 400)
    reach = 1.96 * values.std(ddof=1) / 20
    found = mean_interval(values, seed=0)
    np.testing.assert_allclose([found.low, found.high], [values.mean() - reach, values.mean() + reach], atol=0.03)
    both = difference_interval(values, values[:200] + 1, seed=0)
    assert both.low < values.mean() - values[:200].mean() - 1 < both.high


@given(values=st.lists(st.integers(0, 5).map(lambda k: k / 5), min_size=3, max_size=20), seed=st.integers(0, 5))
def test_an_interval_lies_within_the_values_and_repeats(values, seed):
    found = mean_interval(values, seed=seed, resamples=499)
    assert found == mean_interval(values, seed=seed, resamples=499)
    if found is None:
        assert len(set(values)) == 1
    else:
        assert min(values) - 1e-9 <= found.low <= found.high <= max(values) + 1e-9


@pytest.mark.parametrize("values", [[], [0.5], [0.2, 0.8], [1.0, 1.0, 1.0, 1.0]])
def test_where_there_is_no_interval_there_is_none(values):
    assert mean_interval(values, seed=0) is None


@given(p=st.lists(st.floats(0, 1), min_size=1, max_size=9))
def test_holm_is_that_of_statsmodels(p):
    np.testing.assert_allclose(holm(p), multipletests(p, method="holm")[1])


def test_a_declared_test_without_data_still_counts():
    np.testing.assert_allclose(holm([0.01, np.nan, 0.02]), [0.03, np.nan, 0.04])
    assert holm([]).size == 0
