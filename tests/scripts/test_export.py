from __future__ import annotations

import pytest
from typer.testing import CliRunner

import engine
from engine.checkpoints import closure, weights_hash, write_checkpoint
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
        (("--hub", "owner/zoo", "--replace"), 2, "--replace belongs to --folder DIR."),
        (("--private", "--folder", "unused"), 2, "--private and --revision belong to --hub"),
        (("mnist/ss6", "--dry-run"), 1, "No checkpoint 'mnist/ss6'; did you mean 'mnist/ss5'"),
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


def test_a_copy_replaces_an_older_one_only_when_that_is_asked_for(root, tmp_path):
    run("--folder", tmp_path / "out")
    older = weights_hash(tmp_path / "out" / "sinelines" / "vae")
    write(root, "sinelines/vae", seed=5)
    write(root, "mnist/tc5")
    code, text = run("--folder", tmp_path / "out")
    assert code == 1
    assert f"{tmp_path / 'out' / 'sinelines' / 'vae'} holds another sinelines/vae; choose another folder" in text
    assert weights_hash(tmp_path / "out" / "sinelines" / "vae") == older
    assert not (tmp_path / "out" / "mnist" / "tc5").exists()  # all is looked at before anything is written
    assert run("--folder", tmp_path / "out", "--replace")[0] == 0
    assert weights_hash(tmp_path / "out" / "sinelines" / "vae") == weights_hash(root / "sinelines" / "vae")


def test_copies_join_what_is_there(root, tmp_path):
    (tmp_path / "out" / "mnist").mkdir(parents=True)
    (tmp_path / "out" / "mnist" / "notes.txt").write_text("mine")
    for name in ("mnist/digits", "mnist/ss5", "sinelines/vae"):
        assert run(name, "--folder", tmp_path / "out")[0] == 0  # ss5 brings digits, which is there already
    assert sorted(p.name for p in (tmp_path / "out").glob("*/*")) == ["digits", "notes.txt", "ss5", "vae"]


def test_what_is_no_checkpoint_is_never_replaced(root, tmp_path):
    work = tmp_path / "out" / "sinelines" / "vae"
    work.mkdir(parents=True)
    (work / "thesis.tex").write_text("years of it")
    for more in ((), ("--replace",)):
        code, text = run("sinelines/vae", "--folder", tmp_path / "out", *more)
        assert code == 1
        assert "is there and is no checkpoint; move it away" in text
    assert [path.name for path in work.iterdir()] == ["thesis.tex"]
