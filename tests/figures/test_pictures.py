from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image

from engine.figures import (
    atlas,
    curve_figure,
    data_uri,
    picture_png,
    reconstructions,
    traversal_grid,
    traversal_strip,
)
from engine.figures.picture import pixels, unit_height
from engine.figures.reconstructions import signed_pixels
from engine.interfaces import Space
from tests.figures.helpers import check

GREY = Space(kind="image", shape=(1, 6, 4))
COLOUR = Space(kind="image", shape=(3, 5, 5))
SERIES = Space(kind="series", shape=(9,), grid=(-2.0, 2.0), limits=(-1.0, 1.0))


def draw(*shape):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(0))


def opened(png):
    return np.asarray(Image.open(io.BytesIO(png)))


@pytest.mark.parametrize("space", [GREY, COLOUR])
def test_a_picture_keeps_its_pixels(space):
    x = draw(*space.shape)
    expected = (x.permute(1, 2, 0) * 255).round().numpy()
    np.testing.assert_array_equal(opened(picture_png(x, space)).reshape(expected.shape), expected)
    np.testing.assert_array_equal(opened(picture_png(x, space, scale=3))[1::3, 1::3].reshape(expected.shape), expected)


def test_a_flat_series_is_drawn_at_its_height():
    for value, height in [(-1.0, 0.0), (0.0, 0.5), (0.5, 0.75), (1.0, 1.0)]:
        alpha = pixels(torch.full((9,), value), SERIES, size=64)[..., 3].astype(float)
        middle = (alpha.sum(axis=1) @ np.arange(64)) / alpha.sum()
        assert middle == pytest.approx(61 - height * 59, abs=1.5)


def test_values_beyond_the_limits_stick_to_the_edge_and_nan_does_no_harm():
    x = torch.tensor([-7.0, 0.0, 7.0, float("nan"), float("inf"), 0.0, 0.0, 0.0, 0.0])
    np.testing.assert_array_equal(unit_height(x, SERIES)[:5], [0.0, 0.5, 1.0, 0.0, 1.0])
    assert pixels(x, SERIES).shape == (64, 64, 4)


def test_a_series_without_limits_uses_its_own():
    space = Space(kind="series", shape=(3,))
    heights = unit_height(torch.tensor([0.0, 10.0, 5.0]), space)
    np.testing.assert_allclose(heights, [0.5 / 11, 10.5 / 11, 0.5])


def test_an_example_of_another_space_is_refused():
    with pytest.raises(ValueError, match=r"shape \(1, 6, 4\); got shape \(1, 4, 6\)"):
        picture_png(draw(1, 4, 6), GREY)


@pytest.mark.parametrize("space", [GREY, COLOUR, SERIES])
def test_an_atlas_holds_every_example_in_order(space):
    x = draw(11, *space.shape)
    sheet = atlas(x, space, size=16)
    whole = opened(sheet.png)
    for place, one in enumerate(x):
        row, column = divmod(place, sheet.columns)
        tile = whole[row * sheet.height :, column * sheet.width :][: sheet.height, : sheet.width]
        np.testing.assert_array_equal(tile, pixels(one, space, size=16).reshape(tile.shape))
    assert sheet.count == 11


def test_an_atlas_of_nothing_is_refused():
    with pytest.raises(ValueError, match="examples \\(N, 1, 6, 4\\)"):
        atlas(draw(0, 1, 6, 4), GREY)


