from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional
from torchvision import models

import engine
from engine.checkpoints import ConfigError, PickleInDisguiseError, TensorShapesError, import_fair_face
from engine.models.normalise_pictures import IMAGENET_MEAN, IMAGENET_STD

NAME = "res34_fair_align_multi_7_20190809.pt"


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """torchvision's ResNet-34 with 18 outputs, and its state dict in a file as torch wrote it in 2019."""
    torch.manual_seed(0)
    network = models.resnet34(weights=None)
    network.fc = nn.Linear(512, 18)
    network.eval()
    path = tmp_path_factory.mktemp("published") / NAME
    torch.save(network.state_dict(), path, _use_new_zipfile_serialization=False)
    return network, path


@pytest.fixture(scope="module")
def imported(published, tmp_path_factory):
    return import_fair_face(published[1], tmp_path_factory.mktemp("imported"), readout="gender")


@pytest.fixture(scope="module")
def x():
    return torch.rand(1, 3, 224, 224, generator=torch.Generator().manual_seed(0))


def normalised(x):
    return (x - torch.tensor(IMAGENET_MEAN)[:, None, None]) / torch.tensor(IMAGENET_STD)[:, None, None]


@torch.no_grad()
def test_the_published_file_becomes_a_checkpoint_that_says_the_same(published, imported, x):
    model, theirs = engine.load(imported, device="cpu"), published[0](normalised(x))
    torch.testing.assert_close(model(x), theirs[:, 7:8] - theirs[:, 8:9], rtol=0, atol=1e-5)
    torch.testing.assert_close(model.probabilities(x), theirs[:, 7:9].softmax(dim=1)[:, :1], rtol=0, atol=1e-5)
    torch.testing.assert_close(model.network.body(normalised(x)), theirs, rtol=0, atol=1e-5)
    small = functional.interpolate(x, (100, 100), mode="bilinear", antialias=True, align_corners=False)
    large = functional.interpolate(small, (224, 224), mode="bilinear", antialias=True, align_corners=False)
    torch.testing.assert_close(model(small), model(large), rtol=0, atol=1e-5)


def test_what_the_checkpoint_tells(imported):
    assert imported.parts[-2:] == ("celeba", "fairface-gender")
    model = engine.load(imported, device="cpu")
    assert (model.id, model.title, model.classes) == (
        "celeba/fairface-gender",
        "FairFace, gender",
        ("Male rather than Female",),
    )
    assert (model.readout.unit, model.readout.center) == ("log-odds", 0)
    assert len(model.examples) == 0
    assert model.card.config["training"]["imported_from"] == NAME
    card = (imported / "README.md").read_text(encoding="utf-8")
    assert "is a property of the classifier and of the labels it was trained on, not of a person" in card
    assert "license: other" in card
    assert "judged on" not in card, "it saw other faces than those it is shown with here"


def test_weights_of_another_head_are_refused(tmp_path):
    with torch.device("meta"):
        state = models.resnet34(weights=None).state_dict()
    path = tmp_path / NAME
    torch.save({name: torch.zeros(()).expand(value.shape) for name, value in state.items()}, path)  # one number each
    with pytest.raises(TensorShapesError, match=r"FairFace's ResNet-34 with 18 outputs: .*fc.bias \[1000\] instead of"):
        import_fair_face(path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_whole_model_is_refused(tmp_path):
    torch.save(nn.Linear(2, 18), tmp_path / NAME)
    with pytest.raises(PickleInDisguiseError, match="None of it was run"):
        import_fair_face(tmp_path / NAME, tmp_path / "out")


def test_names_are_checked_before_the_file_is_read(tmp_path):
    with pytest.raises(ValueError, match="No readout 'height'; choose one of"):
        import_fair_face(tmp_path / "none.pt", tmp_path, readout="height")
    with pytest.raises(ConfigError, match="is <data set>/<name>"):
        import_fair_face(tmp_path / "none.pt", tmp_path, id="faces/gender")
