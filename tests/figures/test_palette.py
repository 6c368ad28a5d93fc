from __future__ import annotations

import itertools

import numpy as np
import pytest

from engine.figures import category_colors, diverging_limit, method_color, model_color
from engine.figures.palette import (
    CATEGORIES,
    DIVERGING,
    DIVERGING_ON_DARK,
    MODEL_COLORS,
    SEQUENTIAL,
    lettering,
    sampled,
)
from engine.figures.themes import INKS, ink
from engine.training import RECIPES

# Machado, Oliveira & Fernandes (2009), severity 1: how linear RGB looks without one of the cones.
SIMULATED = {
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def linear(color):
    channel = np.array([int(color[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    return np.where(channel <= 0.04045, channel / 12.92, ((channel + 0.055) / 1.055) ** 2.4)


def luminance(color):
    return float(linear(color) @ [0.2126, 0.7152, 0.0722])


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def lab(rgb):
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ np.clip(rgb, 0, 1)
    f = np.cbrt(xyz / [0.9505, 1, 1.089])
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_a_family_has_one_colour_wherever_it_is_drawn():
    assert model_color("mnist/tc5") == model_color("mnist/tc10-paper") == model_color("tc") == MODEL_COLORS["tc"]
    assert model_color("dsprites/vae") != model_color("dsprites/ae")


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_has_a_colour_that_stays(name):
    assert model_color(name) == model_color(name)
    assert model_color(name) in MODEL_COLORS.values()


def test_a_method_has_one_colour_that_follows_from_its_name():
    assert method_color("integrated-gradients") == method_color("Integrated-Gradients")


@pytest.mark.parametrize("color", MODEL_COLORS.values())
@pytest.mark.parametrize("theme", INKS)
def test_lines_stand_out_from_light_and_dark_pages(color, theme):
    assert contrast(color, ink(theme).page) >= 3  # what WCAG asks of graphics


@pytest.mark.parametrize("theme", INKS)
def test_letters_are_readable(theme):
    assert contrast(ink(theme).text, ink(theme).page) >= 7
    assert contrast(ink(theme).muted, ink(theme).page) >= 4.5


@pytest.mark.parametrize("kind", SIMULATED)
@pytest.mark.parametrize(
    ("colors", "apart"), [(CATEGORIES, 20), (tuple(MODEL_COLORS.values()), 20)], ids=["labels", "models"]
)  # 2.3 is just noticeable
def test_colours_differ_for_colour_blind_readers(kind, colors, apart):
    seen = [lab(np.array(SIMULATED[kind]) @ linear(color)) for color in colors]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) > apart


def test_labels_differ_for_everybody_else_and_stand_out_from_both_pages():
    seen = [lab(linear(color)) for color in CATEGORIES]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) > 40
    assert all(contrast(color, ink(theme).page) >= 1.9 for color in CATEGORIES for theme in INKS)


def test_letters_on_every_colour_of_the_sequential_map_can_be_read():
    assert all(contrast(lettering(color), color) >= 4.5 for color in sampled(SEQUENTIAL))


def test_label_colours_repeat_after_ten():
    assert category_colors(12)[10:] == category_colors(2)


def test_the_sequential_map_gets_lighter_all_the_way():
    lightness = [lab(linear(color))[0] for color in sampled(SEQUENTIAL, 64)]
    assert (np.diff(lightness) > 0).all()


def test_the_diverging_map_is_lightest_in_the_middle_and_dark_at_both_ends():
    lightness = np.array([lab(linear(color))[0] for color in sampled(DIVERGING, 65)])
    assert int(np.argmax(lightness)) == 32
    assert (np.diff(lightness[:33]) > 0).all()
    assert (np.diff(lightness[32:]) < 0).all()
    assert max(lightness[0], lightness[-1]) < 30


def test_on_dark_the_diverging_map_is_the_page_in_the_middle_and_light_at_both_ends():
    colors = sampled(DIVERGING_ON_DARK, 65)
    lightness = np.array([lab(linear(color))[0] for color in colors])
    assert colors[32] == ink("dark").page
    assert (np.diff(lightness[:33]) < 0).all()
    assert (np.diff(lightness[32:]) > 0).all()
    assert all(contrast(color, ink("dark").page) > 7 for color in (colors[0], colors[-1]))


def test_signed_ranges_are_centred_on_zero():
    assert diverging_limit([-3.0, 1.0, float("nan"), 2.0]) == 3.0
    assert diverging_limit([0.0, 0.0]) == diverging_limit([]) == 1.0


def test_an_unknown_theme_names_the_known_ones():
    with pytest.raises(KeyError, match=r"No theme 'drak'; did you mean 'dark'\?"):
        ink("drak")
