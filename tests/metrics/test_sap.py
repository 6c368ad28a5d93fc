from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.metrics.sap import attribute_predictability, sap


@given(seed=st.integers(0, 10_000))
def test_continuous_factors_score_the_squared_correlation(seed):
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(100, 2))
    codes = factors @ rng.normal(size=(2, 3)) + rng.normal(size=(100, 3))
    expected = np.corrcoef(codes.T, factors.T)[:3, 3:] ** 2
    np.testing.assert_allclose(attribute_predictability(codes, factors), expected, atol=1e-12)
    ordered = np.sort(expected, axis=0)
    assert sap(codes, factors) == pytest.approx((ordered[-1] - ordered[-2]).mean())


def test_orthogonal_codes_that_are_the_factors_reach_one(grid):
    assert sap(grid[:, [1, 0, 3, 2]], grid, categorical=()) == pytest.approx(1)


def test_classes_are_told_apart_by_intervals(grid):
    scrambled = np.array([2.0, 0.0, 3.0, 1.0])[grid.astype(int)]  # an order of classes no line follows
    scores = attribute_predictability(scrambled, grid)
    np.testing.assert_allclose(np.diag(scores), 1)
    assert scores[0, 1] == pytest.approx(1 / 4)  # knows nothing: chance
    assert sap(scrambled, grid) == pytest.approx(3 / 4)


def test_rare_classes_weigh_as_much_as_common_ones():
    labels = np.array([0.0] * 90 + [1.0] * 10)
    codes = np.column_stack([np.zeros(100), labels])
    np.testing.assert_allclose(attribute_predictability(codes, labels[:, None])[:, 0], [0.5, 1])


def test_factors_of_many_or_broken_values_are_not_classes(rng):
    factors = np.column_stack([rng.integers(0, 11, 400), rng.choice([0.5, 0.6], 400), rng.integers(1, 4, 400)])
    codes = factors.astype(float)
    found, told = sap(codes, factors), sap(codes, factors, categorical=[2])
    assert found == told != sap(codes, factors, categorical=[])


def test_a_single_latent_is_compared_with_knowing_nothing():
    classes = np.repeat([[0.0], [1.0]], 10, axis=0)
    assert sap(classes, classes) == pytest.approx(0.5)
    assert sap(classes, classes, categorical=()) == pytest.approx(1)


def test_factors_that_do_not_vary_are_left_out(grid):
    factors = grid.copy()
    factors[:, 0] = 2
    assert sap(grid, factors, categorical=()) == pytest.approx(1)
    with pytest.raises(ValueError, match="None of the 4 factors varies"):
        sap(grid, np.ones_like(grid))
