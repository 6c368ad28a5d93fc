from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.models import MODELS
from engine.models.stylegan2 import average_decay
from engine.models.stylegan2.discriminator import batch_deviation
from engine.models.stylegan2.primitives import normalised


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def small(**options):
    sizes = {"resolution": 16, "channels": 3, "z_dim": 8, "w_dim": 6, "mapping_layers": 2, "channel_base": 128}
    model = MODELS.build("stylegan2", **{**sizes, "channel_max": 12, **options})
    model.reset_parameters(seeded())
    with torch.no_grad():  # so that noise and the mean count
        for name, value in model.named_parameters():
            if name.endswith("noise_strength"):
                value.fill_(0.3)
        model.mapping.w_avg.normal_(generator=seeded(1))
    return model.eval()


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize(
    ("resolution", "base", "layers", "parameters"),
    [
        (1024, 32768, 8, 30_370_060),
        (256, 16384, 8, 24_767_458),
        (32, 16384, 2, 19_947_539),
        (32, 2048, 2, 6_664_147),
    ],
)
def test_published_sizes(resolution, base, layers, parameters):
    with torch.device("meta"):
        model = MODELS.build(
            "stylegan2", resolution=resolution, channel_base=base, mapping_layers=layers, training=False
        )
    assert count(model.mapping) + count(model.synthesis) == parameters
    if base == 2048:
        assert count(model.discriminator) == 9_055_809


@pytest.mark.parametrize(("resolution", "num_ws"), [(32, 8), (64, 10), (128, 12), (256, 14), (512, 16), (1024, 18)])
def test_styles_of_a_picture(resolution, num_ws):
    with torch.device("meta"):
        model = MODELS.build("stylegan2", resolution=resolution, discriminator=False, training=False)
    assert model.num_ws == num_ws == len(model.layout)
    assert model.latent_dim == num_ws * 512


def test_a_side_that_is_no_power_of_two_is_refused():
    with pytest.raises(ValueError, match=r"draws 4, 8, 16, \.\.\. pixels a side; got 28"):
        MODELS.build("stylegan2", resolution=28)


def test_colours_share_their_style_with_the_next_blocks_first_convolution():
    model = small()
    ws = model.sample(1, generator=seeded(2), psi=1).reshape(1, model.num_ws, -1).requires_grad_()
    seen = {}
    for name, layer in model.synthesis.named_modules():
        if name.endswith(("conv0", "conv1", "torgb")):
            layer.register_forward_pre_hook(lambda _, args, name=name: seen.__setitem__(name, args[1]))
    model.draw(ws)
    index = {name: int((ws[0] == w[0]).all(dim=1).nonzero()[0, 0]) for name, w in seen.items() if name != "b4.conv1"}
    changed = ws.detach() + torch.arange(model.num_ws)[None, :, None]  # every layer a style of its own
    model.draw(changed)
    index = {name: int((changed[0] == w[0]).all(dim=1).nonzero()[0, 0]) for name, w in seen.items()}
    assert index == {
        "b4.conv1": 0, "b4.torgb": 1, "b8.conv0": 1, "b8.conv1": 2, "b8.torgb": 3, "b16.conv0": 3, "b16.conv1": 4,
        "b16.torgb": 5,
    }  # fmt: skip


@given(psi=st.floats(0, 1))
@settings(max_examples=10, deadline=None)
def test_truncation_pulls_to_the_mean_and_not_away_from_it(psi):
    model = small()
    z = torch.randn(4, 8, generator=seeded(3))
    full = model.map(z, psi=1)
    expected = model.w_mean + psi * (full - model.w_mean)
    torch.testing.assert_close(model.map(z, psi=psi), expected)
    distance = (model.map(z, psi=psi) - model.w_mean).norm(dim=1)
    assert (distance <= (full - model.w_mean).norm(dim=1) + 1e-6).all()


def test_samples_depend_on_the_seed_alone_and_carry_one_style():
    model = small()
    first, second = model.sample(3, generator=seeded(5)), model.sample(3, generator=seeded(5))
    assert torch.equal(first, second)
    ws = first.reshape(3, model.num_ws, 6)
    assert (ws == ws[:, :1]).all()


