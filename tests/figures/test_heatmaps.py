"""Attributions as pictures and their judgement as figures."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image

from engine.figures.faithfulness import agreement_matrix, pixel_curves, randomisation_curves
from engine.figures.heatmaps import heatmap_pixels, heatmap_png, heatmap_sheet, heatmap_table
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


def test_a_sheet_has_a_row_for_each_picture_and_a_column_for_each_method():
    x = torch.rand(2, 1, 5, 10, generator=torch.Generator().manual_seed(0))
    maps = {"Saliency": torch.zeros(2, 5, 10), "A method with quite a long title": torch.ones(2, 5, 10)}
    sheet = opened(heatmap_sheet(x, maps, names=["a.png", "b.png"], cell=80))
    assert sheet.info["dpi"] == pytest.approx((300, 300), abs=0.1)
    pixels = np.asarray(sheet).astype(int)
    width, height = sheet.size
    assert height == 12 + 2 * 80 + 2 and width > 3 * 160
    right, middle = pixels[60, width - 80], pixels[60, width - 250]
    assert right[0] > right[2] + 50 and middle.min() >= 245  # all red, all white


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
    with pytest.raises(ValueError, match="no curves"):
        pixel_curves({})


def test_agreement_and_randomisation_are_drawn():
    maps = {name: torch.rand(2, 1, 4, 4, generator=torch.Generator().manual_seed(s)) for s, name in enumerate("ab")}
    assert agreement_matrix(agreement(maps)).data[0].zmin == -1
    found = Randomisation(layers=("fc", "conv"), correlation=torch.tensor([[0.5, 0.1], [0.3, 0.1]]))
    assert list(randomisation_curves({"a": found}).data[0].y) == pytest.approx([1.0, 0.4, 0.1])
