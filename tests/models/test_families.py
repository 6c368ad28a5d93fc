from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from engine.interfaces import part_slices
from engine.models import MODELS, reparameterise
from engine.models.layers import fan_in_out, layers
from engine.training import RECIPES, Network
from tests.training.toys import small


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


def paper(name):
    return RECIPES[f"{name}-paper"].network.build()


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("dsprites/ae", 182_881),
        ("dsprites/vae", 182_881),
        ("dsprites/gt", 182_881),
        ("sinelines/ae", 83_776),
        ("sinelines/vae", 83_776),
        ("mnist/ae5", 6_581_760),
        ("mnist/tc10", 6_586_880),
        ("mnist/ss5", 6_592_000),
        ("mnist/ss10", 6_597_120),
    ],
)
def test_published_decoders_have_the_published_number_of_parameters(name, parameters):
    decoder = paper(name).decoder
    # The study's exporter folds batch norm into two numbers a feature, as many as weight and bias here.
    assert count(decoder) == parameters


def test_the_published_generator_has_the_tensors_of_the_studys_file():
    sizes = [1, 64, 64, 64, 6272, 6272, 6272, 1024 * 6272, 1024, 1024, 1024, 15 * 1024, 16 * 64 * 128, 16 * 64]
    assert count(paper("mnist/ig5").generator) == sum(sizes)


@pytest.mark.parametrize("name", ["dsprites/vae", "dsprites/gt", "mnist/digits"])
def test_fan_in_initialisation_fills_its_bounds(name):
    model = RECIPES[name].network.build(seed=0)
    for layer in layers(model):
        bound = 1 / math.sqrt(fan_in_out(layer)[0])
        largest = layer.weight.abs().max().item()
        assert 0.97 * bound < largest <= bound
        assert 0 < layer.bias.abs().max().item() <= bound


def test_the_last_transposed_convolution_counts_its_input_channels():
    last = RECIPES["dsprites/gt"].network.build(seed=0).decoder[-1]
    assert last.weight.abs().max().item() <= 1 / math.sqrt(32 * 16)  # torch's own default would be up to 0.25


@pytest.mark.parametrize("name", ["sinelines/vae", "mnist/vae5"])
def test_glorot_initialisation_fills_its_bounds_and_leaves_biases_at_zero(name):
    for layer in layers(RECIPES[name].network.build(seed=0)):
        bound = math.sqrt(6 / sum(fan_in_out(layer)))
        assert 0.97 * bound < layer.weight.abs().max().item() <= bound
        assert layer.bias is None or not layer.bias.any()


def test_generator_weights_are_a_truncated_normal():
    weights = torch.cat([layer.weight.flatten() for layer in layers(RECIPES["mnist/ig5-paper"].network.build(seed=0))])
    assert weights.abs().max().item() <= 0.04
    assert weights.std().item() == pytest.approx(0.02 * 0.88, rel=0.01)  # cutting at two sigma takes 12 % off


def test_the_narrow_generator_starts_as_torch_does():
    for layer in layers(RECIPES["mnist/ig5"].network.build(seed=0)):
        ours = layer.weight.std().item()
        layer.reset_parameters()
        assert ours == pytest.approx(layer.weight.std().item(), rel=0.15)


@pytest.mark.parametrize("name", ["dsprites/vae", "sinelines/ae", "mnist/ig5", "mnist/digits"])
def test_weights_follow_from_the_seed_alone(name):
    network = small(name).network
    one, same, other = (network.build(seed=seed).state_dict() for seed in (3, 3, 4))
    assert all(torch.equal(one[key], same[key]) for key in one)
    assert any(not torch.equal(one[key], other[key]) for key in one)


def test_building_leaves_the_global_generator_alone():
    before = torch.get_rng_state()
    RECIPES["sinelines/vae"].network.build(seed=0)
    assert torch.equal(before, torch.get_rng_state())


def test_reparameterised_samples_have_the_posteriors_mean_and_variance():
    mean, log_var = torch.tensor([[-1.0, 2.0]]).repeat(100_000, 1), torch.tensor([[0.0, -2.0]]).repeat(100_000, 1)
    z = reparameterise(mean, log_var, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(z.mean(dim=0), mean[0], atol=0.02, rtol=0)
    torch.testing.assert_close(z.var(dim=0), log_var[0].exp(), atol=0, rtol=0.02)
    assert reparameterise(mean, None, generator=torch.Generator()) is mean


def test_gradients_flow_through_the_sample():
    mean, log_var = torch.zeros(4, 2, requires_grad=True), torch.zeros(4, 2, requires_grad=True)
    reparameterise(mean, log_var, generator=torch.Generator().manual_seed(0)).square().sum().backward()
    assert mean.grad.abs().sum() > 0 and log_var.grad.abs().sum() > 0


def test_a_conditional_model_encodes_with_the_label_or_the_nearest_category():
    recipe = small("mnist/ss5")
    model, generator = recipe.network.build(seed=0).eval(), torch.Generator().manual_seed(0)
    z = torch.cat([nn.functional.one_hot(torch.tensor([4, 7]), 10), torch.randn(2, 5, generator=generator)], dim=1)
    with torch.no_grad():
        x = model.decode(z)
        told, found = model.encode(x, torch.tensor([4, 7])), model.encode(x)
    category, latent = part_slices(model.layout)
    assert told[:, category].argmax(dim=1).tolist() == [4, 7]
    assert torch.equal(told[:, latent], found[:, latent]), "the encoder never sees the label"
    assert found[:, category].sum(dim=1).tolist() == [1.0, 1.0]


def test_a_shipped_generator_has_no_discriminator_and_draws_the_same():
    network = small("mnist/ig5").network
    whole = network.build(seed=0).eval()
    shipped = Network(network.name, {**network.options, "discriminator": False}).build().eval()
    weights = {name: value for name, value in whole.state_dict().items() if name.startswith("generator.")}
    shipped.load_state_dict(weights)
    z = whole.sample(3, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.equal(whole.decode(z), shipped.decode(z))


def test_the_published_networks_are_pictures_in_and_pictures_out():
    for name in ("dsprites/vae", "mnist/vae5", "sinelines/vae"):
        model = small(name).network.build(seed=0).eval()
        x = torch.rand(2, *model.space.shape, generator=torch.Generator().manual_seed(0))
        mean, log_var = model.posterior(x)
        assert mean.shape == log_var.shape == (2, 5)
        x_hat = model.decode(model.encode(x))
        assert x_hat.shape == x.shape
        if model.space.kind == "image":
            assert x_hat.min() >= 0 and x_hat.max() <= 1


def test_the_registry_names_neighbours():
    with pytest.raises(KeyError, match=r"No network 'burges'; did you mean 'burgess'"):
        MODELS["burges"]
