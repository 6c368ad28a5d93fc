"""The command line that finds directions, run on small digits."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

import engine
import scripts.directions
from engine.checkpoints import read_directions
from engine.images import encode_png, to_uint8
from engine.models.walk import walk
from scripts.directions import app

CHECKPOINTS = Path(__file__).parents[2] / "checkpoints"
SMALL = ("--train", "40", "--held-out", "20", "--chunk", "30", "--codes", "1", "--count", "3", "--components", "1")
ONE = ("--classifier", "mnist/digits", "--attribute", "3")


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """Copies of two checkpoints, to be changed at will."""
    for name in ("mnist/vae5", "mnist/digits"):
        shutil.copytree(CHECKPOINTS / name, tmp_path / "checkpoints" / name)
    monkeypatch.setenv("LATENT_EXPLORER_CHECKPOINTS", str(tmp_path / "checkpoints"))
    return tmp_path / "checkpoints"


def call(out, *words, model="mnist/vae5"):
    """Runs the command; its exit code and its output without line breaks."""
    parts = [model, "--out", str(out), "--device", "cpu", *SMALL, *words]
    outcome = CliRunner(env={"COLUMNS": "220", "NO_COLOR": "1", "TERM": "dumb"}).invoke(app, parts)
    assert outcome.exception is None or isinstance(outcome.exception, SystemExit), outcome.exception
    return outcome.exit_code, " ".join(outcome.output.split())


def test_directions_are_found_shown_and_carried_by_the_model(shelf, tmp_path):
    out = tmp_path / "found"
    code, words = call(out, *ONE, "--attach")
    assert code == 0
    assert "Towards 3" in words
    assert "mnist/vae5 now carries 2 directions." in words
    names = {path.name for path in out.iterdir()}
    assert {"latents.safetensors", "directions.json", "directions.safetensors", "report.json"} <= names
    assert (out / "directions.png").read_bytes().startswith(b"\x89PNG")
    assert (out / "sweeps/000-Towards-3.png").read_bytes().startswith(b"\x89PNG")
    model = engine.load("mnist/vae5", "cpu")
    assert [axis.name for axis in model.axes[-2:]] == ["Towards 3", "PC 1"]
    axis = model.axes[-2]
    ends = walk(axis, model.mean_code, torch.tensor([axis.low, axis.high])).codes
    towards = engine.load("mnist/digits", "cpu").probabilities(model.decode(ends))[:, 3]
    assert towards[1] > towards[0]
    assert "directions.png" in (shelf / "mnist/vae5/README.md").read_text()
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.safetensors")}
    assert call(out, *ONE)[0] == 0
    assert before == {path: path.stat().st_mtime_ns for path in out.rglob("*.safetensors")}
    code, words = call(out, *ONE, "--seed", "1")
    assert code == 2
    assert "seed differ" in words


def test_sweeps_go_through_the_codes_of_own_pictures(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    model = engine.load("mnist/vae5", "cpu")
    (folder / "three.png").write_bytes(encode_png(to_uint8(model.examples.x[:1])[0]))
    code, words = call(tmp_path / "found", "--pictures", str(folder), "--updates", "3")
    assert code == 0
    assert "three.png:" in words
    assert "dB, farther out than" in words
    found, _ = read_directions(tmp_path / "found", model.layout)
    assert [one.name for one in found] == ["PC 1"]
    report = json.loads((tmp_path / "found/report.json").read_text())
    assert report["classifier"] is None


@pytest.mark.parametrize(("words", "model", "message"), [
    ((), "mnist/digits", "draws nothing; name a latent model"),
    (("--classifier", "mnist/vae5"), "mnist/vae5", "--classifier takes one such as"),
    (("--classifier", "mnist/digits", "--attribute", "eleven"), "mnist/vae5", "No attribute 'eleven'"),
    (("--attribute", "3"), "mnist/vae5", "told by a classifier; name one"),
    (("--components", "0"), "mnist/vae5", "nothing to find"),
    (("--count", "4"), "mnist/vae5", "odd number"),
    (("--pictures", "nowhere"), "mnist/vae5", "nowhere is no folder"),
    ((), "mnist/vae6", "did you mean"),
])  # fmt: skip
def test_a_wrong_call_says_what_to_do(tmp_path, words, model, message):
    code, said = call(tmp_path / "found", *words, model=model)
    assert code == 2
    assert message in said


def test_the_hubs_own_copy_of_a_model_is_left_alone(tmp_path, monkeypatch):
    shutil.copytree(CHECKPOINTS / "mnist/vae5", tmp_path / "snapshots/1234")
    model = engine.load(tmp_path / "snapshots/1234", "cpu")
    monkeypatch.setattr(engine, "load", lambda *_: model, raising=False)
    code, said = call(tmp_path / "found", "--attach", model="owner/repo")
    assert code == 2
    assert "the Hub's own copy of owner/repo" in said
    assert not (tmp_path / "found").exists()


def test_an_interrupted_job_says_that_it_goes_on(tmp_path, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(scripts.directions, "run", interrupted)
    code, said = call(tmp_path / "found")
    assert code == 130
    assert "Start again and it goes on" in said
