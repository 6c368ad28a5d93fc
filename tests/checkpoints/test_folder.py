from __future__ import annotations

import hashlib
import json
import re

import pytest
import torch

import engine
from engine.checkpoints import (
    NonFiniteError,
    SamplesTooLargeError,
    half_precision,
    read_card,
    weights_hash,
    write_checkpoint,
)
from engine.checkpoints.examples import Examples
from engine.interfaces import Axis
from engine.training import Network
from engine.training.recipe import from_json, to_json
from tests.checkpoints.small import METRICS, SMALL, TRAINING, examples_of, recipe


@pytest.mark.parametrize("name", SMALL)
def test_what_is_written_is_what_is_loaded(make, name):
    folder, model = make(name)
    loaded = engine.load(name, device="cpu")
    examples, axes = examples_of(model)
    assert (loaded.id, loaded.title, loaded.dataset) == (name, f"Small {name}", name.partition("/")[0])
    assert loaded.card.folder == folder
    assert not loaded.training
    assert loaded.space == model.space
    if hasattr(model, "probabilities"):
        torch.testing.assert_close(loaded.probabilities(examples.x), model.probabilities(examples.x), rtol=0, atol=0)
        return
    assert loaded.axes == axes
    assert loaded.layout == model.layout
    z = loaded.examples.codes
    torch.testing.assert_close(z, examples.codes, rtol=0, atol=0)
    torch.testing.assert_close(loaded.decode(z), model.decode(z), rtol=0, atol=0)
    if hasattr(model, "encode"):
        torch.testing.assert_close(loaded.encode(examples.x), model.encode(examples.x), rtol=0, atol=0)


def test_the_config_says_how_the_model_was_made(make):
    folder, model = make("sinelines/vae")
    config = json.loads((folder / "config.json").read_text())
    assert config["format"] == 1
    assert config["network"] == {"name": "dense", "options": {"num_latents": 3, "hidden": 8}}
    assert config["kind"] == "latent"
    assert config["prior"] == "normal"
    assert config["space"] == {"kind": "series", "shape": [64], "grid": [-3.2, 3.1], "limits": [-10.0, 9.0]}
    assert config["layout"] == [{"name": "latent", "size": 3, "kind": "continuous"}]
    assert config["parameters"] == sum(p.numel() for p in model.parameters())
    assert config["weights"]["dtype"] == "float32"
    assert config["weights"]["sha256"] == hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    assert config["weights"]["sha256"] == weights_hash(folder)
    assert config["examples"]["count"] == 16
    assert config["seeds"] == [0]
    assert config["training"] == TRAINING
    assert {"python", "torch", "safetensors"} <= config["versions"].keys()
    assert to_json(from_json(config["recipe"])) == to_json(recipe("sinelines/vae"))


def test_nothing_in_a_folder_names_an_import_path_or_a_place(make, root):
    folder, _ = make("mnist/ss5")
    for name in ("config.json", "metrics.json", "README.md"):
        text = (folder / name).read_text()
        assert not re.search(r"engine\.(models|training|objectives)", text)
        assert str(root) not in text


def test_metrics_are_kept_as_given(make):
    make("sinelines/vae")
    assert engine.load("sinelines/vae", device="cpu").card.metrics == METRICS


def test_the_files_of_a_folder_are_listed(make, tmp_path):
    log = tmp_path / "run" / "log.csv"
    log.parent.mkdir()
    log.write_text("step,time,loss\n100,1.5,3.25\n")
    folder, _ = make("mnist/ss5", log=log)
    assert (folder / "log.csv").read_text() == log.read_text()
    there = {path.name for path in folder.iterdir()}
    assert there == {*json.loads((folder / "config.json").read_text())["files"], "config.json"}
    assert {"README.md", "reconstructions.png", "traversal.png", "log.csv", "metrics.json"} < there


@pytest.mark.parametrize("name", ["mnist/ss5", "sinelines/vae"])
def test_half_precision_is_stored_small_and_loaded_as_float32(make, name):
    whole = (make(name)[0] / "model.safetensors").stat().st_size
    folder, model = make(name, half=True)
    loaded = engine.load(name, device="cpu")
    assert {p.dtype for p in loaded.parameters()} == {torch.float32}
    assert (folder / "model.safetensors").stat().st_size < 0.75 * whole
    assert loaded.card.config["weights"]["dtype"] == "float16"
    z = loaded.examples.codes
    torch.testing.assert_close(loaded.decode(z), half_precision(model).decode(z), rtol=0, atol=0)
    torch.testing.assert_close(loaded.decode(z), model.decode(z), rtol=0.02, atol=0.02)


