from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import entropy

from engine.metrics.dci import concentration, dci


def published_score(importance):
    """The study's formula, with scipy's entropy."""
    kept = 1 - entropy(importance.T + 1e-11, base=importance.shape[1])
    weight = importance.sum(axis=1)
    return (weight / weight.sum() * kept).sum()


def linear_codes(rng, num_rows=400):
    factors = rng.uniform(size=(num_rows, 3))
    return factors @ rng.normal(size=(3, 4)), factors


@pytest.mark.parametrize("direction", ["latents_to_factors", "factors_to_latents"])
def test_codes_that_are_the_factors_reach_one(rng, seeded, direction):
    factors = rng.uniform(size=(1000, 3))
    scores = dci(2 - 5 * factors[:, [1, 2, 0]], factors, generator=seeded(), direction=direction)
    assert scores.disentanglement == pytest.approx(1, abs=5e-3)
    assert scores.completeness == pytest.approx(1, abs=5e-3)
    assert scores.informativeness_test == pytest.approx(1, abs=1e-3)
    assert scores.importance.argmax(axis=0).tolist() == ([2, 0, 1] if direction == "latents_to_factors" else [1, 2, 0])


def test_classes_that_are_the_codes_reach_exactly_one(grid, seeded):
    scores = dci(grid, grid, generator=seeded())
    assert (scores.disentanglement, scores.completeness) == pytest.approx((1, 1), abs=1e-6)


def test_mixed_codes_score_lower(rng, seeded):
    codes, factors = linear_codes(rng)
    scores = dci(codes, factors, generator=seeded())
    assert scores.disentanglement < 0.8
    assert scores.informativeness_train > scores.informativeness_test > 0.5
    assert scores.importance.shape == (4, 3)
    np.testing.assert_allclose(scores.importance.sum(axis=0), 1)


def test_the_order_of_latents_does_not_matter(rng, seeded):
    codes, factors = linear_codes(rng)
    order = [2, 0, 3, 1]
    one, other = (dci(c, factors, generator=seeded()) for c in (codes, codes[:, order]))
    np.testing.assert_allclose(other.importance, one.importance[order], atol=2e-3)
    assert other.disentanglement == pytest.approx(one.disentanglement, abs=2e-3)
    assert other.informativeness_test == pytest.approx(one.informativeness_test, abs=2e-3)


def test_the_studys_direction_predicts_latents_from_factors(rng, seeded):
    codes, factors = linear_codes(rng, 200)
    reversed_roles = dci(codes, factors, generator=seeded(), direction="factors_to_latents")
    swapped_by_hand = dci(factors, codes, generator=seeded())
    assert reversed_roles.importance.shape == (3, 4)
    np.testing.assert_array_equal(reversed_roles.importance, swapped_by_hand.importance)


def test_agrees_with_scikit_learns_trees(rng, seeded):
    codes, factors = linear_codes(rng)
    ours, theirs = (dci(codes, factors, generator=seeded(), trees=trees) for trees in ("presorted", "scikit-learn"))
    np.testing.assert_allclose(ours.importance, theirs.importance, atol=0.01)
    assert ours.disentanglement == pytest.approx(theirs.disentanglement, abs=0.01)
    assert ours.informativeness_train == pytest.approx(theirs.informativeness_train, abs=1e-9)


def test_a_seed_decides_all(rng, seeded):
    codes, factors = linear_codes(rng, 300)
    one, same, other = (dci(codes, factors, generator=seeded(s), max_rows=200) for s in (1, 1, 2))
    np.testing.assert_array_equal(one.importance, same.importance)
    assert one.informativeness_test == same.informativeness_test != other.informativeness_test


def test_a_target_that_does_not_vary_is_left_out(rng, seeded):
    codes, factors = linear_codes(rng, 300)
    factors[:, 1] = 7
    scores = dci(codes, factors, generator=seeded())
    assert scores.importance[:, 1].tolist() == [0, 0, 0, 0]
    assert 0 < scores.informativeness_train < 1


@given(seed=st.integers(0, 10_000), rows=st.integers(1, 6), columns=st.integers(2, 6))
def test_concentration_is_the_published_formula(seed, rows, columns):
    importance = np.random.default_rng(seed).dirichlet(np.full(columns, 0.3), size=rows)
    assert concentration(importance) == pytest.approx(published_score(importance), abs=1e-9)


@pytest.mark.parametrize(
    ("importance", "expected"),
    [
        (np.eye(4), 1),
        (np.full((3, 4), 0.25), 0),
        ([[1.0, 0.0], [0.5, 0.5]], 0.5),
        ([[3.0, 0.0], [0.5, 0.5]], 0.75),  # weighted by row sums
        (np.zeros((2, 2)), 0),
        (np.ones((3, 1)), 1),
    ],
)
def test_concentration_by_hand(importance, expected):
    assert concentration(np.asarray(importance, dtype=float)) == pytest.approx(expected, abs=1e-8)


def test_says_what_is_wrong(rng, seeded):
    codes, factors = linear_codes(rng, 100)
    with pytest.raises(ValueError, match="No direction 'backwards'; choose 'latents_to_factors'"):
        dci(codes, factors, generator=seeded(), direction="backwards")
    with pytest.raises(ValueError, match="None of the 3 targets varies"):
        dci(codes, np.ones((100, 3)), generator=seeded())
    with pytest.raises(ValueError, match="at least two rows to fit and two held out; got 10 rows"):
        dci(codes, factors, generator=seeded(), max_rows=10)
