from __future__ import annotations

import pytest
from typer.testing import CliRunner

import engine
from engine.checkpoints import closure, copy_checkpoints, weights_hash, write_checkpoint
from scripts.export import app
from tests.checkpoints.small import METRICS, TRAINING, examples_of, recipe

RUNNER = CliRunner(env={"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"})


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("LATENT_EXPLORER_CHECKPOINTS", str(tmp_path / "checkpoints"))
    digits = write(tmp_path / "checkpoints", "mnist/digits")
    write(tmp_path / "checkpoints", "mnist/ss5", needs={"mnist/digits": weights_hash(digits)})
    write(tmp_path / "checkpoints", "sinelines/vae")
    return tmp_path / "checkpoints"


def write(root, name, *, seed=3, needs=None):
    row = recipe(name, needs=tuple(needs or ()))
    model = row.network.build(seed=seed).eval()
    examples, axes = examples_of(model)
    return write_checkpoint(
        root, model, recipe=row, axes=axes, examples=examples, metrics=METRICS, training=TRAINING, needs=needs or {}
    )


def run(*arguments):
    outcome = RUNNER.invoke(app, [str(argument) for argument in arguments])
    return outcome.exit_code, " ".join(outcome.output.split())


def test_everything_is_copied(root, tmp_path):
    code, text = run("--folder", tmp_path / "out")
    assert (code, text.endswith(f"Copied 3 checkpoints to {tmp_path / 'out'}.")) == (0, True)
    for folder in closure().values():
        copy = tmp_path / "out" / folder.relative_to(root)
        assert {p.name: p.read_bytes() for p in copy.iterdir()} == {p.name: p.read_bytes() for p in folder.iterdir()}


def test_a_copy_brings_what_it_stands_on(root, tmp_path, monkeypatch):
    code, _ = run("mnist/s*", "--folder", tmp_path / "out")
    assert code == 0
    assert sorted(p.name for p in (tmp_path / "out").glob("*/*")) == ["digits", "ss5"]
    monkeypatch.setenv("LATENT_EXPLORER_CHECKPOINTS", str(tmp_path / "out"))
    assert engine.load("mnist/ss5").id == "mnist/ss5"


def test_what_is_stood_on_comes_first(root):
    assert list(closure(["mnist/ss5"])) == ["mnist/digits", "mnist/ss5"]
    assert list(closure(["sinelines/vae"])) == ["sinelines/vae"]


def test_a_dry_run_copies_nothing(root, tmp_path):
    code, text = run("mnist/ss5", "--folder", tmp_path / "out", "--dry-run")
    assert code == 0
    assert "mnist/digits" in text
    assert not (tmp_path / "out").exists()


def test_checkpoints_of_other_folders(root, tmp_path):
    write(tmp_path / "mine", "sinelines/ae")
    code, _ = run("sinelines/ae", "--source", tmp_path / "mine", "--folder", tmp_path / "out")
    assert code == 0
    assert (tmp_path / "out" / "sinelines" / "ae" / "config.json").is_file()


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        ((), 2, "Say where to: --folder DIR, --hub OWNER/REPO, or both"),
        (("--hub", "zoo"), 2, "--hub takes OWNER/REPO; got 'zoo'."),
        (("--private", "--folder", "unused"), 2, "--private and --revision belong to --hub"),
        (("mnist/ss6", "--dry-run"), 1, "No checkpoint 'mnist/ss6'; choose one of ['mnist/ss5'"),
    ],
)
def test_a_wrong_call_says_what_is_wrong(root, arguments, code, text):
    found, output = run(*arguments)
    assert found == code
    assert text in output


def test_a_missing_need_stops_the_export(root, tmp_path):
    (root / "mnist" / "digits").rename(tmp_path / "gone")
    code, text = run("mnist/ss5", "--folder", tmp_path / "out")
    assert code == 1
    assert "mnist/ss5 stands on mnist/digits, which is not there" in text


def test_another_need_stops_the_export(root, tmp_path):
    write(root, "mnist/digits", seed=4)
    code, text = run("mnist/ss5", "--folder", tmp_path / "out")
    assert code == 1
    assert "made with other weights of mnist/digits" in text


def test_damaged_weights_are_not_passed_on(root, tmp_path):
    path = root / "sinelines" / "vae" / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    code, text = run("sinelines/vae", "--folder", tmp_path / "out")
    assert code == 1
    assert "is not the file its config was written for" in text


def test_a_folder_is_not_copied_onto_itself(root):
    code, text = run("sinelines/vae", "--folder", root)
    assert code == 1
    assert "is where sinelines/vae comes from" in text
    assert engine.load("sinelines/vae").id == "sinelines/vae"


def test_a_copy_replaces_an_older_one(root, tmp_path):
    copy_checkpoints(closure(["sinelines/vae"]), tmp_path / "out")
    write(root, "sinelines/vae", seed=5)
    copy_checkpoints(closure(["sinelines/vae"]), tmp_path / "out")
    assert weights_hash(tmp_path / "out" / "sinelines" / "vae") == weights_hash(root / "sinelines" / "vae")
