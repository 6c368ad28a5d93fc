"""Low, Medium and High of a dial."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.study.sessions.levels import BOUNDS, LEVELS, level_value, percentile
from tests.study.decoders import axis, category


@given(share=st.floats(0, 1), option=st.integers(0, 2))
def test_levels_lie_between_their_percentiles(share, option):
    low, high = BOUNDS[option]
    value = level_value(axis(0, 0.0, 100.0), option, torch.tensor(share)).item()
    assert low - 1e-4 <= value <= high + 1e-4


def test_every_level_has_its_published_percentiles():
    assert dict(zip(LEVELS, BOUNDS, strict=True)) == {"Low": (1, 5), "Medium": (48, 52), "High": (95, 99)}


def test_a_category_has_its_own_options():
    assert level_value(category(range(4)), 3, torch.rand(2, 5)).eq(3).all()


@pytest.mark.parametrize("p", [0, 1, 3, 50, 97, 100])
def test_percentiles_between_those_an_axis_carries(p):
    assert percentile(axis(0, 0.0, 100.0), p) == pytest.approx(p)


def test_an_axis_without_percentiles_says_so():
    with pytest.raises(ValueError, match="'Latent 1' should carry 17 percentiles"):
        percentile(dataclasses.replace(axis(0), percentiles=()), 50)
    with pytest.raises(ValueError, match="from 0 to 100; got 101"):
        percentile(axis(0), 101)
