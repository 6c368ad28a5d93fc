from __future__ import annotations

import json

import pytest
import safetensors.torch
import torch
from torchvision import models

import engine
from engine.checkpoints import (
    ConfigError,
    CorruptError,
    LoadedClassifier,
    PickleInDisguiseError,
    TensorNamesError,
    TensorShapesError,
    import_classifier,
)
from engine.checkpoints.config_fields import check_fields
from engine.checkpoints.foreign_config import network_of
from engine.models.normalise_pictures import IMAGENET_MEAN, IMAGENET_STD

SMALL = "shufflenet_v2_x0_5"
TIMM = {  # as timm writes it
    "architecture": SMALL,
    "num_classes": 3,
    "num_features": 1024,
    "pretrained_cfg": {
        "tag": "a1_in1k",
        "custom_load": False,
        "input_size": [3, 56, 56],
        "fixed_input_size": False,
        "interpolation": "bicubic",
        "crop_pct": 0.875,
        "crop_mode": "center",
        "mean": [0.5, 0.4, 0.3],
        "std": [0.2, 0.25, 0.3],
        "num_classes": 1000,
        "label_names": ["cat", "dog", "owl"],
        "pool_size": [7, 7],
        "first_conv": "conv1",
        "classifier": "fc",
    },
}


@pytest.fixture(scope="module")
def theirs():
    torch.manual_seed(0)
    return models.get_model(SMALL, weights=None, num_classes=3).eval()


@pytest.fixture
def write(tmp_path, theirs):
    """A folder with a config and the weights of `theirs`."""

    def run(config=TIMM, *, name="model.safetensors", weights=None):
        folder = tmp_path / "owls"
        folder.mkdir()
        (folder / "config.json").write_text(json.dumps(config))
        state = theirs.state_dict() if weights is None else weights
        if name.endswith(".safetensors"):
            safetensors.torch.save_file(state, folder / name)
        else:
            torch.save(state, folder / name)
        return folder

    return run


@pytest.fixture
def x():
    return torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))


@torch.no_grad()
def expected(theirs, x):
    middle = x[..., 4:60, 4:60]
    mean, std = TIMM["pretrained_cfg"]["mean"], TIMM["pretrained_cfg"]["std"]
    return theirs((middle - torch.tensor(mean)[:, None, None]) / torch.tensor(std)[:, None, None])


def test_a_folder_as_timm_writes_it_loads(write, theirs, x):
    folder = write()
    model = engine.load(folder, device="cpu")
    assert type(model) is LoadedClassifier
    assert (model.id, model.classes, model.exclusive) == ("owls", ("cat", "dog", "owl"), True)
    assert model.space.shape == (3, 64, 64), "56 pixels are 0.875 of 64"
    torch.testing.assert_close(model(x), expected(theirs, x), rtol=0, atol=1e-5)
    torch.testing.assert_close(model.probabilities(x).sum(dim=1), torch.ones(2))
    assert len(model.examples) == 0
    check_fields(model.card.config, folder)


def test_imported_it_is_a_checkpoint_like_any_other(write, theirs, x, root):
    folder = import_classifier(write(), root)
    assert folder == root / "folder" / "owls"
    model = engine.load("folder/owls", device="cpu")
    torch.testing.assert_close(model(x), expected(theirs, x), rtol=0, atol=1e-5)
    (entry,) = engine.catalog()
    assert (entry.id, entry.kind, entry.error) == ("folder/owls", "classifier", "")
    assert entry.title == model.title == f"owls ({SMALL}), 3 outputs"
    card = (folder / "README.md").read_text()
    assert f"# folder: owls ({SMALL}), 3 outputs" in card
    assert "| Preset | imported. As it came, with its weights" in card, "nothing published is claimed"
    assert "model.probabilities(x)  # x: pictures, (N, 3, 64, 64)" in card, "it has no examples to try"
    with pytest.raises(ConfigError, match="is a checkpoint of this program already"):
        import_classifier(folder, root)


