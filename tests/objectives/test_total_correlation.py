from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.distributions import Normal

from engine.objectives import KL, Pass, TotalCorrelation
from engine.objectives.kl import kl_nats
from engine.objectives.total_correlation import total_correlation


def draw(seed, n, k):
    generator = torch.Generator().manual_seed(seed)
    mean, log_var, noise = torch.randn(3, n, k, generator=generator, dtype=torch.float64)
    return mean + torch.exp(0.5 * log_var) * noise, mean, log_var


@given(seed=st.integers(0, 10_000), n=st.integers(1, 6), k=st.integers(1, 4))
def test_the_estimate_is_that_of_a_plain_loop(seed, n, k):
    z, mean, log_var = draw(seed, n, k)
    std = torch.exp(0.5 * log_var)
    total = 0.0
    for j in range(n):
        density = [[math.exp(Normal(mean[i, d], std[i, d]).log_prob(z[j, d])) for d in range(k)] for i in range(n)]
        joint = sum(math.prod(row) for row in density)
        product = math.prod(sum(row[d] for row in density) for d in range(k))
        total += math.log(joint) - math.log(product)
    assert total_correlation(z, mean, log_var).item() == pytest.approx(total / n, rel=1e-9, abs=1e-9)


def test_the_calibrated_estimate_is_near_the_closed_form_of_a_gaussian():
    n, rho = 2000, 0.8  # q(z) = N(0, [[1, rho], [rho, 1]]), spread over narrow posteriors
    generator = torch.Generator().manual_seed(0)
    cholesky = torch.linalg.cholesky(torch.tensor([[1.0, rho], [rho, 1.0]], dtype=torch.float64))
    mean = torch.randn(n, 2, generator=generator, dtype=torch.float64) @ cholesky.T * math.sqrt(1 - 0.04)
    log_var = torch.full_like(mean, math.log(0.04))
    z = mean + 0.2 * torch.randn(n, 2, generator=generator, dtype=torch.float64)
    exact = -0.5 * math.log(1 - (rho * 0.96) ** 2)
    assert total_correlation(z, mean, log_var, dataset_size=1).item() == pytest.approx(exact, abs=0.06)


def test_the_data_sets_size_adds_a_constant_only():
    z, mean, log_var = draw(3, 5, 4)
    plain, calibrated = total_correlation(z, mean, log_var), total_correlation(z, mean, log_var, dataset_size=60_000)
    assert (calibrated - plain).item() == pytest.approx(3 * math.log(5 * 60_000))


def test_one_latent_has_no_total_correlation():
    assert total_correlation(*draw(1, 6, 1)).item() == pytest.approx(0.0, abs=1e-12)


def test_gradients_flow_through_samples_means_and_variances():
    leaves = [value.requires_grad_() for value in draw(2, 6, 3)]
    total_correlation(*leaves).backward()
    assert all(leaf.grad is not None and leaf.grad.abs().sum() > 0 for leaf in leaves)


@given(seed=st.integers(0, 10_000), n=st.integers(1, 5), k=st.integers(1, 5))
def test_kl_is_that_of_torch_distributions(seed, n, k):
    _, mean, log_var = draw(seed, n, k)
    exact = torch.distributions.kl_divergence(Normal(mean, torch.exp(0.5 * log_var)), Normal(0.0, 1.0))
    torch.testing.assert_close(kl_nats(mean, log_var), exact)
    step = Pass(mean, mean, mean, mean, log_var)
    torch.testing.assert_close(KL(weight=3.0)(step), 3 * exact.sum(dim=1).mean().float())


@pytest.mark.parametrize("term", [KL(), TotalCorrelation()])
def test_a_plain_autoencoder_is_refused_with_what_to_do(term):
    z = torch.zeros(2, 3)
    with pytest.raises(ValueError, match="give the network `variational=True`"):
        term(Pass(z, z, z, z, None))


def test_the_weight_multiplies_the_term():
    z, mean, log_var = (value.float() for value in draw(4, 6, 3))
    one, nine = (TotalCorrelation(weight=w)(Pass(z, z, z, mean, log_var)) for w in (1.0, 9.0))
    torch.testing.assert_close(nine, 9 * one)
