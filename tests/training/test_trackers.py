from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from engine.training import RECIPES
from engine.training.trackers import TrackerError, trackers

RECIPE = RECIPES["sinelines/vae"]


def test_tensorboard_gets_every_term(tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    (board,) = trackers(RECIPE, tmp_path)
    board.write(100, {"loss": 3.0, "kl": 1.0})
    board.write(200, {"loss": 2.0, "kl": 1.5})
    board.close()
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert [(event.step, event.value) for event in events.Scalars("loss")] == [(100, 3.0), (200, 2.0)]
    assert [event.value for event in events.Scalars("kl")] == [1.0, 1.5]


def test_weights_and_biases_that_is_missing_or_logged_out_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert trackers(RECIPE, tmp_path) == []
    with pytest.raises(TrackerError, match="--wandb needs Weights & Biases; install it"):
        trackers(RECIPE, tmp_path, wandb=True)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name == "wandb")
    monkeypatch.setitem(sys.modules, "wandb", SimpleNamespace(api=SimpleNamespace(api_key=None)))
    with pytest.raises(TrackerError, match="run `wandb login` once"):
        trackers(RECIPE, tmp_path, wandb=True)


def test_weights_and_biases_gets_the_run_under_its_id(tmp_path, monkeypatch):
    asked, rows = {}, []
    run = SimpleNamespace(log=lambda terms, step: rows.append((step, terms)), finish=lambda: rows.append("finished"))
    client = SimpleNamespace(api=SimpleNamespace(api_key="key"), init=lambda **given: asked.update(given) or run)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name == "wandb")
    monkeypatch.setitem(sys.modules, "wandb", client)
    (tracker,) = trackers(RECIPE, tmp_path, wandb=True)
    tracker.write(5, {"loss": 1.0})
    tracker.close()
    assert (asked["id"], asked["name"], asked["resume"]) == ("sinelines-vae", "sinelines/vae", "allow")
    assert rows == [(5, {"loss": 1.0}), "finished"]