def test_a_few_lines_of_ones_own_and_a_state_dict(write, theirs, x, root):
    config = {"architecture": SMALL, "classes": ["a", "b", "c"], "exclusive": False, "weights": "mine.pt"}
    folder = write({**config, "input_size": [3, 64, 64]}, name="mine.pt")
    with pytest.raises(ConfigError, match=r"mine\.pt is a pickle; only safetensors are loaded directly. Import it"):
        engine.load(folder)
    model = engine.load(import_classifier(folder, root, id="flowers/mine"), device="cpu")
    assert (model.id, model.exclusive) == ("flowers/mine", False)
    with torch.no_grad():
        values = theirs((x - torch.tensor(IMAGENET_MEAN)[:, None, None]) / torch.tensor(IMAGENET_STD)[:, None, None])
        torch.testing.assert_close(model.probabilities(x), torch.sigmoid(values), rtol=0, atol=1e-5)


def test_it_is_called_what_its_folder_or_the_user_calls_it(write, root):
    folder = write()
    mine = folder.rename(folder.with_name("My owls, 2"))
    assert import_classifier(mine, root) == root / "folder" / "My-owls,-2"
    import_classifier(mine, root, id="folder/night-owls")
    titles = {entry.id: entry.title for entry in engine.catalog()}
    assert titles == {
        "folder/My-owls,-2": f"My owls, 2 ({SMALL}), 3 outputs",
        "folder/night-owls": f"night-owls ({SMALL}), 3 outputs",
    }


def test_another_classifier_from_a_folder_of_the_same_name_takes_no_place(write, theirs, root):
    folder = write()
    import_classifier(folder, root)
    assert import_classifier(folder, root) == root / "folder" / "owls", "the same again"
    before = (root / "folder" / "owls" / "model.safetensors").read_bytes()
    others = {name: value + 1 if name == "fc.bias" else value for name, value in theirs.state_dict().items()}
    safetensors.torch.save_file(others, folder / "model.safetensors")
    with pytest.raises(ConfigError, match=r"owls is there already, .*\(--id folder/\.\.\.\).* \(--id folder/owls\)"):
        import_classifier(folder, root)
    assert (root / "folder" / "owls" / "model.safetensors").read_bytes() == before
    import_classifier(folder, root, id="folder/owls")
    assert (root / "folder" / "owls" / "model.safetensors").read_bytes() != before


def test_weights_that_do_not_fit(write, tmp_path):
    state = {"stem.weight": torch.zeros(3)}
    with pytest.raises(TensorNamesError, match=rf"torchvision's {SMALL} with 3 outputs: it lacks .*stem"):
        engine.load(write(weights=state), device="cpu")


def test_another_number_of_classes(write):
    config = {**TIMM, "num_classes": 2, "label_names": ["cat", "dog"]}
    with pytest.raises(TensorShapesError, match=r"fc\.bias \[3\] instead of \[2\]"):
        engine.load(write(config), device="cpu")


def test_a_pickle_in_disguise(write):
    folder = write(name="weights.pt")
    (folder / "weights.pt").rename(folder / "model.safetensors")
    with pytest.raises(PickleInDisguiseError, match="is a zip archive"):
        engine.load(folder)


def test_weights_that_are_not_there(write):
    folder = write()
    (folder / "model.safetensors").unlink()
    with pytest.raises(CorruptError, match=r"has no model\.safetensors"):
        engine.load(folder)


def test_a_size_that_the_architecture_does_not_take(write):
    config = {"architecture": "vit_b_16", "num_classes": 3, "input_size": [3, 64, 64]}
    with pytest.raises(ConfigError, match="has an input_size that its architecture does not take"):
        engine.load(write(config), device="cpu")


def options(tmp_path, **fields):
    return network_of({"architecture": "resnet18", **fields}, tmp_path / "config.json").options


def test_what_is_not_said_is_as_torchvision_has_it(tmp_path):
    found = options(tmp_path, num_classes=2)
    assert found == {
        "architecture": "resnet18",
        "classes": ("0", "1"),
        "size": 224,
        "crop": 224,
        "mean": IMAGENET_MEAN,
        "std": IMAGENET_STD,
        "interpolation": "bilinear",
        "exclusive": True,
    }


