from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.metrics.mutual_information_gap import gaps, mig, mutual_information_gap

DSPRITES = (1.5849, 2.5849, 4.3218, 4.2466, 4.2515)
SINELINES = (4.3198, 3.5757, 2.6960, 2.7408, 4.3198)
STORED = {  # Ross et al. (2021): matrices and MIG stored with the models, entropies of the test splits, in bits
    "dsprites/ae": (
        DSPRITES,
        0.031602,
        [
            [0.0625, 0.0709, 0.1276, 0.5069, 0.1147],
            [0.0828, 0.2213, 0.0807, 0.5880, 0.0334],
            [0.0746, 0.0238, 0.1359, 0.0841, 0.8839],
            [0.0431, 0.0228, 0.0827, 0.3177, 0.5803],
            [0.0819, 0.0360, 0.1737, 0.5001, 0.1154],
        ],
    ),
    "dsprites/vae": (
        DSPRITES,
        0.093840,
        [
            [0.0262, 0.0956, 0.0053, 0.1986, 0.9667],
            [0.0199, 0.0755, 0.0048, 1.1109, 0.1656],
            [0.1175, 0.3047, 0.0081, 0.1298, 0.4695],
            [0.4121, 0.1273, 0.4672, 0.0059, 0.0358],
            [0.3438, 0.1447, 0.6074, 0.0050, 0.0119],
        ],
    ),
    "sinelines/ae": (
        SINELINES,
        0.032911,
        [
            [0.0334, 0.0314, 0.1906, 0.2521, 0.2083],
            [0.5575, 0.3069, 0.0653, 0.0330, 0.0779],
            [0.3434, 0.3600, 0.1094, 0.0536, 0.0468],
            [0.1854, 0.1630, 0.2394, 0.1238, 0.2364],
            [0.1293, 0.0875, 0.4126, 0.2001, 0.3096],
        ],
    ),
    "sinelines/vae": (
        SINELINES,
        0.149971,
        [
            [1.5603, 0.0473, 0.0923, 0.0524, 0.1112],
            [0.0514, 0.0737, 0.3989, 0.3641, 0.4777],
            [0.0487, 1.2951, 0.0685, 0.0426, 0.0738],
            [0.3098, 0.0437, 0.1873, 0.3259, 0.4356],
            [0.0541, 0.0407, 0.2054, 0.4662, 0.1589],
        ],
    ),
}


@pytest.mark.parametrize("model", STORED)
def test_stored_matrices_reproduce_the_stored_gap(model):
    entropies, published, matrix = STORED[model]
    assert mutual_information_gap(matrix, entropies) == pytest.approx(published, abs=1e-5)


def test_codes_that_are_the_factors_reach_one(grid):
    assert mig(grid, grid) == pytest.approx(1)
    assert mig(-3 * grid[:, [2, 0, 3, 1]], grid) == pytest.approx(1)


def test_codes_that_hold_every_factor_twice_reach_zero(grid):
    assert mig(np.hstack([grid, grid]), grid) == pytest.approx(0)


def test_independent_codes_stay_near_zero(rng):
    assert mig(rng.normal(size=(20_000, 4)), rng.normal(size=(20_000, 3))) < 0.01


@given(seed=st.integers(0, 10_000))
def test_order_of_latents_and_factors_does_not_matter(seed):
    rng = np.random.default_rng(seed)
    matrix, entropies = rng.uniform(size=(4, 3)), rng.uniform(1, 2, size=3)
    shuffled = matrix[rng.permutation(4)]
    assert mutual_information_gap(shuffled, entropies) == pytest.approx(mutual_information_gap(matrix, entropies))
    order = rng.permutation(3)
    np.testing.assert_allclose(gaps(matrix[:, order], entropies[order]), gaps(matrix, entropies)[order])


def test_a_factor_that_does_not_vary_is_left_out():
    assert mutual_information_gap([[1.0, 0.0], [0.5, 0.0]], [2.0, 0.0]) == 0.25


def test_a_single_latent_is_compared_with_none():
    assert mutual_information_gap([[1.0]], [2.0]) == 0.5


@pytest.mark.parametrize(
    ("matrix", "entropies", "message"),
    [
        ([[1.0, 2.0]], [1.0], r"got \(1, 2\) and \(1,\)"),
        ([[0.0]], [0.0], "No factor varies: all 1 entropies are 0"),
    ],
)
def test_says_what_is_wrong(matrix, entropies, message):
    with pytest.raises(ValueError, match=message):
        mutual_information_gap(matrix, entropies)
