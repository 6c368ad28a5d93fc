from __future__ import annotations

import json
import os
import shutil

import pytest
import torch

import engine
from engine.checkpoints import (
    ConfigError,
    CorruptError,
    DeviceError,
    MissingCheckpointError,
    NeedsError,
    NewerFormatError,
    choose_device,
    closure,
    weights_hash,
)


@pytest.fixture
def edit(make):
    """Writes a checkpoint and changes its config by a function."""

    def run(change, name="sinelines/vae"):
        folder, _ = make(name)
        config = json.loads((folder / "config.json").read_text())
        change(config)
        (folder / "config.json").write_text(json.dumps(config))
        return folder

    return run


def test_a_config_from_a_newer_format(edit):
    edit(lambda config: config.update(format=2))
    with pytest.raises(NewerFormatError, match="has format 2; this program reads up to 1. Update the program"):
        engine.load("sinelines/vae")


@pytest.mark.parametrize("version", [None, "1", 0, True])
def test_a_config_of_something_else(edit, version):
    edit(lambda config: config.update(format=version))
    with pytest.raises(ConfigError, match="has no format version"):
        engine.load("sinelines/vae")


def test_a_config_that_lacks_a_field(edit):
    edit(lambda config: config.pop("network"))
    with pytest.raises(ConfigError, match="lacks network"):
        engine.load("sinelines/vae")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weights": None}, "should have an object as weights; found None"),
        ({"weights": "abc"}, "should have an object as weights; found 'abc'"),
        ({"weights": {}}, r"lacks weights\.sha256"),
        ({"weights": {"sha256": 5}}, r"should have a text as weights\.sha256; found 5"),
        ({"needs": ["mnist/digits"]}, r"should have an object of hashes by id as needs; found \['mnist/digits'\]"),
        ({"needs": {"mnist/digits": 3}}, "should have an object of hashes by id as needs"),
        ({"network": None}, "should have an object as network; found None"),
        ({"network": {"name": "dense", "options": []}}, r"should have an object as network\.options; found \[\]"),
        ({"examples": []}, r"should have an object as examples; found \[\]"),
        ({"examples": {"sha256": None}}, r"should have a text as examples\.sha256; found None"),
        ({"kind": "classifier"}, "has kind 'classifier', which its network 'dense' is not"),
        ({"kind": ["latent"]}, r"should have one of latent, formula, classifier as kind; found \['latent'\]"),
        ({"id": 7}, "should have a text as id; found 7"),
        ({"parameters": -1}, "should have a whole number as parameters; found -1"),
        ({"layout": [3]}, r"should have a list of parts with name and size as layout; found \[3\]"),
        ({"layout": None, "axes": "all"}, "should have a list of parts"),
        ({"axes": {"a": 1}}, "should have a list of objects as axes"),
        ({"training": "x" * 200}, r"as training; found 'xx.*\.\.\.\."),
    ],
)
def test_a_field_of_another_type_is_named_and_listed(edit, change, message):
    edit(lambda config: config.update(change))
    with pytest.raises(ConfigError, match=message) as caught:
        engine.load("sinelines/vae", device="cpu")
    (entry,) = engine.catalog()
    assert (entry.id, entry.kind, entry.error) == ("sinelines/vae", "damaged", str(caught.value))


def test_a_layout_of_another_size_is_said(edit):
    edit(lambda config: config["layout"].append({"name": "more", "size": 2, "kind": "continuous"}))
    with pytest.raises(ConfigError, match="has a layout of 5 entries; its network takes 3"):
        engine.load("sinelines/vae", device="cpu")


def test_a_copied_folder_is_not_taken_for_another_model(make, root):
    folder, _ = make("sinelines/vae")
    shutil.copytree(folder, root / "sinelines" / "copy")
    message = "is the config of 'sinelines/vae' and lies in the place of 'sinelines/copy': rename the folder"
    for ref in ("sinelines/copy", root / "sinelines" / "copy"):
        with pytest.raises(ConfigError, match=message):
            engine.load(ref, device="cpu")
    with pytest.raises(ConfigError, match=message):
        closure(["sinelines/copy"])
    errors = {entry.id: entry.error for entry in engine.catalog()}
    assert errors["sinelines/vae"] == "" and message in errors["sinelines/copy"]


