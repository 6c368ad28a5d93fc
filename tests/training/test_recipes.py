"""Every row of the table builds, takes a step, is saved, goes on and decodes the same."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from engine.data import load_dataset
from engine.models import MODELS
from engine.training import RECIPES
from engine.training.fit import fit
from engine.training.recipe import from_json, to_json
from tests.training.toys import small, split_for

SHIPPED = Path(__file__).parents[2] / "checkpoints"
# How a loss is brought down, not what it is.
HOW = (
    *("generator_rate", "augmentations", "label_smoothing"),
    *("gamma", "mixing", "path_weight", "augmentation", "augmentation_kimg"),
)
STARTERS = [name for name, recipe in RECIPES.items() if recipe.preset == "starter"]


@pytest.mark.parametrize("name", RECIPES)
def test_every_row_survives_json(name):
    row = RECIPES[name]
    assert from_json(json.loads(json.dumps(to_json(row)))) == row


@pytest.mark.parametrize("name", RECIPES)
def test_every_row_builds_with_a_space_that_is_the_data_sets(name):
    recipe = RECIPES[name]
    with torch.device("meta"):
        model = MODELS.build(recipe.network.name, **recipe.network.options)
    assert recipe.id == name
    assert model.space == load_dataset(recipe.dataset).space


@pytest.mark.parametrize("name", STARTERS)
def test_every_row_takes_a_step_and_comes_back_the_same(name, tmp_path):
    recipe = small(name)
    split, steps, reports = split_for(recipe), recipe.steps, []
    before = recipe.network.build(seed=recipe.seed).state_dict()
    settings = {"folder": tmp_path, "stop_after": 1, "validation": split if recipe.validation else None}
    model = fit(recipe, split, on_progress=reports.append, **settings)
    again = fit(recipe, split, **settings)
    same(model.state_dict(), again.state_dict())
    if recipe.objective is None:
        return
    assert reports[0].step == 1 and reports[0].steps == steps
    assert any(not torch.equal(before[key], value) for key, value in model.state_dict().items())
    if hasattr(model, "decode"):
        z = torch.rand(3, model.latent_dim, generator=torch.Generator().manual_seed(1))
        with torch.no_grad():
            assert torch.equal(model.decode(z), again.decode(z))
            assert model.decode(z).shape == (3, *model.space.shape)


@pytest.mark.parametrize("name", STARTERS)
def test_every_starter_has_a_paper_twin_on_the_same_data_and_objective(name):
    starter, paper = RECIPES[name], RECIPES[f"{name}-paper"]
    assert paper.preset == "paper"
    assert starter.network.name == paper.network.name
    how = {field: getattr(paper.objective, field) for field in HOW if hasattr(paper.objective, field)}
    assert (replace(starter.objective, **how) if how else starter.objective) == paper.objective
    for field in ("dataset", "split", "test", "paper", "source", "title", "needs", "pictures"):
        assert getattr(starter, field) == getattr(paper, field), field
    assert starter.note, "a starter row says how it differs"


def test_paper_rows_have_the_published_schedules():
    steps = {name.removesuffix("-paper"): row.steps for name, row in RECIPES.items() if row.preset == "paper"}
    assert steps["dsprites/ae"] == steps["dsprites/vae"] == steps["dsprites/gt"] == 10 * 10_368
    assert steps["sinelines/ae"] == steps["sinelines/vae"] == 150 * 704
    assert all(steps[f"mnist/{name}"] == 100 * 938 for name in ("ae5", "vae5", "tc5", "ss5", "ae10", "vae10", "tc10"))
    assert steps["mnist/ig5"] == 50_000


def test_classifiers_are_trained_for_whole_epochs():
    """The rows of a split are known once it was read; what ships says how many there were."""
    configs = [json.loads(path.read_text()) for path in SHIPPED.glob("*/*/config.json")]
    classifiers = {config["id"]: config["training"] for config in configs if config["kind"] == "classifier"}
    known = {name: training["train_rows"] for name, training in classifiers.items() if "train_rows" in training}
    assert {"mnist/38", "mnist/149", "fashion/034", "fashion/79"} <= known.keys() <= RECIPES.keys()
    for name, count in known.items():
        assert RECIPES[name].steps % math.ceil(count / RECIPES[name].batch_size) == 0, name


def test_all_rows_of_the_study_are_there():
    study = {"ae", "vae", "gt"}
    assert {name.partition("/")[2] for name in STARTERS if name.startswith("dsprites/")} >= study
    assert {name.partition("/")[2] for name in STARTERS if name.startswith("sinelines/")} >= study
    digits = {"ae5", "vae5", "tc5", "ss5", "ig5", "ae10", "vae10", "tc10", "ss10", "digits"}
    assert {name.partition("/")[2] for name in STARTERS if name.startswith("mnist/")} >= digits


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"steps": 0}, "mnist/ae5: steps should be 1 or more; got 0"),
        ({"steps": -5}, "steps should be 1 or more; got -5"),
        ({"objective": None, "steps": -1}, "steps should be 0 or more; got -1"),
        ({"batch_size": 0}, "batch_size should be 1 or more; got 0"),
        ({"frozen_steps": 3}, "frozen_steps go with weights to start from"),
        ({"objective": "autoencoding"}, "objective should be one of .* or None for a formula; got 'autoencoding'"),
    ],
)
def test_a_row_that_cannot_be_trained_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        replace(RECIPES["mnist/ae5"], **changes)


def test_what_a_row_needs_is_a_row():
    assert all(need in RECIPES for row in RECIPES.values() for need in row.needs)


def same(one, other):
    assert one.keys() == other.keys()
    for name in one:
        assert torch.equal(one[name], other[name]), name
