"""Every augmentation keeps shape and range, draws from its generator alone and treats pictures one by one."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.objectives import AUGMENTATIONS, Flip, Light, Resample, Shift, Turn


def pictures(n=3, side=12, seed=0):
    return torch.rand(n, 3, side, side, generator=torch.Generator().manual_seed(seed))


def chance(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("name", AUGMENTATIONS)
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 5))
def test_shape_range_and_seed(name, seed, n):
    change, x = AUGMENTATIONS.build(name), pictures(n, seed=seed)
    before, state = x.clone(), torch.get_rng_state()
    y = change(x, generator=chance(seed))
    assert y.shape == x.shape and y.min() >= 0 and y.max() <= 1
    torch.testing.assert_close(y, change(x, generator=chance(seed)))
    torch.testing.assert_close(x, before)
    assert torch.equal(state, torch.get_rng_state())


def test_a_flip_mirrors_about_half_of_the_pictures():
    x = pictures(400)
    flipped = (Flip()(x, generator=chance()) == x.flip(3)).all(dim=(1, 2, 3))
    assert 150 < flipped.sum() < 250
    upright = (Flip()(x, generator=chance()) == x).all(dim=(1, 2, 3))
    assert (flipped ^ upright).all()
    both = Flip(vertical=True)(x, generator=chance())
    assert (both == x.flip(2)).all(dim=(1, 2, 3)).any() and (both == x.flip(2, 3)).all(dim=(1, 2, 3)).any()


def test_a_shift_moves_every_picture_by_whole_pixels():
    x, most = pictures(200), 2
    moved = Shift(pixels=most)(x, generator=chance())
    padded = torch.nn.functional.pad(x, (most,) * 4, mode="reflect")
    crops = {(i, j): padded[:, :, i : i + 12, j : j + 12] for i in range(5) for j in range(5)}
    found = [{at for at, crop in crops.items() if torch.equal(crop[k], moved[k])} for k in range(200)]
    assert all(found) and len(set.union(*found)) == 25


def test_no_turn_and_no_zoom_is_no_change():
    x = pictures()
    torch.testing.assert_close(Turn(degrees=0.0)(x, generator=chance()), x, rtol=0, atol=1e-5)


def test_a_turn_keeps_what_lies_on_circles():
    axis = torch.linspace(-1, 1, 65)
    rings = (0.5 + 0.5 * torch.cos(3 * (axis[:, None].square() + axis.square()).sqrt()))[None, None].repeat(4, 3, 1, 1)
    turned = Turn(degrees=180.0)(rings, generator=chance())
    disc = (axis[:, None].square() + axis.square()) < 0.9
    assert (turned - rings).abs()[:, :, disc].max() < 0.02


def test_a_zoom_shows_a_part_of_the_picture():
    slope = torch.linspace(0, 1, 32).expand(8, 3, 32, 32)
    zoomed = Turn(degrees=0.0, least_zoom=0.5, greatest_zoom=0.5)(slope, generator=chance())
    span = zoomed.amax(dim=(1, 2, 3)) - zoomed.amin(dim=(1, 2, 3))
    torch.testing.assert_close(span, torch.full((8,), 0.5), rtol=0, atol=0.03)
    assert zoomed.mean(dim=(1, 2, 3)).std() > 0.05  # each somewhere else


def test_resampling_takes_away_the_finest_detail_only():
    board = (torch.arange(32)[:, None] + torch.arange(32)).remainder(2).float().expand(2, 3, 32, 32)
    flat = Resample(least=0.5, probability=1.0)(board, generator=chance(3))
    assert flat.std() < 0.3 < board.std()
    half = Resample(least=0.5)(board.repeat(50, 1, 1, 1), generator=chance(1))
    coarse = half.flatten(1).std(dim=1) < 0.45
    assert 25 < coarse.sum() < 75  # fine and coarse ones share a batch
    plain = torch.full((2, 3, 32, 32), 0.3)
    torch.testing.assert_close(Resample(probability=1.0)(plain, generator=chance()), plain)
    torch.testing.assert_close(Resample(probability=0.0)(board, generator=chance()), board)


def test_a_picture_is_resampled_through_at_least_one_pixel():
    for seed in range(8):
        assert Resample(least=0.0, probability=1.0)(pictures(side=2), generator=chance(seed)).shape == (3, 3, 2, 2)


def test_light_without_an_amount_is_no_change():
    x = pictures()
    torch.testing.assert_close(Light(amount=0.0)(x, generator=chance()), x)
    assert not torch.allclose(Light(amount=0.3)(x, generator=chance()), x, atol=0.01)
