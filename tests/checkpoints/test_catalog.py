from __future__ import annotations

import json

import pytest

import engine
from tests.checkpoints.small import METRICS, SMALL


def test_an_empty_catalogue(root):
    assert engine.catalog() == ()
    root.mkdir()
    (root / "file").touch()
    assert engine.catalog() == ()


def test_everything_is_listed_in_the_order_of_the_recipes(make):
    for name in SMALL:
        make(name)
    ids = [entry.id for entry in engine.catalog()]
    assert set(ids) == set(SMALL)
    assert ids.index("dsprites/vae") < ids.index("sinelines/ae") < ids.index("mnist/ig5") < ids.index("mnist/half")


def test_a_line_of_the_catalogue(make):
    folder, model = make("mnist/ss5")
    (entry,) = engine.catalog()
    assert (entry.id, entry.title, entry.dataset, entry.kind, entry.preset) == (
        "mnist/ss5", "Small mnist/ss5", "mnist", "latent", "starter",
    )  # fmt: skip
    assert entry.latents == 12
    assert entry.parameters == sum(p.numel() for p in model.parameters())
    assert entry.bytes == sum(path.stat().st_size for path in folder.iterdir())
    assert entry.metrics == {"mse": METRICS["mse"]}
    assert entry.folder == folder
    assert entry.error == ""


@pytest.mark.parametrize(("name", "kind"), [("mnist/digits", "classifier"), ("sinelines/gt", "formula")])
def test_kinds(make, name, kind):
    make(name, metrics={})
    (entry,) = engine.catalog()
    assert entry.kind == kind
    assert entry.metrics == {}


def test_no_weights_are_read(make, monkeypatch):
    folder, _ = make()
    for name in ("model.safetensors", "samples.safetensors"):
        (folder / name).write_bytes(b"not weights")
    monkeypatch.setattr("engine.checkpoints.weights.read_bytes", lambda path: pytest.fail("weights were read"))
    (entry,) = engine.catalog()
    assert entry.error == ""


@pytest.mark.parametrize(
    ("damage", "text"),
    [
        (lambda folder: (folder / "config.json").write_text("{"), "config.json is damaged"),
        (lambda folder: (folder / "metrics.json").write_text("{"), "metrics.json is damaged"),
        (lambda folder: (folder / "metrics.json").write_text('{"mse": 3}'), "an object for each metric; found mse = 3"),
        (lambda folder: (folder / "model.safetensors").unlink(), r"lacks model\.safetensors"),
        (lambda folder: rewrite(folder, format=9), "Update the program"),
        (lambda folder: rewrite(folder, layout=[3]), "should have a list of parts with name and size as layout"),
    ],
)
def test_a_damaged_entry_is_listed_with_its_error(make, damage, text):
    make("sinelines/ae")
    folder, _ = make("sinelines/vae")
    damage(folder)
    sound, damaged = engine.catalog()
    assert sound.error == ""
    assert damaged.id == "sinelines/vae"
    assert damaged.dataset == "sinelines"
    with pytest.raises(AssertionError, match=text):
        raise AssertionError(damaged.error)


def rewrite(folder, **changes):
    config = json.loads((folder / "config.json").read_text()) | changes
    (folder / "config.json").write_text(json.dumps(config))


def test_what_a_killed_writer_left_is_not_listed(make, root):
    folder, _ = make()
    folder.rename(folder.with_name(".vae.12345678.partial"))
    assert engine.catalog() == ()


def test_users_add_folders(make, tmp_path):
    make("sinelines/vae")
    make("sinelines/ae", to=tmp_path / "mine")
    assert [entry.id for entry in engine.catalog(folders=[tmp_path / "mine"])] == ["sinelines/ae", "sinelines/vae"]
