"""Every change of colour is the matrix of its name, drawn from its distribution, for any number of channels."""

from __future__ import annotations

import math

import pytest
import torch
from torch.distributions import Normal, Uniform

from engine.objectives.adaptive_augmentation.chance import Chance
from engine.objectives.adaptive_augmentation.colour import COLOURS, RGB_ONLY, draw_colours, recolour

N = 4000
EYE = torch.eye(3, dtype=torch.float64)
GREY = torch.full((3, 3), 1 / 3, dtype=torch.float64)


def chance(p=1.0, seed=0, n=N):
    return Chance(n=n, p=p, generator=torch.Generator().manual_seed(seed))


def drawn(name, channels=3, **options):
    matrix = COLOURS[name](chance(**options), channels)
    assert (matrix[:, -1, :-1] == 0).all() and (matrix[:, -1, -1] == 1).all()
    return matrix[:, :-1, :-1], matrix[:, :-1, -1]


@pytest.mark.parametrize("channels", [1, 3])
def test_brightness(channels, follows):
    matrix, offset = drawn("brightness", channels)
    assert (matrix == torch.eye(channels)).all() and (offset == offset[:, :1]).all()
    assert follows(offset[:, 0], Normal(0.0, 0.2))


@pytest.mark.parametrize("channels", [1, 3])
def test_contrast(channels, follows):
    matrix, offset = drawn("contrast", channels)
    factor = matrix[:, 0, 0]
    torch.testing.assert_close(matrix, factor[:, None, None] * torch.eye(channels, dtype=torch.float64))
    assert (offset == 0).all() and follows(factor.log2(), Normal(0.0, 0.5))


def test_luma_flips_mirror_the_grey_axis():
    matrix, offset = drawn("luma-flip")
    mirrored = (matrix - (EYE - 2 * GREY)).abs().amax((1, 2)) < 1e-12  # Householder's
    kept = (matrix - EYE).abs().amax((1, 2)) < 1e-12
    assert (mirrored ^ kept).all() and mirrored.double().mean().item() == pytest.approx(0.5, abs=0.03)
    assert (offset == 0).all()


def test_hue_turns_about_the_grey_axis(follows):
    matrix, offset = drawn("hue")
    torch.testing.assert_close(matrix @ matrix.mT, EYE.expand(N, -1, -1))
    torch.testing.assert_close(torch.linalg.det(matrix), torch.ones(N, dtype=torch.float64))
    torch.testing.assert_close(matrix @ GREY, GREY.expand(N, -1, -1))
    red, across = torch.tensor([2.0, -1, -1]).double() / math.sqrt(6), torch.tensor([0.0, 1, -1]).double()
    turned = matrix @ red
    angle = torch.atan2(turned @ across / math.sqrt(2), turned @ red)
    assert follows(angle, Uniform(-math.pi, math.pi)) and (offset == 0).all()


def test_saturation_scales_all_but_grey(follows):
    matrix, offset = drawn("saturation")
    factor = (torch.diagonal(matrix, dim1=1, dim2=2).sum(1) - 1) / 2
    torch.testing.assert_close(matrix, GREY + factor[:, None, None] * (EYE - GREY))
    assert (offset == 0).all() and follows(factor.log2(), Normal(0.0, 1.0))


@pytest.mark.parametrize("name", COLOURS)
@pytest.mark.parametrize("p", [0.0, 0.3])
def test_a_change_fires_with_its_probability(name, p):
    matrix = COLOURS[name](chance(p=p), 3)
    changed = ((matrix - torch.eye(4)).abs().amax((1, 2)) > 1e-9).double().mean().item()
    assert changed == pytest.approx(p / 2 if name == "luma-flip" else p, abs=0.03) and (p > 0 or changed == 0)


def test_grey_pictures_get_what_averaging_the_rows_of_the_rgb_matrix_leaves():
    names = [name for name in COLOURS if name not in RGB_ONLY]
    rgb, grey = draw_colours(names, chance(n=50), 3), draw_colours(list(COLOURS), chance(n=50), 1)
    averaged = rgb[:, :3].mean(1)  # (N, 4)
    torch.testing.assert_close(grey[:, 0, 0], averaged[:, :3].sum(1))
    torch.testing.assert_close(grey[:, 0, 1], averaged[:, 3])


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_changes_are_joined_in_order_and_applied_to_every_pixel(channels):
    x = torch.randn(5, channels, 3, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    names = list(COLOURS) if channels == 3 else [name for name in COLOURS if name not in RGB_ONLY]
    changed, one_by_one, source = recolour(x, draw_colours(names, chance(n=5), channels)), x, chance(n=5)
    for name in names:
        matrix = COLOURS[name](source, channels)
        one_by_one = torch.einsum("nij,njhw->nihw", matrix[:, :-1, :-1], one_by_one) + matrix[:, :-1, -1, None, None]
    torch.testing.assert_close(changed, one_by_one)
