from __future__ import annotations

import json

import pytest
import torch
from torchvision import models
from typer.testing import CliRunner

import engine
from scripts.import_model import app
from tests.checkpoints import tfjs_files as tf
from tests.checkpoints.stylegan2_pickle import writer

RUNNER = CliRunner(env={"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"})


@pytest.fixture
def source(tmp_path):
    tensors = tf.draw(tf.sinelines(hidden=16))
    return tf.write(tmp_path / "vae", tensors, tf.config(values=64, latents=5))


def test_a_study_decoder_becomes_a_checkpoint(source, tmp_path):
    outcome = RUNNER.invoke(app, ["tfjs", str(source), "--out", str(tmp_path / "out"), "--names", "a, b,c,d,e"])
    assert outcome.exit_code == 0, outcome.output
    folder = tmp_path / "out" / "sinelines" / "vae-study"
    assert str(folder) in outcome.output.replace("\n", "")
    assert {axis.name for axis in engine.load(folder).axes} == set("abcde")


def test_a_name_can_be_given(source, tmp_path):
    outcome = RUNNER.invoke(app, ["tfjs", str(source), "--out", str(tmp_path / "out"), "--id", "sinelines/theirs"])
    assert outcome.exit_code == 0, outcome.output
    assert (tmp_path / "out" / "sinelines" / "theirs" / "config.json").is_file()


@pytest.mark.parametrize("name", ["foo", "../../x/y", "sinelines/../y", "sinelines/", "nothing/y", "sinelines/a/b", ""])
def test_a_name_the_catalogue_could_not_find_is_refused(source, tmp_path, name):
    outcome = RUNNER.invoke(app, ["tfjs", str(source), "--out", str(tmp_path / "a" / "b" / "out"), "--id", name])
    assert outcome.exit_code == 1
    assert "is <data set>/<name>, such as mnist/mine" in " ".join(outcome.output.split())
    assert not (tmp_path / "a").exists() and not (tmp_path / "x").exists()


def test_files_that_are_not_there(source, tmp_path):
    (source / "config.json").unlink()
    outcome = RUNNER.invoke(app, ["tfjs", str(source), "--out", str(tmp_path / "out")])
    assert outcome.exit_code == 1
    assert "has no config.json" in outcome.output
    assert not (tmp_path / "out").exists()


def test_wrong_number_of_names(source, tmp_path):
    outcome = RUNNER.invoke(app, ["tfjs", str(source), "--out", str(tmp_path / "out"), "--names", "a,b"])
    assert outcome.exit_code == 1
    assert "5 latents; got the names ['a', 'b']" in outcome.output


def test_a_classifier_and_its_small_config_become_a_checkpoint(tmp_path):
    name, source = "shufflenet_v2_x0_5", tmp_path / "pets"
    source.mkdir()
    torch.save(models.get_model(name, weights=None, num_classes=2).state_dict(), source / "mine.pt")
    config = {"architecture": name, "classes": ["cat", "dog"], "input_size": [3, 64, 64], "weights": "mine.pt"}
    (source / "config.json").write_text(json.dumps(config))
    outcome = RUNNER.invoke(app, ["classifier", str(source), "--out", str(tmp_path / "out")])
    assert outcome.exit_code == 0, outcome.output
    folder = tmp_path / "out" / "folder" / "pets"
    assert f"Wrote {folder}" in outcome.output.replace("\n", "")
    assert engine.load(folder, device="cpu").classes == ("cat", "dog")


def test_an_official_stylegan2_pickle_becomes_a_checkpoint(tmp_path):
    (tmp_path / "digits.pkl").write_bytes(writer.written(writer.snapshot(size=8, colours=1)))
    arguments = ["stylegan2", str(tmp_path / "digits.pkl"), "--out", str(tmp_path / "out")]
    outcome = RUNNER.invoke(app, [*arguments, "--id", "mnist/theirs", "--psi", "0.5", "--no-discriminator"])
    assert outcome.exit_code == 0, outcome.output
    folder = tmp_path / "out" / "mnist" / "theirs"
    assert f"Wrote {folder}" in outcome.output.replace("\n", "")
    model = engine.load(folder, device="cpu")
    assert model.decode(model.sample(2, generator=torch.Generator().manual_seed(0))).shape == (2, 1, 8, 8)
    assert (model.network.psi, hasattr(model.network, "discriminator")) == (0.5, False)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["stylegan2", "none.pkl"], "has no none.pkl"),
        (["stylegan2", "none.pkl", "--psi", "2"], "psi should be from 0 (the mean picture) to 1 (none); got 2.0"),
        (["fairface", "none.pt"], "has no none.pt"),
        (["fairface", "none.pt", "--readout", "height"], "No readout 'height'; choose one of"),
        (["fairface", "none.pt", "--id", "faces/gender"], "is <data set>/<name>, such as mnist/mine"),
        (["classifier", "./none"], "The folder none does not exist"),
        (["classifier", "none"], "optionally @revision) would do as well"),
    ],
)
def test_what_cannot_be_imported_is_said_and_nothing_written(tmp_path, monkeypatch, arguments, text):
    monkeypatch.chdir(tmp_path)
    outcome = RUNNER.invoke(app, [*arguments, "--out", str(tmp_path / "out")])
    assert outcome.exit_code == 1
    assert text in " ".join(outcome.output.split())
    assert not (tmp_path / "out").exists()


def test_a_whole_pickled_model_is_refused(tmp_path):
    torch.save(torch.nn.Linear(2, 18), tmp_path / "model.pt")
    outcome = RUNNER.invoke(app, ["fairface", str(tmp_path / "model.pt"), "--out", str(tmp_path / "out")])
    assert outcome.exit_code == 1
    assert "None of it was run. Save the weights alone where you trust it" in " ".join(outcome.output.split())
