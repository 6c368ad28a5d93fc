from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from engine.data import Batch
from engine.objectives import (
    OBJECTIVES,
    TERMS,
    Autoencoding,
    Bernoulli,
    Classification,
    Pass,
    SquaredError,
    SupervisedDecoding,
)
from tests.training.toys import small


def chance(seed=0):
    return torch.Generator().manual_seed(seed)


def test_reconstruction_terms_sum_over_an_example_and_average_over_the_batch():
    x, logits = torch.rand(3, 1, 4, 4, generator=chance()), torch.randn(3, 1, 4, 4, generator=chance(1))
    step = Pass(x, logits, x, x, None)
    cross = -(x * torch.log(torch.sigmoid(logits)) + (1 - x) * torch.log(1 - torch.sigmoid(logits)))
    torch.testing.assert_close(Bernoulli()(step), cross.sum() / 3)
    torch.testing.assert_close(SquaredError()(step), (x - logits).square().sum() / 3)


def test_the_loss_is_the_sum_of_its_terms_and_reaches_every_weight():
    recipe = small("dsprites/vae")
    model = recipe.network.build(seed=0)
    x = torch.rand(4, 1, 64, 64, generator=chance())
    losses = recipe.objective.losses(model, Batch(x), "autoencoder", generator=chance())
    torch.testing.assert_close(losses["loss"], losses["bernoulli"] + losses["kl"])
    losses["loss"].backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())


def test_a_plain_autoencoder_draws_no_noise():
    recipe = small("sinelines/ae")
    model, x = recipe.network.build(seed=0), torch.rand(4, 64, generator=chance())
    one, other = (recipe.objective.losses(model, Batch(x), "", generator=chance(seed))["loss"] for seed in (1, 2))
    assert one.item() == other.item()


def test_a_conditional_model_is_told_the_label_and_refuses_data_without():
    recipe = small("mnist/ss5")
    model, x = recipe.network.build(seed=0).eval(), torch.rand(4, 1, 28, 28, generator=chance())
    losses = [
        recipe.objective.losses(model, Batch(x, torch.full((4,), digit)), "", generator=chance())["bernoulli"]
        for digit in (3, 8)
    ]
    assert losses[0].item() != losses[1].item()
    with pytest.raises(ValueError, match="needs a data set with labels"):
        recipe.objective.losses(model, Batch(x), "", generator=chance())


def test_a_decoder_of_factors_needs_factors():
    recipe = small("dsprites/gt")
    model = recipe.network.build(seed=0)
    with pytest.raises(ValueError, match="needs a data set with true factors"):
        SupervisedDecoding((Bernoulli(),)).losses(model, Batch(torch.zeros(1, 1, 64, 64)), "", generator=chance())


def test_classification_is_cross_entropy():
    recipe = small("mnist/digits")
    model = recipe.network.build(seed=0).eval()
    x, labels = torch.rand(6, 1, 28, 28, generator=chance()), torch.arange(6)
    losses = Classification().losses(model, Batch(x, labels), "", generator=chance())
    torch.testing.assert_close(losses["loss"], functional.cross_entropy(model.logits(x), labels))
    assert losses["accuracy"].item() == (model.logits(x).argmax(1) == labels).float().mean().item()
    with pytest.raises(ValueError, match="needs a data set with labels"):
        Classification().losses(model, Batch(x), "", generator=chance())


@pytest.mark.parametrize("name", TERMS)
def test_every_term_is_a_finite_scalar_that_can_be_minimised(name):
    values = torch.randn(4, 3, generator=chance(), requires_grad=True)
    step = Pass(torch.rand(4, 3, generator=chance(1)), values, values * 2, values * 3, values * 0.1)
    term = TERMS.build(name)(step)
    term.backward()
    assert term.ndim == 0 and torch.isfinite(term) and values.grad.abs().sum() > 0


def test_all_objectives_name_their_players():
    terms = (Bernoulli(),)
    objectives = [Autoencoding(terms), SupervisedDecoding(terms), Classification(), OBJECTIVES.build("info-gan")]
    assert all(objective.players for objective in objectives)
