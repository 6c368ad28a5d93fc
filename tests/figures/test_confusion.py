"""What a classifier takes for what, drawn."""

from __future__ import annotations

import pytest

from engine.figures import attribute_scores, confusion
from tests.figures.helpers import check


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_rows_are_true_classes_and_cells_shares_of_them(theme):
    figure = confusion([[8, 2], [0, 40]], classes=["cat", "dog"], theme=theme)
    check(figure)
    heat, numbers = figure.data
    assert heat.z.tolist() == [[80.0, 20.0], [0.0, 100.0]]
    assert heat.customdata.tolist() == [[8, 2], [0, 40]]
    assert list(numbers.text) == ["80", "20", "", "100"]
    assert "50 held-out examples" in figure.layout.title.text


def test_a_class_without_examples_has_an_empty_row():
    assert confusion([[0, 0], [1, 1]], classes=["a", "b"]).data[0].z.tolist() == [[0, 0], [50, 50]]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_attributes_stand_beside_the_commoner_answer(theme):
    figure = attribute_scores([[50, 10, 10, 30], [88, 2, 8, 2]], attributes=["Bangs", "Bald_Head"], theme=theme)
    check(figure)
    baseline, own = figure.data
    assert list(own.y) == ["Bald Head", "Bangs"]  # the greater gain last, which is on top
    assert list(own.x) == [90.0, 80.0]
    assert list(baseline.x) == [90.0, 60.0]
    assert list(own.customdata) == [10.0, 40.0]


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="a row and a column for each of 3 classes"):
        confusion([[1, 2], [3, 4]], classes=["a", "b", "c"])
    with pytest.raises(ValueError, match="four numbers for each of 1 attributes"):
        attribute_scores([[1, 2]], attributes=["a"])