@pytest.mark.parametrize("name", ["mnist/half+steps=100", "mnist/half+optimiser.lr=0.001+seed=2"])
def test_a_varied_recipe_is_loaded_by_its_id(make, name):
    make(name)
    assert engine.load(name, device="cpu").id == name
    with pytest.raises(MissingCheckpointError, match="No checkpoint 'owner/half"):
        engine.load(name.replace("mnist", "owner"))


@pytest.mark.parametrize("content", ["", "{", "[1]", "3"])
def test_a_damaged_config(make, content):
    folder, _ = make()
    (folder / "config.json").write_text(content)
    with pytest.raises(CorruptError, match=r"config\.json is damaged"):
        engine.load("sinelines/vae")


def test_an_unknown_network_lists_its_neighbours(edit):
    edit(lambda config: config["network"].update(name="densé"))
    with pytest.raises(ConfigError, match=r"cannot be built: No network 'densé'; did you mean 'dense'"):
        engine.load("sinelines/vae")


@pytest.mark.parametrize("options", [{"depth": 3}, {"hidden": -1}, {"hidden": "many"}])
def test_an_unknown_option(edit, options):
    edit(lambda config: config["network"]["options"].update(options))
    with pytest.raises(ConfigError, match="Dense does not take"):
        engine.load("sinelines/vae")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"low": None}, "has low = None"),
        ({"high": float("nan")}, "has high = nan"),
        ({"indices": []}, r"has indices = \(\)"),
        ({"indices": [3]}, r"has indices = \(3,\)"),
        ({"indices": 0}, "has indices = 0"),
        ({"kind": "slider"}, "has kind = 'slider'"),
        ({"kind": "category", "center": 0.0}, r"has options = \(\)"),
        ({"kind": "category", "options": ["a"], "center": 4.0}, "has center = 4.0"),
        ({"name": 3}, "3 has name = 3"),
        ({"direction": "up"}, "has direction = 'up'"),
    ],
)
def test_an_axis_that_cannot_be_moved_is_named(edit, change, message):
    edit(lambda config: config["axes"][0].update(change))
    with pytest.raises(ConfigError, match=f"sinelines/vae lists axes that cannot be read .*{message}"):
        engine.load("sinelines/vae", device="cpu")


def test_axes_that_cannot_be_read(edit):
    edit(lambda config: config["axes"][0].pop("low"))
    with pytest.raises(ConfigError, match=r"lists axes that cannot be read .*low"):
        engine.load("sinelines/vae")


def test_examples_without_codes(make):
    folder, _ = make("mnist/digits")
    config = json.loads((folder / "config.json").read_text())
    config |= {"kind": "latent", "network": {"name": "factor-vae-28", "options": {}}}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(engine.checkpoints.TensorNamesError):
        engine.load("mnist/digits")


def test_a_checkpoint_without_examples(make):
    folder, _ = make()
    (folder / "samples.safetensors").unlink()
    with pytest.raises(CorruptError, match=r"has no samples\.safetensors"):
        engine.load("sinelines/vae")


def test_examples_of_another_checkpoint(make):
    folder, _ = make("sinelines/vae")
    other, _ = make("sinelines/ae")
    (folder / "samples.safetensors").write_bytes((other / "samples.safetensors").read_bytes())
    with pytest.raises(CorruptError, match=r"samples\.safetensors is not the file its config was written for"):
        engine.load("sinelines/vae")


def test_what_a_checkpoint_stands_on_has_to_be_there(make):
    digits, _ = make("mnist/digits")
    make("mnist/ss5", needs={"mnist/digits": weights_hash(digits)})
    engine.load("mnist/ss5")
    digits.rename(digits.with_name("gone"))
    with pytest.raises(NeedsError, match=r"mnist/ss5 stands on mnist/digits, which is not beside it"):
        engine.load("mnist/ss5")


def test_what_a_checkpoint_stands_on_has_to_have_its_weights(make):
    digits, _ = make("mnist/digits", seed=1)
    make("mnist/ss5", needs={"mnist/digits": weights_hash(digits)})
    make("mnist/digits", seed=2)
    with pytest.raises(NeedsError, match=r"was made with weights .* of mnist/digits, and .* has"):
        engine.load("mnist/ss5")


