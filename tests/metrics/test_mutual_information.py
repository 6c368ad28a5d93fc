from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import mutual_info_score

from engine.data import load_dataset
from engine.metrics.discretise import discretise
from engine.metrics.mutual_information import entropy, mutual_information

SEEDS = st.integers(0, 10_000)


def draw(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


def brute_force(a, b, num_bins):
    counts, _, _ = np.histogram2d(a, b, bins=num_bins)
    p = counts / counts.sum()
    independent = p.sum(1, keepdims=True) * p.sum(0, keepdims=True)
    return sum(q * np.log2(q / r) for q, r in zip(p.ravel(), independent.ravel(), strict=True) if q > 0)


@given(seed=SEEDS, num_bins=st.integers(1, 25))
def test_agrees_with_histogram2d_summed_by_hand(seed, num_bins):
    codes, factors = draw(seed, 60, 2), draw(seed + 1, 60, 3).round(1)
    expected = [[brute_force(a, b, num_bins) for b in factors.T] for a in codes.T]
    np.testing.assert_allclose(mutual_information(codes, factors, num_bins=num_bins), expected, atol=1e-12)


@pytest.mark.parametrize("binning", ["width", "quantile"])
def test_agrees_with_scikit_learn_on_the_same_bins(binning):
    codes, factors = draw(0, 500, 3), draw(1, 500, 2)
    factors[:, 0] += codes[:, 1]
    a, b = discretise(codes, binning=binning), discretise(factors, binning=binning)
    expected = [[mutual_info_score(i, j) / np.log(2) for j in b.T] for i in a.T]
    np.testing.assert_allclose(mutual_information(codes, factors, binning=binning), expected, atol=1e-12)


@given(seed=SEEDS, binning=st.sampled_from(["width", "quantile"]))
def test_information_with_itself_is_entropy(seed, binning):
    table = draw(seed, 80, 3)
    diagonal = np.diag(mutual_information(table, table, binning=binning))
    np.testing.assert_allclose(diagonal, entropy(table, binning=binning), atol=1e-12)


@given(seed=SEEDS)
def test_rows_are_latents_columns_are_factors_and_order_does_not_matter(seed):
    codes, factors = draw(seed, 90, 4), draw(seed + 1, 90, 3)
    matrix = mutual_information(codes, factors)
    assert matrix.shape == (4, 3)
    rows = np.random.default_rng(seed).permutation(90)
    np.testing.assert_allclose(mutual_information(codes[rows], factors[rows]), matrix, atol=1e-12)
    np.testing.assert_array_equal(
        mutual_information(codes[:, [2, 0, 3, 1]], factors[:, [1, 2, 0]]), matrix[[2, 0, 3, 1]][:, [1, 2, 0]]
    )
    np.testing.assert_allclose(mutual_information(factors, codes), matrix.T, atol=1e-12)


@given(seed=SEEDS)
def test_is_never_negative_and_never_above_either_entropy(seed):
    codes, factors = draw(seed, 70, 3), draw(seed + 1, 70, 2)
    matrix = mutual_information(codes, factors)
    assert (matrix >= 0).all()
    assert (matrix <= np.minimum(entropy(codes)[:, None], entropy(factors)) + 1e-12).all()


@given(seed=SEEDS)
def test_quantile_bins_see_only_the_order_of_values(seed):
    codes, factors = draw(seed, 100, 2), draw(seed + 1, 100, 2)
    stretched = np.exp(3 * codes)
    np.testing.assert_allclose(
        mutual_information(stretched, factors, binning="quantile"),
        mutual_information(codes, factors, binning="quantile"),
        atol=1e-12,
    )


def test_quantile_bins_survive_an_outlier_that_ruins_equal_width():
    factors = draw(0, 2000, 1)
    codes = factors.copy()
    codes[0] = 1e6
    assert mutual_information(codes, factors)[0, 0] < 0.01
    assert mutual_information(codes, factors, binning="quantile")[0, 0] > 4


def test_quantile_bins_keep_every_value_of_a_discrete_column():
    shapes = np.repeat([[1.0], [2.0], [3.0]], 20, axis=0)
    assert entropy(shapes, binning="quantile")[0] == pytest.approx(np.log2(3))


def test_constant_columns_carry_nothing():
    codes = np.column_stack([np.full(50, 3.0), draw(0, 50)])
    assert entropy(codes)[0] == 0
    np.testing.assert_allclose(mutual_information(codes, draw(1, 50, 2))[0], 0, atol=1e-12)


def test_tensors_and_arrays_give_the_same():
    codes, factors = draw(0, 50, 2).astype(np.float32), draw(1, 50, 2).astype(np.float32)
    np.testing.assert_array_equal(
        mutual_information(torch.from_numpy(codes), torch.from_numpy(factors)), mutual_information(codes, factors)
    )


def test_entropies_of_the_dsprites_test_split_are_the_published_ones():
    factors = load_dataset("dsprites").split("test").factors
    np.testing.assert_allclose(entropy(factors), [1.5849, 2.5849, 4.3218, 4.2466, 4.2515], atol=1e-4)


@pytest.mark.parametrize(
    ("codes", "factors", "message"),
    [
        (np.zeros(5), np.zeros((5, 1)), r"codes should be a table .* got shape \(5,\)"),
        (np.zeros((5, 2)), np.zeros((6, 2)), "same rows; got 5 and 6"),
        (np.full((5, 2), np.nan), np.zeros((5, 2)), "codes should be finite; got NaN or infinity in 5 of 5 rows"),
    ],
)
def test_says_what_is_wrong_with_a_table(codes, factors, message):
    with pytest.raises(ValueError, match=message):
        mutual_information(codes, factors)


def test_says_what_binnings_there_are():
    with pytest.raises(ValueError, match=r"No binning 'equal'; choose one of \['quantile', 'width'\]"):
        entropy(np.zeros((3, 1)), binning="equal")
    with pytest.raises(ValueError, match="num_bins should be at least 1; got 0"):
        entropy(np.zeros((3, 1)), num_bins=0)