@pytest.mark.parametrize("architecture", ["skip", "resnet", "orig"])
def test_pictures_do_not_depend_on_their_neighbours(architecture):
    model = small(architecture=architecture)
    codes = model.sample(3, generator=seeded(6))
    alone = torch.cat([model.decode(code[None]) for code in codes])
    torch.testing.assert_close(model.decode(codes), alone)
    assert alone.shape == (3, 3, 16, 16)
    assert 0 <= alone.min() < alone.max() <= 1


@pytest.mark.parametrize("architecture", ["skip", "resnet", "orig"])
def test_realness_of_a_picture_is_its_own(architecture):
    model = small(discriminator_architecture=architecture)
    x = torch.rand(5, 3, 16, 16, generator=seeded(7))
    alone = torch.cat([model.realness(row[None]) for row in x])
    torch.testing.assert_close(model.realness(x), alone)
    assert alone.std() > 0


def test_constant_noise_is_the_same_and_random_noise_another():
    model = small()
    ws = model.sample(2, generator=seeded(8)).reshape(2, model.num_ws, -1)
    assert torch.equal(model.draw(ws), model.draw(ws))
    plain, noisy = model.draw(ws, noise="none"), model.draw(ws, noise="random", generator=seeded(9))
    assert not torch.allclose(model.draw(ws), plain)
    assert not torch.allclose(model.draw(ws), noisy)
    assert torch.equal(noisy, model.draw(ws, noise="random", generator=seeded(9)))


def test_deviation_within_groups_by_hand():
    x = torch.randn(4, 3, 2, 2, generator=seeded(10))
    of = [torch.stack([x[0], x[2]]), torch.stack([x[1], x[3]])]  # picture g of every group of N/G
    expected = [(pair.var(dim=0, unbiased=False) + 1e-8).sqrt().mean() for pair in of]
    found = batch_deviation(x, 2)
    assert found.shape == (4, 1, 2, 2)
    torch.testing.assert_close(found[:, 0, 0, 0], torch.stack([expected[0], expected[1], expected[0], expected[1]]))
    torch.testing.assert_close(batch_deviation(x, 1), torch.full((4, 1, 2, 2), 1e-4))


def test_a_batch_that_no_group_fits_takes_the_largest_that_does():
    x = torch.randn(6, 2, 2, 2, generator=seeded(11))
    assert torch.equal(batch_deviation(x, 4), batch_deviation(x, 2))


def test_a_conditional_network_asks_for_the_class():
    model = small(num_classes=3)
    z = torch.randn(4, 8, generator=seeded(12))
    with pytest.raises(ValueError, match="draws 3 classes; say which"):
        model.map(z)
    first, second = model.map(z, torch.zeros(4, dtype=torch.int64)), model.map(z, torch.ones(4, dtype=torch.int64))
    assert not torch.allclose(first, second)
    x = torch.rand(4, 3, 16, 16, generator=seeded(13))
    of = [model.realness(x, torch.full((4,), label)) for label in (0, 1)]
    assert not torch.allclose(of[0], of[1])


def test_the_running_mean_follows_the_learning_generator():
    model = small()
    name, before = next(iter(model.synthesis.named_parameters()))
    before = before.clone()
    with torch.no_grad():
        for parameter in model.player.parameters():
            parameter += 1
        model.player.mapping.w_avg += 2
    model.average(0.75)
    torch.testing.assert_close(dict(model.synthesis.named_parameters())[name], before + 0.25)
    assert torch.equal(model.w_mean, model.player.mapping.w_avg)


def test_the_half_life_is_kept_and_ramps_up():
    decay = average_decay(32, 10_000_000, kimg=10, ramp_up=0.05)
    assert decay ** (10_000 / 32) == pytest.approx(0.5)
    young = average_decay(32, 2_000, kimg=10, ramp_up=0.05)  # half-life 100 pictures
    assert young ** (100 / 32) == pytest.approx(0.5)
    assert average_decay(32, 2_000, kimg=10, ramp_up=None) == decay


@given(seed=st.integers(0, 1000), scale=st.floats(0.01, 100))
@settings(max_examples=20, deadline=None)
def test_the_second_moment_is_one_whatever_the_scale(seed, scale):
    x = normalised(torch.randn(3, 32, generator=seeded(seed)) * scale)
    torch.testing.assert_close(x.square().mean(dim=1), torch.ones(3), rtol=1e-3, atol=1e-3)
    assert math.isfinite(float(normalised(torch.zeros(1, 4)).sum()))
