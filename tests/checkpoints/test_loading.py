from __future__ import annotations

import json
import os

import pytest

import engine
from engine.checkpoints import (
    ConfigError,
    CorruptError,
    MissingCheckpointError,
    NeedsError,
    NewerFormatError,
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


@pytest.mark.parametrize("version", [None, "1", 0])
def test_a_config_of_something_else(edit, version):
    edit(lambda config: config.update(format=version))
    with pytest.raises(ConfigError, match="has no format version"):
        engine.load("sinelines/vae")


def test_a_config_that_lacks_a_field(edit):
    edit(lambda config: config.pop("network"))
    with pytest.raises(ConfigError, match="lacks network"):
        engine.load("sinelines/vae")


@pytest.mark.parametrize("content", ["", "{", "[1]", "3"])
def test_a_damaged_config(make, content):
    folder, _ = make()
    (folder / "config.json").write_text(content)
    with pytest.raises(CorruptError, match=r"config\.json is damaged"):
        engine.load("sinelines/vae")


def test_an_unknown_network_lists_its_neighbours(edit):
    edit(lambda config: config["network"].update(name="densé"))
    with pytest.raises(ConfigError, match=r"cannot be built: No network 'densé'; choose one of \['dense'"):
        engine.load("sinelines/vae")


@pytest.mark.parametrize("options", [{"depth": 3}, {"hidden": -1}, {"hidden": "many"}])
def test_an_unknown_option(edit, options):
    edit(lambda config: config["network"]["options"].update(options))
    with pytest.raises(ConfigError, match="Dense does not take"):
        engine.load("sinelines/vae")


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
    with pytest.raises(MissingCheckpointError, match=r"No checkpoint 'mnist/ss4'; choose one of \['mnist/ss5'"):
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
