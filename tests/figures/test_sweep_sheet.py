"""Sheets of sweeps: pictures with scores in colours above them."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image

from engine.figures import sweep_sheet
from engine.interfaces import Space

SPACE = Space(kind="image", shape=(1, 4, 4))
SERIES = Space(kind="series", shape=(16,), limits=(-1.0, 1.0))


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def sheet(**changes):
    fields = {"x": torch.full((2, 3, 1, 4, 4), 0.25), "space": SPACE, "names": ["a", "b"], "amplitudes": [-1.0, 0, 1.0],
              "scores": torch.tensor([[-1.0, 0, 1], [0, 0, 0]])}  # fmt: skip
    fields |= changes
    return sweep_sheet(fields.pop("x"), **fields)


def test_every_picture_is_there_in_its_own_pixels():
    found = pixels(sheet())
    grey = (found == round(0.25 * 255)).all(axis=2)
    assert grey.sum() == 2 * 3 * 72 * 72  # six pictures of 4 x 4, each pixel 18 wide


def test_scores_above_zero_are_red_and_below_blue():
    found = pixels(sheet(x=torch.ones(2, 3, 1, 4, 4)))
    red, blue = found[..., 0] - found[..., 2] > 60, found[..., 2] - found[..., 0] > 60
    assert red.any()
    assert blue.any()
    assert np.nonzero(blue)[1].max() < np.nonzero(red)[1].min()
    assert not (np.ptp(pixels(sheet(x=torch.ones(2, 3, 1, 4, 4), scores=torch.zeros(2, 3))), axis=2) > 60).any()


def test_a_picture_without_a_score_has_no_strip():
    none = pixels(sheet(x=torch.ones(2, 3, 1, 4, 4), scores=torch.full((2, 3), torch.nan)))
    some = pixels(sheet(x=torch.ones(2, 3, 1, 4, 4)))
    assert none.shape == some.shape
    assert (none < 250).sum() < (some < 250).sum()


def test_series_are_drawn_as_curves():
    found = pixels(sheet(x=torch.zeros(1, 3, 16), space=SERIES, names=["a"], scores=None, unit="sd", heading="Along a"))
    assert (found < 200).any()


@pytest.mark.parametrize("wrong", [
    {"names": ["a"]}, {"amplitudes": [0.0]}, {"scores": torch.zeros(3, 2)}, {"x": torch.zeros(2, 3, 4, 4)},
])  # fmt: skip
def test_what_does_not_belong_together_is_refused(wrong):
    with pytest.raises(ValueError, match="A sheet takes pictures"):
        sheet(**wrong)