def test_a_folder_takes_what_it_needs_from_beside_it(make, tmp_path, monkeypatch):
    digits, _ = make("mnist/digits", to=tmp_path / "elsewhere")
    folder, _ = make("mnist/ss5", to=tmp_path / "elsewhere", needs={"mnist/digits": weights_hash(digits)})
    assert engine.load(folder).id == "mnist/ss5"


@pytest.mark.parametrize("device", ["gpu", "cuda:x", "cuda:99"])
def test_a_device_that_is_not_there_is_said_before_anything_is_read(device):
    with pytest.raises(DeviceError, match=f"evice '{device}'.*(use auto, cpu|sees)"):
        engine.load("mnist/none", device=device)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_no_gpu_is_said():
    with pytest.raises(DeviceError, match="Device 'cuda' asks for a GPU and torch sees none here; use cpu, or auto"):
        choose_device("cuda")


@pytest.mark.parametrize("device", ["cpu", "auto"])
def test_devices(make, device):
    make()
    assert engine.load("sinelines/vae", device=device).device.type in ("cpu", "cuda")


# references


def test_references_to_folders(make, tmp_path, monkeypatch):
    folder, _ = make("sinelines/vae", to=tmp_path / "mine")
    monkeypatch.chdir(tmp_path)
    for ref in (
        folder,
        str(folder),
        "./mine/sinelines/vae",
        "mine/sinelines/vae",
        "../" + tmp_path.name + "/mine/sinelines/vae",
    ):
        assert engine.load(ref).id == "sinelines/vae"


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(MissingCheckpointError, match="nothing does not exist"):
        engine.load(tmp_path / "nothing")


def test_a_folder_of_checkpoints_says_which(make, root):
    make("sinelines/vae")
    with pytest.raises(
        MissingCheckpointError, match=r"has no config\.json.*contains the checkpoints \['sinelines/vae'\]"
    ):
        engine.load(root)


def test_an_unknown_name_of_a_known_data_set_lists_its_neighbours(make):
    make("mnist/ss5")
    make("mnist/digits")
    with pytest.raises(MissingCheckpointError, match=r"No checkpoint 'mnist/ss4'; did you mean 'mnist/ss5'"):
        engine.load("mnist/ss4")


@pytest.mark.parametrize("ref", ["nonsense", "a b/c", "owner/../x", "owner/.hidden", "", "@x"])
def test_what_is_no_reference_is_no_reference(make, ref):
    make()
    with pytest.raises(MissingCheckpointError, match="No checkpoint .*A folder or a Hub repository"):
        engine.load(ref)


def test_names_cannot_lead_out_of_the_catalogue(make, tmp_path):
    make("sinelines/vae", to=tmp_path / "other")
    with pytest.raises(MissingCheckpointError):
        engine.load("sinelines/../../other/sinelines/vae")


def test_further_folders_come_after_the_catalogue(make, tmp_path):
    make("sinelines/vae", seed=1)
    mine, _ = make("sinelines/vae", seed=2, to=tmp_path / "mine")
    other, _ = make("sinelines/ae", to=tmp_path / "mine")
    assert engine.load("sinelines/vae", folders=[tmp_path / "mine"]).card.folder != mine
    assert engine.load("sinelines/ae", folders=[tmp_path / "mine"]).card.folder == other


def test_several_folders_can_be_the_catalogue(make, tmp_path, monkeypatch):
    make("sinelines/vae")
    make("sinelines/ae", to=tmp_path / "mine")
    both = os.pathsep.join([os.environ["LATENT_EXPLORER_CHECKPOINTS"], str(tmp_path / "mine")])
    monkeypatch.setenv("LATENT_EXPLORER_CHECKPOINTS", both)
    assert {entry.id for entry in engine.catalog()} == {"sinelines/vae", "sinelines/ae"}
    assert engine.load("sinelines/ae").id == "sinelines/ae"


def test_the_public_face_is_small():
    assert engine.__all__ == ["catalog", "load"]
    with pytest.raises(AttributeError, match="has no attribute 'laod'"):
        engine.laod  # noqa: B018
