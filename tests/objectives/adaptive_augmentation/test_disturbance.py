"""Filters, noise and holes: the filter bank's properties, their distributions, and that they touch nothing else."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from torch.distributions import HalfNormal, Uniform
from torch.nn import functional

from engine.objectives.adaptive_augmentation.chance import Chance
from engine.objectives.adaptive_augmentation.disturbance import (
    POWER,
    add_noise,
    cut_out,
    draw_gains,
    filter_bank,
    weigh_bands,
)


def chance(n, p=1.0, seed=0):
    return Chance(n=n, p=p, generator=torch.Generator().manual_seed(seed))


def noise(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_the_bank_is_symmetric_and_adds_up_to_the_identity():
    bank = filter_bank()
    torch.testing.assert_close(bank, bank.flip(1))
    impulse = torch.zeros(43, dtype=torch.float64)
    impulse[21] = 1
    torch.testing.assert_close(bank.sum(0), impulse, atol=1e-10, rtol=0)


def test_each_band_passes_its_own_frequencies():
    edges = [0, math.pi / 8, math.pi / 4, math.pi / 2, math.pi]
    offsets = torch.arange(-21, 22, dtype=torch.float64)
    for band, (low, high) in enumerate(itertools.pairwise(edges)):
        middle = {0: 0.0, 3: math.pi}.get(band, math.sqrt(low * high))
        responses = filter_bank() @ torch.cos(middle * offsets)
        assert responses.argmax() == band and responses[band] > 0.7
        assert (responses > -1e-9).all() and (responses < 1 + 1e-9).all()


def test_gains_of_one_give_the_picture():
    x = noise(2, 3, 10, 50)
    torch.testing.assert_close(weigh_bands(x, torch.ones(2, 4)), x, atol=1e-10, rtol=0)


def test_bands_are_weighed_by_convolution_of_the_reflected_picture():
    x, gains = noise(2, 1, 24, 30), noise(2, 4, seed=1).exp()
    for one, gain, changed in zip(x, gains, weigh_bands(x, gains), strict=True):
        kernel = gain @ filter_bank()
        padded = functional.pad(one[None], (21,) * 4, mode="reflect")
        expected = functional.conv2d(padded, torch.outer(kernel, kernel)[None, None])[0]
        torch.testing.assert_close(changed, expected)


def test_gains_keep_a_natural_pictures_power_and_fire_with_their_probability():
    power = torch.tensor(POWER, dtype=torch.float64)
    assert power.sum().item() == pytest.approx(1)
    assert (draw_gains(chance(50, p=0.0)) == 1).all()
    gains = draw_gains(chance(4000, p=0.3))
    unchanged = ((gains - 1).abs() < 1e-12).all(1).double().mean().item()
    assert unchanged == pytest.approx(0.7**4, abs=0.03)
    only_low = (gains[:, 1:] - gains[:, 1:2]).abs().amax(1) < 1e-12  # where no other band was chosen
    one = gains[only_low]
    torch.testing.assert_close(one.square() @ power, torch.ones(len(one), dtype=torch.float64))
    ratio = (one[:, 0] / one[:, 1]).log2()
    ratio = ratio[ratio != 0]
    assert len(ratio) > 300 and ratio.mean().abs() < 0.15 and ratio.std().item() == pytest.approx(1, abs=0.1)


def test_noise_has_its_deviation_and_is_white(follows):
    x = torch.zeros(2000, 1, 16, 16, dtype=torch.float64)
    changed = add_noise(x, chance(2000))
    deviations = changed.square().mean((1, 2, 3)).sqrt()
    assert follows(deviations, HalfNormal(torch.tensor(0.1, dtype=torch.float64)))
    white = changed / deviations[:, None, None, None]
    assert (white[..., 1:] * white[..., :-1]).mean().abs() < 0.01
    touched = (add_noise(x, chance(2000, p=0.3)) != 0).any(dim=(1, 2, 3)).double().mean().item()
    assert touched == pytest.approx(0.3, abs=0.04)


def test_holes_are_rectangles_of_half_the_size_anywhere(follows):
    holes = cut_out(torch.ones(3000, 2, 16, 24), chance(3000)) == 0
    assert (holes[:, 0] == holes[:, 1]).all()
    rows, columns = holes[:, 0].any(2), holes[:, 0].any(1)
    assert (holes[:, 0] == rows[:, :, None] & columns[:, None, :]).all()
    assert rows.sum(1).max() == 8 and columns.sum(1).max() == 12
    assert rows.sum(1).min() == 4 and columns.sum(1).min() == 6  # the middle on the border
    whole = rows[:, 0].logical_not() & rows[:, -1].logical_not()  # no part of the hole outside
    assert (rows[whole].sum(1) == 8).all()
    top = rows[whole].double().argmax(1)
    assert follows(top + torch.rand(len(top), generator=torch.Generator().manual_seed(1)), Uniform(1.0, 8.0))


@pytest.mark.parametrize("p", [0.0, 0.4])
def test_holes_come_with_their_probability(p):
    x = torch.ones(2000, 1, 8, 8)
    cut = (cut_out(x, chance(2000, p=p)) == 0).any(dim=(1, 2, 3)).double().mean().item()
    assert cut == pytest.approx(p, abs=0.04) and (p > 0 or cut == 0)
