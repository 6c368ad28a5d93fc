"""The whole pipe: chance from its generator alone, every picture on its own, any channels, two derivatives."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.objectives.adaptive_augmentation import PIPELINES, augment


def pictures(n=4, channels=3, side=16, seed=0, dtype=torch.float32):
    return torch.rand(n, channels, side, side, generator=torch.Generator().manual_seed(seed), dtype=dtype) * 2 - 1


def chance(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("pipeline", PIPELINES)
@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 10_000), n=st.integers(1, 5), channels=st.integers(1, 4), p=st.floats(0, 2), side=st.just(16)
)
def test_shape_type_and_seed(pipeline, seed, n, channels, p, side):
    x = pictures(n, channels, side, seed)
    before, state = x.clone(), torch.get_rng_state()
    y = augment(x, p, generator=chance(seed), pipeline=pipeline)
    assert y.shape == x.shape and y.dtype == x.dtype and y.isfinite().all()
    assert torch.equal(y, augment(x, p, generator=chance(seed), pipeline=pipeline))
    assert torch.equal(x, before) and torch.equal(state, torch.get_rng_state())


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_other_seeds_change_pictures_otherwise(pipeline):
    x = pictures()
    one, other = (augment(x, 1.0, generator=chance(seed), pipeline=pipeline) for seed in (0, 1))
    assert not torch.equal(one, other) and not torch.equal(one, x)


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_pictures_do_not_influence_each_other(pipeline):
    x = pictures(6, dtype=torch.float64)
    others = torch.cat([x[:1], pictures(5, seed=9, dtype=torch.float64)])
    first, same = (augment(batch, 0.8, generator=chance(3), pipeline=pipeline)[0] for batch in (x, others))
    torch.testing.assert_close(first, same, atol=1e-9, rtol=0)
    x.requires_grad_()
    augment(x, 0.8, generator=chance(3), pipeline=pipeline)[2].sum().backward()
    assert (x.grad[[0, 1, 3, 4, 5]] == 0).all() and x.grad[2].abs().sum() > 0


def test_at_probability_zero_the_pictures_are_given_back_and_nothing_is_drawn():
    x, generator = pictures(), chance()
    state = generator.get_state()
    assert augment(x, 0.0, generator=generator) is x
    assert torch.equal(generator.get_state(), state)


def test_a_small_probability_leaves_most_pictures_as_they_are():
    x = pictures(400, 1, 8)
    same = (augment(x, 0.02, generator=chance()) == x).all(dim=(1, 2, 3)).double().mean().item()
    quiet = 1  # no operation fires, or one that fires changes nothing
    for active in (1 / 2, 3 / 4, 1, 1, 1, 1, 1, 1, 1, 1 / 2):  # moves, the two turns as one; then grey's three changes
        quiet *= 1 - 0.02 * active
    assert same == pytest.approx(quiet, abs=0.06)


def test_probabilities_above_one_count_as_one():
    x = pictures()
    for p in (1.7, torch.tensor(1.7)):
        assert torch.equal(augment(x, p, generator=chance()), augment(x, 1.0, generator=chance()))


def test_the_blit_pipeline_only_moves_pixels():
    x = torch.arange(64, dtype=torch.float32).reshape(1, 1, 8, 8).expand(50, -1, -1, -1)
    y = augment(x, 1.0, generator=chance(), pipeline="blit")
    assert torch.equal(y, y.round()) and y.min() >= 0 and y.max() <= 63
    assert not torch.equal(y, x)


def test_colours_are_the_same_all_over_a_picture():
    x = torch.full((5, 3, 4, 4), 0.3) * torch.tensor([1, -1, 0.5])[:, None, None]
    y = augment(x, 1.0, generator=chance(), pipeline="color")
    torch.testing.assert_close(y, y[:, :, :1, :1].expand_as(y))
    assert (y[:, :, 0, 0] - x[:, :, 0, 0]).abs().amax(1).min() > 1e-3


@pytest.mark.parametrize("channels", [1, 3])
def test_two_derivatives(channels):
    x = pictures(2, channels, 4, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: augment(x, 0.9, generator=chance(1)), x, fast_mode=True)
    assert torch.autograd.gradgradcheck(lambda x: augment(x, 0.9, generator=chance(1)).pow(3), x, fast_mode=True)


def test_the_gradient_penalty_reaches_the_discriminator():
    weight = torch.randn(3 * 8 * 8, generator=chance(1)).requires_grad_()
    x = pictures(4, side=8).requires_grad_()
    score = augment(x, 0.7, generator=chance()).flatten(1).square() @ weight
    (gradient,) = torch.autograd.grad(score.sum(), x, create_graph=True)
    gradient.square().sum().backward()
    assert weight.grad.isfinite().all() and weight.grad.abs().sum() > 0


def test_bfloat16_loses_nothing_in_between():
    x = pictures().bfloat16()
    exact = augment(x.float(), 1.0, generator=chance())
    with torch.autocast("cpu", dtype=torch.bfloat16):
        coarse = augment(x, 1.0, generator=chance())
        fine = augment(x.float(), 1.0, generator=chance())
    assert coarse.dtype == torch.bfloat16
    torch.testing.assert_close(coarse, exact.bfloat16())
    torch.testing.assert_close(fine, exact)


def test_wrong_arguments_are_explained():
    x = pictures()
    with pytest.raises(ValueError, match=r"batch of pictures \(N, C, H, W\); got shape \(3, 16, 16\)"):
        augment(x[0], 0.5, generator=chance())
    with pytest.raises(ValueError, match="No pipeline 'bcg'; choose one of .*'bgc'"):
        augment(x, 0.5, generator=chance(), pipeline="bcg")
    for p in (-0.1, float("nan")):
        with pytest.raises(ValueError, match="p should be a probability, 0 or more; got"):
            augment(x, p, generator=chance())
