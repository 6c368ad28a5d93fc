from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.data import Batch
from engine.objectives import InfoGAN
from engine.objectives.info_gan import mutual_information_bound
from tests.training.toys import small

# Of a unit-variance Gaussian's entropy, log(2 pi e) / 2, a Q that is right every time pays log(2 pi) / 2.
PERFECT = math.log(10) + 2 * 0.5


def perfect(n=1000):
    category = torch.arange(n) % 10
    codes = torch.rand(n, 2, generator=torch.Generator().manual_seed(0)) * 2 - 1
    return category, torch.nn.functional.one_hot(category, 10) * 100.0, codes, codes.clone()


def test_a_perfect_q_reaches_the_entropy_terms():
    assert mutual_information_bound(*perfect()).item() == pytest.approx(PERFECT, rel=1e-5)


@given(seed=st.integers(0, 1000), scale=st.floats(0.01, 5.0))
def test_every_other_q_stays_below(seed, scale):
    category, logits, codes, means = perfect(100)
    generator = torch.Generator().manual_seed(seed)
    logits = logits / 100 + scale * torch.randn(logits.shape, generator=generator)
    means = means + scale * torch.randn(means.shape, generator=generator)
    assert mutual_information_bound(category, logits, codes, means).item() < PERFECT


def test_a_q_that_knows_nothing_of_the_category_gains_nothing_from_it():
    category, _, codes, means = perfect()
    bound = mutual_information_bound(category, torch.zeros(1000, 10), codes, means).item()
    assert bound == pytest.approx(PERFECT - math.log(10), abs=1e-4)


def test_an_error_of_the_means_costs_half_its_square():
    category, logits, codes, means = perfect()
    bound = mutual_information_bound(category, logits, codes, means + 0.3).item()
    assert bound == pytest.approx(PERFECT - 2 * 0.045, rel=1e-4)


def test_each_player_moves_its_own_weights_and_all_of_them():
    recipe, generator = small("mnist/ig5"), torch.Generator().manual_seed(0)
    model, game = recipe.network.build(seed=0), InfoGAN()
    owned = {player: set(game.parameters(model, player)) for player in game.players}
    assert set(model.parameters()) == owned["generator"] | owned["discriminator"]
    assert not owned["generator"] & owned["discriminator"]
    x = torch.rand(8, 1, 28, 28, generator=generator)
    for player in game.players:
        model.zero_grad()
        game.losses(model, Batch(x), player, generator=generator)["loss"].backward()
        last = model.generator[-1].weight if player == "generator" else model.realness.weight
        assert last.grad is not None and last.grad.abs().sum() > 0