@pytest.mark.parametrize(
    ("fields", "classes"),
    [
        ({"classes": ["Smiling"]}, ("Smiling",)),
        ({"label_names": {"0": "a", "1": "b"}}, ("a", "b")),
        ({"label_names": ["n1", "n2"], "label_descriptions": {"n1": "tench"}}, ("tench", "n2")),
        ({"num_classes": 2, "pretrained_cfg": {"num_classes": 1000, "tag": "in1k"}}, ("0", "1")),
    ],
)
def test_names_of_classes(tmp_path, fields, classes):
    found = options(tmp_path, **fields)
    assert found["classes"] == classes
    assert found["exclusive"] is (len(classes) > 1), "a single output says yes or no"


def test_classes_of_imagenet_are_named_where_the_tag_says_so(tmp_path):
    assert options(tmp_path, num_classes=1000, pretrained_cfg={"tag": "a1_in1k"})["classes"][1] == "goldfish"
    assert options(tmp_path, num_classes=1000)["classes"][1] == "1"


def test_the_picture_is_resized_as_timm_does(tmp_path):
    found = options(tmp_path, num_classes=2, input_size=[3, 224, 224], crop_pct=0.95)
    assert (found["size"], found["crop"]) == (235, 224)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"architecture": "resnet18d"}, r"torchvision does not have: No architecture 'resnet18d'.*'resnet18'"),
        ({"architecture": 5}, "torchvision does not have: No architecture '5'"),
        ({"model_args": {"act_layer": "gelu"}}, "has model_args = .*, a variation that torchvision does not have"),
        ({"global_pool": "max"}, "has global_pool = 'max', a variation"),
        ({"pretrained_cfg": {"crop_mode": "border"}}, "has crop_mode = 'border', a variation"),
        ({"num_classes": 0}, "or a number from 1 to 100,000 as num_classes; found 0"),
        ({"num_classes": None}, "as num_classes; found None"),
        ({"num_classes": 10**9}, "as num_classes; found 1000000000"),
        ({"num_classes": True}, "as num_classes; found True"),
        ({"classes": ["a"]}, "names 1 classes and says num_classes = 2; correct either"),
        ({"classes": "ab"}, "as classes; found 'ab'"),
        ({"classes": [1, 2]}, r"as classes; found \[1, 2\]"),
        ({"label_names": {"0": "a", "2": "b"}}, r"as classes; found \['a', None\]"),
        ({"input_size": [1, 64, 64]}, r"as input_size; found \[1, 64, 64\]"),
        ({"input_size": [3, 64, 32]}, "as input_size"),
        ({"input_size": [3, 10**6, 10**6]}, "as input_size"),
        ({"input_size": 224}, "as input_size; found 224"),
        ({"crop_pct": 0}, "a share from 0.1 to 1 as crop_pct; found 0"),
        ({"crop_pct": "all"}, "as crop_pct; found 'all'"),
        ({"input_size": [3, 4096, 4096], "crop_pct": 0.5}, "of a picture of up to 4096 pixels as crop_pct; found 0.5"),
        ({"interpolation": "random"}, "one of bilinear, bicubic as interpolation; found 'random'"),
        ({"mean": [0.5]}, r"three numbers as mean; found \[0\.5\]"),
        ({"std": [0.2, 0.2, 0]}, "as std; found"),
        ({"exclusive": "no"}, "as exclusive; found 'no'"),
        ({"num_classes": 1, "exclusive": True}, "false for a single output"),
    ],
)
def test_a_field_that_is_not_as_described_is_named(tmp_path, fields, text):
    with pytest.raises(ConfigError, match=text):
        options(tmp_path, **{"num_classes": 2, **fields})


@pytest.mark.parametrize("name", ["../model.safetensors", "a/b.safetensors", ".hidden.safetensors", "", 5])
def test_weights_lie_beside_their_config(write, name):
    with pytest.raises(ConfigError, match="the name of a file beside it as weights"):
        engine.load(write({**TIMM, "weights": name}))
