from __future__ import annotations

import pytest
from typer.testing import CliRunner

import engine
from scripts.import_model import app
from tests.checkpoints import tfjs_files as tf

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