def test_a_data_uri_is_the_picture_itself():
    assert data_uri(b"abc") == "data:image/png;base64,YWJj"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_line_has_its_own_axis(theme):
    figure = curve_figure(draw(9), space=SERIES, theme=theme)
    check(figure)
    np.testing.assert_allclose(figure.data[0].x, np.linspace(-2, 2, 9))
    assert list(figure.layout.yaxis.range) == [-1.0, 1.0]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_traversal_has_a_picture_and_a_value_for_every_step(theme):
    figure = traversal_grid(
        [draw(3, *GREY.shape), draw(2, *GREY.shape)],
        names=["slant", "digit"],
        values=[[-1.5, 0.0, 1.5], ["seven", "eight"]],
        space=GREY,
        theme=theme,
    )
    check(figure)
    assert [(image.x, round(image.y, 2)) for image in figure.layout.images] == [
        (0.5, 0.5), (1.5, 0.5), (2.5, 0.5), (0.5, 1.74), (1.5, 1.74),
    ]  # fmt: skip
    assert all(image.source.startswith("data:image/png") for image in figure.layout.images)
    assert [list(trace.text) for trace in figure.data] == [["−1.50", "0.00", "1.50"], ["seven", "eight"]]
    assert list(figure.layout.yaxis.ticktext) == ["slant", "digit"]


def test_a_traversal_of_series_draws_small_multiples():
    walk = torch.stack([torch.full((9,), value) for value in (-1.0, 0.0, 1.0)])
    figure = traversal_grid([walk], names=["height"], values=[[-1.0, 0.0, 1.0]], space=SERIES)
    check(figure)
    line = figure.data[0]
    assert line.x.count(None) == 3  # a gap after each curve
    levels = sorted({round(y, 3) for y in line.y if y is not None})
    assert levels == [0.03, 0.5, 0.97]  # downwards: the highest value is nearest to the top
    assert all(int(x) == place for place in range(3) for x in line.x[10 * place : 10 * place + 9])


def test_a_traversal_that_does_not_belong_together_is_refused():
    with pytest.raises(ValueError, match="1 walks of \\[3\\] pictures, 1 names and \\[2\\] values"):
        traversal_grid([draw(3, *GREY.shape)], names=["a"], values=[[1.0, 2.0]], space=GREY)


def test_a_strip_lies_side_by_side():
    x = draw(3, *GREY.shape)
    strip = opened(traversal_strip(x, GREY, gap=2))
    assert strip.shape == (6, 3 * 4 + 2 * 2)
    np.testing.assert_array_equal(strip[:, 6:10], (x[1, 0] * 255).round().numpy())
    assert opened(traversal_strip(draw(4, 9), SERIES, gap=2, size=20)).shape == (20, 4 * 20 + 3 * 2, 4)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_reconstructions_show_example_model_and_difference(theme):
    x = torch.zeros(2, *GREY.shape)
    figure = reconstructions(x, x + torch.tensor([0.5, 0.0])[:, None, None, None], GREY, theme=theme)
    check(figure)
    assert len(figure.layout.images) == 6
    assert list(figure.data[0].text) == ["6", "0"]  # 24 pixels of 0.25 each


def test_reconstructed_series_share_a_cell():
    figure = reconstructions(draw(7, 9), draw(7, 9), SERIES)
    check(figure)
    assert [trace.mode for trace in figure.data] == ["lines", "lines", "text"] * 2
    assert [len(trace.text) for trace in figure.data if trace.mode == "text"] == [5, 2]


def test_reconstructions_of_another_shape_are_refused():
    with pytest.raises(ValueError, match="alike and not empty"):
        reconstructions(draw(2, *GREY.shape), draw(1, *GREY.shape), GREY)


def test_signed_colours_have_the_same_middle_for_zero_and_mirror_ends():
    colors = signed_pixels(torch.tensor([[[-2.0, 0.0, 2.0, 1.0]]]))[0, 0].astype(int)
    blue, middle, red, light_red = colors
    assert blue[2] > blue[0]
    assert red[0] > red[2]
    assert middle.min() > 220
    assert light_red.sum() > red.sum()
    np.testing.assert_array_equal(signed_pixels(torch.zeros(1, 1, 1))[0, 0, 0], middle)


def test_no_difference_is_no_brighter_than_a_dark_page():
    blue, nothing, red = signed_pixels(torch.tensor([[[-2.0, 0.0, 2.0]]]), "dark")[0, 0].astype(int)
    assert nothing.max() < 40
    assert blue[2] > blue[0] > 100
    assert red[0] > red[2] > 100
