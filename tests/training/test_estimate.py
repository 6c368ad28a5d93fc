from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from engine.data import load_dataset
from engine.objectives import OBJECTIVES
from engine.training.estimate import estimate
from engine.training.fit import fit
from tests.training.toys import Distilled, small, split_for


def test_time_follows_from_the_updates_left(tmp_path):
    recipe = small("mnist/ss5", steps=5000)
    whole = estimate(recipe, load_dataset("mnist"), folder=tmp_path, budget_s=0.2)
    assert whole.steps_left == 5000
    assert whole.seconds == pytest.approx(5000 / whole.steps_per_s)
    fit(recipe, split_for(recipe), folder=tmp_path, stop_after=20)
    assert estimate(recipe, load_dataset("mnist"), folder=tmp_path, budget_s=0.1).steps_left == 4980
    state = (tmp_path / "state.safetensors").stat().st_size
    assert state == pytest.approx(whole.run_bytes, rel=0.2)
    assert not list(tmp_path.glob("log*.partial"))


def test_the_best_epochs_weights_take_their_place_on_the_disk(tmp_path):
    recipe = small("mnist/ss5", steps=5000)
    without, kept = (
        estimate(replace(recipe, validation=name), load_dataset("mnist"), folder=tmp_path, budget_s=0.01)
        for name in ("", "test")
    )
    assert kept.run_bytes == pytest.approx(without.run_bytes * 4 / 3)


def test_a_formula_costs_no_time(tmp_path):
    cost = estimate(small("sinelines/gt"), load_dataset("sinelines"), folder=tmp_path)
    assert (cost.steps_left, cost.seconds, cost.run_bytes) == (0, 0.0, 0)


def test_what_stands_on_a_model_is_measured_with_it_alone(tmp_path, monkeypatch):
    monkeypatch.setitem(OBJECTIVES._factories, "distilled", Distilled)
    recipe = replace(small("sinelines/ae", steps=500), needs=("toy/teacher",), objective=Distilled())
    dataset = load_dataset("sinelines")
    without = estimate(recipe, dataset, folder=tmp_path)
    assert (without.steps_left, without.steps_per_s, without.seconds) == (500, None, None)
    assert without.note == "Cannot be measured before toy/teacher is trained."
    with_it = estimate(recipe, dataset, folder=tmp_path, budget_s=0.1, needs={"toy/teacher": torch.nn.Linear(64, 64)})
    assert with_it.seconds > 0 and not with_it.note
    assert with_it.run_bytes == without.run_bytes > 0
