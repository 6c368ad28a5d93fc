from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch.nn import functional

from engine.data import Batch
from engine.models import MODELS
from engine.objectives import StyleGAN2Game
from engine.objectives.stylegan2 import gradient_penalty, path_lengths


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def small():
    model = MODELS.build(
        "stylegan2", resolution=8, channels=1, z_dim=4, w_dim=5, mapping_layers=2, channel_base=32, channel_max=8
    )
    model.reset_parameters(seeded())
    return model.train()


def batch(count=4):
    return Batch(torch.rand(count, 1, 8, 8, generator=seeded(1)), None, None)


def turn(player, game=None, seed=2, model=None, x=None):
    return (game or StyleGAN2Game()).losses(model or small(), x or batch(), player, generator=seeded(seed))


def test_path_lengths_are_those_of_the_whole_jacobian():
    model = small().double()
    ws = torch.randn(2, model.num_ws, 5, generator=seeded(3), dtype=torch.float64).requires_grad_()

    def draw(w):
        return model.player.synthesis(w, noise="none")

    found = path_lengths(ws, draw(ws), generator=seeded(4))
    y = torch.randn(2, 1, 8, 8, generator=seeded(4)).double() / 8
    for i in range(2):
        jacobian = torch.autograd.functional.jacobian(lambda w: draw(w[None])[0], ws[i].detach())  # (1, 8, 8, L, K)
        pulled = torch.einsum("chw,chwlk->lk", y[i], jacobian)
        expected = pulled.square().sum(dim=1).mean().sqrt()
        torch.testing.assert_close(found[i], expected)


def test_the_gradient_penalty_is_that_of_each_picture_alone():
    model = small()
    x = (2 * batch().x - 1).requires_grad_()
    found = gradient_penalty(x, model.discriminator(x, group=1))
    for i in range(len(x)):
        one = x[i : i + 1].detach().requires_grad_()
        (gradient,) = torch.autograd.grad(model.discriminator(one, group=1).sum(), one)
        torch.testing.assert_close(found[i], gradient.square().sum())


def test_the_gradient_penalty_is_that_of_finite_differences():
    model = small().double()
    x = (2 * batch(1).x.double() - 1).requires_grad_()
    found = gradient_penalty(x, model.discriminator(x, group=1))
    step = 1e-6
    moves = step * torch.eye(64, dtype=torch.float64).reshape(64, 1, 8, 8)
    slope = (model.discriminator(x + moves, group=1) - model.discriminator(x - moves, group=1)) / (2 * step)
    torch.testing.assert_close(found[0], slope.square().sum(), rtol=1e-6, atol=0)


def test_losses_of_the_players_by_hand():
    model, x = small(), batch()
    game = StyleGAN2Game(augmentation="none", mixing=0.0)
    found = game.losses(model, x, "generator", generator=seeded(5))["loss"]
    g = seeded(5)
    z = torch.randn(4, 4, generator=g)
    torch.rand((), generator=g)  # whether to mix
    w = model.player.mapping(z)
    fake = model.player.synthesis(w[:, None].repeat(1, model.num_ws, 1), noise="random", generator=g)
    torch.testing.assert_close(found, functional.softplus(-model.discriminator(fake)).mean())
    told = game.losses(model, x, "discriminator", generator=seeded(5))["loss"]
    expected = (
        functional.softplus(model.discriminator(fake)) + functional.softplus(-model.discriminator(2 * x.x - 1))
    ).mean()
    torch.testing.assert_close(told, expected)


def test_regularisers_weigh_as_much_as_the_steps_they_stand_for():
    once, often = (turn("gradient penalty", StyleGAN2Game(gamma=3.0, penalty_every=k)) for k in (1, 16))
    torch.testing.assert_close(often["loss"], 16 * once["loss"])
    torch.testing.assert_close(once["loss"], 1.5 * once["penalty"])
    once, often = (turn("path length", StyleGAN2Game(path_every=k)) for k in (1, 4))
    torch.testing.assert_close(often["loss"], 4 * once["loss"])


def test_the_aimed_path_length_follows_slowly():
    model = small()
    model.path_length.fill_(2.0)
    length = turn("path length", model=model)["path length"].detach()
    torch.testing.assert_close(model.path_length, 2 + 0.01 * (length - 2))


def test_late_layers_take_a_second_style_only_when_mixing():
    from engine.objectives.stylegan2 import _Turn

    model = small()
    for mixing, several in ((0.0, False), (1.0, True)):
        ws = _Turn(StyleGAN2Game(mixing=mixing), model, batch(), seeded(6)).styles(4)
        changes = (ws[:, 1:] != ws[:, :-1]).any(dim=2)  # (N, num_ws - 1)
        assert changes.any() == several
        if several:
            assert (changes.sum(dim=1) == 1).all()  # one cut, the same for the whole batch
            assert (changes == changes[:1]).all()


def test_only_the_first_style_moves_the_mean():
    from engine.objectives.stylegan2 import _Turn

    models = [small(), small()]
    for mixing, model in zip((0.0, 1.0), models, strict=True):
        _Turn(StyleGAN2Game(mixing=mixing), model, batch(), seeded(7)).styles(4)
    assert models[0].player.mapping.w_avg.abs().sum() > 0
    assert torch.equal(models[0].player.mapping.w_avg, models[1].player.mapping.w_avg)


def test_mirrored_pictures_are_turned_half_of_the_time():
    from engine.objectives.stylegan2 import _Turn

    x = batch(64)
    pictures = _Turn(StyleGAN2Game(mirror=True), small(), x, seeded(8)).real_pictures()
    real = 2 * x.x - 1
    turned = (pictures == real.flip(3)).flatten(1).all(dim=1)
    kept = (pictures == real).flatten(1).all(dim=1)
    assert (turned ^ kept).all()
    assert 16 < int(turned.sum()) < 48


def test_the_probability_of_augmentation_rises_when_real_pictures_are_known():
    game, model = StyleGAN2Game(), small()
    for sign, expected in ((1.0, 4 * 4 / 500_000), (0.5, 0.0), (0.5, 0.0)):
        model.signs.copy_(torch.tensor([4 * sign, 4.0]))
        game.after_update(model, batch())
        assert model.p.item() == pytest.approx(expected, abs=1e-9)
        assert model.signs.tolist() == [0.0, 0.0]


def test_gradients_that_are_no_numbers_are_repaired():
    parameter = torch.nn.Parameter(torch.zeros(4))
    parameter.grad = torch.tensor([float("nan"), float("inf"), float("-inf"), 1.0])
    StyleGAN2Game().before_update([parameter, torch.nn.Parameter(torch.zeros(1))])
    assert parameter.grad.tolist() == [0.0, 1e5, -1e5, 1.0]


def test_without_path_regularisation_nobody_plays_it():
    game = replace(StyleGAN2Game(), path_weight=0.0)
    assert "path length" not in game.players
