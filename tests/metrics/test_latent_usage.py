from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.distributions import Normal, kl_divergence

from engine.metrics.latent_usage import active_units, active_units_by_kl, kl_per_latent


@given(seed=st.integers(0, 10_000), n=st.integers(1, 20), k=st.integers(1, 5))
def test_kl_agrees_with_torch_distributions(seed, n, k):
    mean, log_var = 3 * torch.randn(2, n, k, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    expected = kl_divergence(Normal(mean, (0.5 * log_var).exp()), Normal(0.0, 1.0)).mean(dim=0)
    torch.testing.assert_close(kl_per_latent(mean, log_var), expected)


def test_the_prior_itself_costs_nothing():
    assert kl_per_latent(torch.zeros(4, 3), torch.zeros(4, 3)).tolist() == [0, 0, 0]


def test_active_units_by_both_definitions(seeded):
    mean = torch.randn(5000, 3, generator=seeded()) * torch.tensor([1.0, 0.05, 0.0])
    log_var = torch.tensor([-3.0, 0.0, -1.0]).expand(5000, 3)
    assert active_units(mean).tolist() == [True, False, False]
    # the last posterior never moves with x and still is narrower than the prior: only the KL counts it
    assert active_units_by_kl(kl_per_latent(mean, log_var)).tolist() == [True, False, True]


def test_the_threshold_is_a_variance():
    mean = torch.tensor([[0.1], [-0.1]])  # variance 0.02
    assert active_units(mean, threshold=0.019).tolist() == [True]
    assert active_units(mean, threshold=0.021).tolist() == [False]


def test_says_what_is_wrong():
    with pytest.raises(ValueError, match=r"both be \(N, K\); got \(2, 3\) and \(2, 4\)"):
        kl_per_latent(torch.zeros(2, 3), torch.zeros(2, 4))
    with pytest.raises(ValueError, match=r"at least two rows; got shape \(1, 3\)"):
        active_units(torch.zeros(1, 3))
