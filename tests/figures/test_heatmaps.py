"""Attributions as pictures and their judgement as figures."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image

from engine.figures.faithfulness import agreement_matrix, pixel_curves, randomisation_curves
from engine.figures.heatmap_sheet import heatmap_sheet, row_words
from engine.figures.heatmaps import heatmap_pixels, heatmap_png, heatmap_table
from engine.figures.themes import ink
from engine.metrics.agreement import agreement
from engine.metrics.deletion_insertion import PixelCurves
from engine.metrics.randomisation import Randomisation


def opened(png):
    return Image.open(io.BytesIO(png))


def ramp():
    return torch.linspace(-1, 1, 25).reshape(5, 5)


def test_zero_is_white_and_signs_have_their_sides():
    pixels = heatmap_pixels(ramp()).astype(int)
    assert pixels[2, 2].min() >= 245  # nearly white
    assert pixels[0, 0, 2] > pixels[0, 0, 0] + 50 and pixels[4, 4, 0] > pixels[4, 4, 2] + 50  # blue, red


def test_both_sides_are_told_apart_without_red_and_green():
    pixels = heatmap_pixels(ramp()).astype(float)
    for_protan = pixels @ np.array([[0.11, 0.11, 0.0], [0.89, 0.89, 0.0], [0.0, 0.0, 1.0]])
    assert np.linalg.norm(for_protan[0, 0] - for_protan[4, 4]) > 60


def test_opacity_lets_the_picture_through_in_grey():
    x = torch.rand(3, 5, 5, generator=torch.Generator().manual_seed(0))
    grey = np.rint(x.mean(dim=0).numpy() * 255)
    under = heatmap_pixels(ramp(), x=x, opacity=0.0)
    assert np.abs(under.astype(int) - grey[..., None]).max() <= 1
    assert np.array_equal(heatmap_pixels(ramp(), x=x, opacity=1.0), heatmap_pixels(ramp()))
    assert opened(heatmap_png(ramp(), x=x, opacity=0.5, size=20)).size == (20, 20)


@pytest.mark.parametrize("draw", [heatmap_pixels, lambda shown, **look: np.asarray(opened(heatmap_png(shown, **look)))])
def test_pixels_stay_squares_unless_smoothness_is_asked_for(draw):
    own = heatmap_pixels(ramp())
    assert np.array_equal(draw(ramp(), size=20), own.repeat(4, axis=0).repeat(4, axis=1))
    assert len(np.unique(draw(ramp(), size=20, smooth=True).reshape(-1, 3), axis=0)) > 25


def test_a_sheet_has_a_row_for_each_picture_and_a_column_for_each_method():
    x = torch.rand(2, 1, 5, 10, generator=torch.Generator().manual_seed(0))
    maps = {"Saliency": torch.zeros(2, 5, 10), "A method with quite a long title": torch.ones(2, 5, 10)}
    sheet = opened(heatmap_sheet(x, maps, names=["a.png", "b.png"], cell=78))
    assert sheet.info["dpi"] == pytest.approx((300, 300), abs=0.1)
    pixels = np.asarray(sheet).astype(int)
    width, height = sheet.size
    assert height > 12 + 2 * 80 + 2 and width > 3 * 160  # 80: the next multiple of the pictures' height
    right, middle = pixels[60, width - 80], pixels[60, width - 250]
    assert right[0] > right[2] + 50 and middle.min() >= 245  # all red, all white


def test_every_pixel_of_a_sheet_is_drawn_alike():
    x = torch.rand(1, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    pixels = np.asarray(opened(heatmap_sheet(x, {}, cell=300)))[35 : 35 + 320, :320]
    assert np.array_equal(pixels[5::10, 5::10].repeat(10, axis=0).repeat(10, axis=1), pixels)


@pytest.mark.parametrize(
    ("sign", "red", "blue"), [("all", 1, 1), ("positive", 1, 0), ("negative", 0, 1), ("absolute", 1, 0)]
)
def test_the_legend_shows_the_colours_that_its_maps_may_have(sign, red, blue):
    x = torch.zeros(1, 1, 5, 5)
    pixels = np.asarray(opened(heatmap_sheet(x, {"Saliency": torch.zeros(1, 5, 5)}, sign=sign))).astype(int)
    legend = pixels[35 + 320 + 8 :]
    assert bool((legend[..., 0] > legend[..., 2] + 50).any()) == red
    assert bool((legend[..., 2] > legend[..., 0] + 50).any()) == blue


def test_a_sheet_carries_the_words_one_needs_to_read_it():
    x, words = torch.zeros(1, 1, 5, 5), row_words("a.png", "7, 98%", "7 rather than 1")
    bare = opened(heatmap_sheet(x, {}))
    named = opened(heatmap_sheet(x, {}, names=[words]))
    headed = opened(heatmap_sheet(x, {}, heading="mnist/digits"))
    assert words == "a.png\nModel says: 7, 98%\nExplained: 7 rather than 1"
    assert bare.width < named.width < 2.2 * bare.width
    assert headed.height == bare.height + 35
    long = opened(heatmap_sheet(x, {}, names=[f"{'x' * 500} {'word ' * 30}"]))
    assert long.width < 2.2 * bare.width


def test_a_table_shows_the_same_in_a_page():
    x = torch.rand(2, 3, 5, 5, generator=torch.Generator().manual_seed(0))
    figure = heatmap_table(x, {"Saliency": torch.zeros(2, 5, 5)}, opacity=0.6, theme="dark")
    assert len(figure.layout.images) == 4
    assert [note.text for note in figure.layout.annotations] == ["Picture", "Saliency"]


@pytest.mark.parametrize(
    "call",
    [
        lambda x: heatmap_pixels(ramp(), x=x[0], opacity=0.5),
        lambda x: heatmap_pixels(ramp(), opacity=1.5),
        lambda x: heatmap_sheet(x, {"a": torch.zeros(1, 4, 4)}),
        lambda x: heatmap_table(x, {"a": torch.zeros(2, 4, 4)}, names=["one"]),
    ],
)
def test_what_does_not_belong_together_is_refused(call):
    with pytest.raises(ValueError, match="heatmap|Every method needs"):
        call(torch.zeros(2, 1, 4, 4))


def test_curves_carry_their_areas():
    shares = torch.linspace(0, 1, 3)
    falls, rises = torch.tensor([[1.0, 0.5, 0.0], [1.0, 0.0, 0.0]]), torch.tensor([[0.0, 0.5, 1.0], [0.0, 1.0, 1.0]])
    one = PixelCurves(shares=shares, deletion=falls, insertion=rises, baseline="blur", measure="probability")
    figure = pixel_curves({"saliency": one, "random": one})
    assert len(figure.data) == 4 and figure.data[0].name == "saliency: 0.375 / 0.625"
    assert list(pixel_curves({"saliency": one}, picture=1).data[0].y) == [1.0, 0.0, 0.0]
    beside = pixel_curves({"saliency": one}, reference=one)
    assert beside.data[0].name.startswith("random order: ")
    assert (beside.data[0].line.width, beside.data[0].line.color) == (1, ink("light").muted)
    with pytest.raises(ValueError, match="no curves"):
        pixel_curves({})


def test_agreement_and_randomisation_are_drawn():
    maps = {name: torch.rand(2, 1, 4, 4, generator=torch.Generator().manual_seed(s)) for s, name in enumerate("ab")}
    assert agreement_matrix(agreement(maps)).data[0].zmin == -1
    found = Randomisation(layers=("fc", "conv"), correlation=torch.tensor([[0.5, 0.1], [0.3, 0.1]]))
    assert list(randomisation_curves({"a": found}).data[0].y) == pytest.approx([1.0, 0.4, 0.1])