def test_a_generator_can_be_shipped_without_its_discriminator(make):
    whole = make("mnist/ig5")[0]
    size = (whole / "model.safetensors").stat().st_size
    network = Network("info-gan-28", {"width": 2, "hidden": 8, "discriminator": False})
    folder, model = make("mnist/ig5", network=network)
    loaded = engine.load("mnist/ig5", device="cpu")
    torch.testing.assert_close(loaded.decode(loaded.examples.codes), model.decode(loaded.examples.codes))
    assert (folder / "model.safetensors").stat().st_size < 0.8 * size
    assert loaded.card.config["weights"]["left_out"] == ["q_head", "realness", "trunk"]
    assert loaded.card.config["network"]["options"]["discriminator"] is False
    assert loaded.card.config["recipe"]["network"]["options"] == {"width": 2, "hidden": 8}


def test_a_network_that_is_not_the_models_is_refused(make):
    with pytest.raises(
        ValueError, match=r"not those of the network dense.*encoder.2.weight.*differ. Pass the network they"
    ):
        make("sinelines/vae", network=Network("dense", {"num_latents": 3, "hidden": 9}))


def test_a_later_checkpoint_takes_the_place_of_an_earlier_one(make):
    make("sinelines/vae", seed=1)
    folder, model = make("sinelines/vae", seed=2)
    loaded = engine.load("sinelines/vae", device="cpu")
    torch.testing.assert_close(loaded.network.state_dict(), model.state_dict())
    assert [path.name for path in folder.parent.iterdir()] == ["vae"]


def test_diverged_weights_are_not_written(root):
    row = recipe("sinelines/vae")
    model = row.network.build(seed=0).eval()
    examples, axes = examples_of(model)
    with torch.no_grad():
        model.decoder[0].weight[0, 0] = float("nan")
    arguments = {"recipe": row, "axes": axes, "examples": examples, "metrics": {}, "training": {}}
    with pytest.raises(NonFiniteError, match=r"NaN or infinity in decoder\.0\.weight"):
        write_checkpoint(root, model, **arguments)
    with torch.no_grad():
        model.decoder[0].weight[0, 0] = 1e6
    with pytest.raises(NonFiniteError, match="too large for float16"):
        write_checkpoint(root, model, **arguments, half=True)
    write_checkpoint(root, model, **arguments)


def test_metrics_that_are_not_numbers_are_not_written(make, root):
    with pytest.raises(ValueError, match="not JSON compliant"):
        make("sinelines/vae", metrics={"mse": {"value": float("nan")}})
    assert not (root / "sinelines" / "vae").exists()


def test_too_many_examples_are_refused(root):
    row = recipe("dsprites/vae")
    model = row.network.build(seed=0).eval()
    examples = Examples(x=torch.rand(300, 1, 64, 64), codes=torch.zeros(300, 2))
    with pytest.raises(
        SamplesTooLargeError, match=r"may have 1,048,576; keep fewer than the 300 examples \(about 25\d"
    ):
        write_checkpoint(root, model, recipe=row, axes=(), examples=examples, metrics={}, training={})


def test_needs_are_those_of_the_recipe(make):
    with pytest.raises(ValueError, match=r"stands on \['mnist/digits'\]; got the hashes of \[\]"):
        row = recipe("sinelines/vae", needs=("mnist/digits",))
        model = row.network.build(seed=0)
        examples, axes = examples_of(model)
        write_checkpoint("unused", model, recipe=row, axes=axes, examples=examples, metrics={}, training={})


def test_a_card_without_metrics_can_be_read(make):
    folder, _ = make("sinelines/vae")
    (folder / "metrics.json").unlink()
    assert read_card(folder).metrics == {}


def test_axes_survive_the_way_through_json(make):
    make("mnist/ss5")
    axes = engine.load("mnist/ss5", device="cpu").axes
    assert all(isinstance(axis, Axis) for axis in axes)
    category = next(axis for axis in axes if axis.kind == "category")
    assert category.options == tuple("0123456789")
    assert hash(axes)


def test_a_full_disk_leaves_the_older_folder(make, monkeypatch):
    folder, _ = make("sinelines/vae", seed=1)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    write = type(folder).write_bytes

    def full(path, data):
        if path.name == "model.safetensors":
            raise OSError(28, "No space left on device")
        return write(path, data)

    monkeypatch.setattr(type(folder), "write_bytes", full)
    with pytest.raises(OSError, match=r"could not be written .*No space left.* what was there before is kept"):
        make("sinelines/vae", seed=2)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert [path.name for path in folder.parent.iterdir()] == ["vae"]
