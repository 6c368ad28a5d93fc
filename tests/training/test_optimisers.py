from __future__ import annotations

import math

import pytest
import torch

from engine.training.optimisers import OPTIMISERS, SGD, Adam


def test_a_constant_rate_stays():
    assert {Adam(lr=5e-4).rate(step, steps=100, steps_per_epoch=10) for step in range(100)} == {5e-4}


def test_a_cosine_rises_falls_and_ends_near_zero():
    optimiser = Adam(lr=1e-3, schedule="cosine", warmup=9)
    rates = [optimiser.rate(step, steps=100, steps_per_epoch=10) for step in range(100)]
    assert rates[0] == pytest.approx(1e-4)
    assert rates[9] == pytest.approx(1e-3 * 0.5 * (1 + math.cos(math.pi * 0.09)))
    assert max(rates) == rates[9] and rates[9:] == sorted(rates[9:], reverse=True)
    assert rates[50] == pytest.approx(5e-4)
    assert 0 < rates[-1] < 1e-6


def test_sgd_falls_by_a_factor_an_epoch():
    optimiser = SGD(lr=0.1, epoch_factor=0.7)
    rates = [optimiser.rate(step, steps=40, steps_per_epoch=10) for step in (0, 9, 10, 39)]
    assert rates == pytest.approx([0.1, 0.1, 0.07, 0.1 * 0.7**3])


def test_adam_is_torchs_adam():
    weights = [torch.nn.Parameter(torch.tensor([1.0, -2.0])) for _ in range(2)]
    ours = Adam(lr=0.1, betas=(0.5, 0.9), eps=1e-6).build([weights[0]])
    theirs = torch.optim.Adam([weights[1]], lr=0.1, betas=(0.5, 0.9), eps=1e-6)
    for _ in range(5):
        for weight, optimiser in zip(weights, (ours, theirs), strict=True):
            optimiser.zero_grad()
            (weight**2).sum().backward()
            optimiser.step()
    torch.testing.assert_close(*weights)


@pytest.mark.parametrize("name", OPTIMISERS)
def test_every_optimiser_gives_a_positive_rate_at_every_step(name):
    optimiser = OPTIMISERS.build(name)
    assert all(optimiser.rate(step, steps=30, steps_per_epoch=7) > 0 for step in range(30))
    assert isinstance(optimiser.build([torch.nn.Parameter(torch.zeros(2))]), torch.optim.Optimizer)


def test_an_optimiser_slowed_to_a_half_forgets_as_much_in_two_steps_as_it_did_in_one():
    slow = Adam(lr=0.1, betas=(0.5, 0.81)).slowed(0.5)
    assert slow.lr == pytest.approx(0.05)
    assert slow.betas == pytest.approx((0.5**0.5, 0.9))
    assert Adam(betas=(0.0, 0.99)).slowed(0.8).betas[0] == 0
    assert SGD(lr=0.1, momentum=0.25).slowed(0.5) == SGD(lr=0.05, momentum=0.5)
