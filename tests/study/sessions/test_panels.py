"""Panels that explain a dial: exemplars, traversals, sorted samples, none."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from engine.interfaces import PERCENTILES
from engine.study.sessions.dials import stands
from engine.study.sessions.panels import panel
from engine.study.sessions.toy import Toy
from engine.study.steps import Choice
from tests.study.decoders import Linear, StyleGAN2Like, category

TASKS = ("exemplars", "traversals", "samples")


def choice(task, axis=1, seed=5):
    options = ("Low", "Medium", "High")
    return Choice(
        model="toy/linear", stage=0, question=0, task=task, axis=axis, options=options, correct=0, code=(), seed=seed
    )


def skewed():
    model = Linear(latents=3)
    values = tuple((p / 100) ** 3 for p in PERCENTILES)  # the median is an eighth, the middle of the range a half
    model.axes = tuple(dataclasses.replace(axis, percentiles=values, low=0.0, high=1.0) for axis in model.axes)
    return model


@pytest.mark.parametrize("task", TASKS)
def test_a_panel_follows_from_seed_and_number(task):
    model = Linear()
    assert torch.equal(panel(model, choice(task)).codes, panel(model, choice(task)).codes)
    assert not torch.equal(panel(model, choice(task)).codes, panel(model, choice(task), 1).codes)
    assert torch.equal(panel(model, choice(task), 1).codes, panel(model, choice(task, seed=6)).codes)


def test_exemplars_show_eight_pictures_of_each_level():
    found = panel(Linear(), choice("exemplars"))
    assert found.rows == ("Low", "Medium", "High") and found.columns == () and found.codes.shape == (3, 8, 3)
    for row, (low, high) in zip(found.codes, ((1, 5), (48, 52), (95, 99)), strict=True):
        assert (row[:, 1] >= low / 50 - 1 - 1e-6).all() and (row[:, 1] <= high / 50 - 1 + 1e-6).all()
        assert len(row[:, 1].unique()) == 8  # drawn anew for every picture
    others = found.codes[..., [0, 2]].flatten(0, 1)
    stored = {tuple(code) for code in Linear().examples.codes[:, [0, 2]].tolist()}
    assert len(others.unique(dim=0)) > 20 and {tuple(code) for code in others.tolist()} <= stored


def test_traversals_have_the_median_in_the_middle():
    found = panel(skewed(), choice("traversals"))
    assert found.codes.shape == (5, 7, 3) and found.columns == ("Low", "", "", "Medium", "", "", "High")
    values = found.codes[..., 1]
    assert (values == values[0]).all() and (values[0].diff() > 0).all()
    assert values[0, 3] == 0.5**3
    torch.testing.assert_close(values[0, :4].diff(), values[0, :4].diff()[:1].expand(3))
    others = found.codes[..., [0, 2]]
    assert (others == others[:, :1]).all() and len(others[:, 0].unique(dim=0)) == 5


def test_samples_are_sorted_down_the_columns():
    found = panel(Linear(), choice("samples"))
    assert found.codes.shape == (5, 7, 3)
    values = found.codes[..., 1].T.flatten()
    assert (values.diff() >= 0).all()
    stored = {tuple(code) for code in Linear().examples.codes.tolist()}
    assert {tuple(code) for code in found.codes.flatten(0, 1).tolist()} <= stored


def test_no_explanation_has_no_panel():
    assert panel(Linear(), choice("none")) is None


@pytest.mark.parametrize(("task", "shape"), zip(TASKS, [(4, 8, 4), (5, 4, 4), (5, 7, 4)], strict=True))
def test_a_category_has_one_row_or_column_an_option(task, shape):
    axes = (category(range(4)),)
    model = Linear(latents=4, axes=axes, codes=torch.eye(4).repeat(20, 1))
    found = panel(model, choice(task, axis=0))
    assert found.codes.shape == shape and (found.codes.sum(dim=-1) == 1).all()
    if task == "exemplars":
        assert found.rows == axes[0].options and (stands(axes[0], found.codes) == torch.arange(4)[:, None]).all()
    if task == "traversals":
        assert found.columns == axes[0].options and (stands(axes[0], found.codes) == torch.arange(4)).all()


@pytest.mark.parametrize("task", TASKS)
def test_directions_and_models_without_examples(task):
    for model in (StyleGAN2Like(directions=2), Toy()):
        found = panel(model, choice(task, axis=1))
        assert found.codes.shape[-1] == model.latent_dim and found.codes.isfinite().all()
        low, high = model.axes[1].low, model.axes[1].high
        assert stands(model.axes[1], found.codes).min() >= low - 1e-3
        assert stands(model.axes[1], found.codes).max() <= high + 1e-3


@pytest.mark.parametrize("task", TASKS)
def test_other_dials_stand_anywhere_within_what_sliders_span(task):
    model = Linear()
    model.axes = tuple(dataclasses.replace(axis, low=-0.5, high=0.5) for axis in model.axes)  # data reach from -1 to 1
    narrow, wide = (panel(model, choice(task), span=span).codes[..., [0, 2]] for span in ("percentile", "full"))
    assert narrow.abs().max() == 0.5 and wide.abs().max() > 0.9
    assert torch.equal(wide.clamp(-0.5, 0.5).flatten(0, 1).unique(dim=0), narrow.flatten(0, 1).unique(dim=0))
    stored = {tuple(code) for code in model.examples.codes[:, [0, 2]].tolist()}
    assert {tuple(code) for code in wide.flatten(0, 1).tolist()} <= stored


def test_panels_are_numbered_from_nought():
    with pytest.raises(ValueError, match="from 0; got -1"):
        panel(Linear(), choice("samples"), -1)
