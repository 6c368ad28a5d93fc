from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.metrics.factor_vae_score import factor_vae_score, majority_vote_accuracy, sampled_factor_vae_score

HADAMARD = np.array([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]]) / 2


@given(seed=st.integers(0, 10_000))
@settings(max_examples=10)
def test_codes_that_are_the_factors_reach_one(seed):
    rng = np.random.default_rng(seed)
    factors = rng.integers(0, 5, size=(1000, 4)).astype(float)
    codes = factors[:, rng.permutation(4)] * rng.uniform(0.1, 10, size=4)
    assert factor_vae_score(codes, factors, generator=torch.Generator().manual_seed(seed)) == 1


def test_evenly_mixed_codes_stay_near_chance(grid, seeded):
    score = factor_vae_score(grid @ HADAMARD, grid, generator=seeded(), num_train=4000, num_test=4000)
    assert score == pytest.approx(1 / 4, abs=0.04)


def test_continuous_factors_are_fixed_up_to_an_interval(rng, seeded):
    factors = rng.uniform(size=(5000, 3))
    assert factor_vae_score(factors, factors, generator=seeded()) == 1


def test_a_sampler_that_fixes_factors_exactly(rng, seeded):
    def sampler(factor, batch_size, generator):
        factors = torch.randn(batch_size, 3, generator=generator)
        factors[:, factor] = factors[0, factor]
        return factors

    codes = rng.normal(size=(500, 3))
    assert sampled_factor_vae_score(sampler, 3, codes, generator=seeded(), num_train=50, num_test=50) == 1


def test_a_collapsed_latent_wins_every_vote_unless_it_is_left_out(grid, seeded):
    rng = np.random.default_rng(0)
    spiky = (np.arange(len(grid)) == 0) * 1.0  # next to no batch sees it move
    codes = np.column_stack([grid + 0.3 * rng.normal(size=grid.shape), spiky])
    assert factor_vae_score(codes, grid, generator=seeded(), active=[0, 1, 2, 3]) == 1
    assert factor_vae_score(codes, grid, generator=seeded()) < 0.9


def test_latents_and_factors_that_do_not_vary_are_left_out(grid, seeded):
    codes, factors = np.column_stack([np.zeros(256), grid]), grid.copy()
    factors[:, 1] = 1
    assert factor_vae_score(codes, factors, generator=seeded()) == 1


def test_a_seed_decides_all(grid, seeded):
    codes = grid + np.random.default_rng(0).normal(size=grid.shape) * 2
    scores = [factor_vae_score(codes, grid, generator=seeded(s), batch_size=8) for s in (0, 0, 1, 2, 3)]
    assert scores[0] == scores[1]
    assert len(set(scores)) > 1


def test_the_majority_is_learned_from_the_first_votes_only():
    winner, fixed = np.array([0, 0, 1, 0, 1, 1]), np.array([2, 2, 0, 2, 0, 1])
    assert majority_vote_accuracy(winner, fixed, num_train=3) == pytest.approx(2 / 3)


def test_says_what_is_wrong(grid, seeded):
    with pytest.raises(ValueError, match=r"needs latents that vary; got active=\[0\] of 4 latents, of which \[\] vary"):
        factor_vae_score(np.zeros_like(grid), grid, generator=seeded(), active=[0])
    with pytest.raises(ValueError, match="None of the 4 factors varies"):
        factor_vae_score(grid, np.zeros_like(grid), generator=seeded())
