from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.figures import category_colors, latent_scatter, plane
from tests.figures.helpers import check

CODES = torch.randn(40, 4, generator=torch.Generator().manual_seed(1)) * torch.tensor([1.0, 5.0, 0.1, 2.0])
LABELS = torch.arange(40) % 3


def test_two_entries_are_shown_as_they_are():
    seen = plane(CODES, (3, 0), names=["a", "b", "c", "d"])
    np.testing.assert_allclose(seen.points, CODES[:, [3, 0]], rtol=1e-6)
    assert (seen.x_title, seen.y_title) == ("d", "a")


def test_principal_components_are_those_of_numpy():
    seen = plane(CODES)
    centred = CODES.double().numpy() - CODES.double().numpy().mean(axis=0)
    values, vectors = np.linalg.eigh(centred.T @ centred)
    for column, place in enumerate((-1, -2)):
        expected = centred @ vectors[:, place]
        assert abs(abs(np.corrcoef(expected, seen.points[:, column])[0, 1]) - 1) < 1e-9
    share = values[-1] / values.sum()
    assert seen.x_title == f"component 1 ({100 * share:.0f} % of variance)"


@given(seed=st.integers(0, 1000))
def test_principal_components_do_not_depend_on_order_or_place(seed):
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(CODES), generator=generator)
    moved = plane(CODES[order] + torch.randn(4, generator=generator))
    np.testing.assert_allclose(moved.points, plane(CODES).points[order], atol=1e-5)


def test_a_code_of_one_entry_still_has_a_plane():
    seen = plane(CODES[:, :1])
    assert seen.points.shape == (40, 2)
    assert not seen.points[:, 1].any()


def test_entries_that_do_not_exist_are_refused():
    with pytest.raises(ValueError, match="entries 0 to 3; asked for \\[0, 4\\]"):
        plane(CODES, (0, 4))
    with pytest.raises(ValueError, match="finite numbers"):
        plane(torch.full((3, 2), float("nan")))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_points_of_a_label_share_a_colour_and_carry_their_rows(theme):
    figure = latent_scatter(plane(CODES), values=LABELS, value_name="digit", classes=("0", "1", "2"), theme=theme)
    check(figure)
    assert [trace.marker.color for trace in figure.data] == list(category_colors(3))
    for label, trace in enumerate(figure.data):
        assert list(trace.customdata) == list(range(label, 40, 3))
        np.testing.assert_allclose(trace.x, plane(CODES).points[label::3, 0])


def test_a_missing_label_leaves_the_others_their_colours():
    figure = latent_scatter(plane(CODES[:2]), values=[0, 2], classes=("a", "b", "c"))
    assert [(trace.name, trace.marker.color) for trace in figure.data] == [
        ("a", category_colors(3)[0]), ("c", category_colors(3)[2]),
    ]  # fmt: skip


@pytest.mark.parametrize(("scale", "map_start"), [("amount", "#440154"), ("angle", None)])
def test_a_factor_is_coloured_along_a_uniform_map(scale, map_start):
    figure = latent_scatter(plane(CODES), values=CODES[:, 0], value_name="scale", scale=scale)
    check(figure)
    colorscale = figure.data[0].marker.colorscale
    assert map_start is None or colorscale[0][1].lower() == map_start
    assert figure.data[0].marker.colorbar.title.text == "scale"
    if scale == "angle":
        assert colorscale[0][1] == colorscale[-1][1]  # the ends meet


def test_values_need_one_for_each_point():
    with pytest.raises(ValueError, match="40 finite numbers"):
        latent_scatter(plane(CODES), values=[1.0, 2.0])
