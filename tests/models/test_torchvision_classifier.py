from __future__ import annotations

import pytest
import torch
from torchvision import models, transforms
from torchvision.transforms import InterpolationMode

from engine.interfaces import Classifier
from engine.models.torchvision_classifier import TorchvisionClassifier, architectures, imagenet_classes

SMALL = "shufflenet_v2_x0_5"
MEAN, STD = (0.4, 0.5, 0.6), (0.2, 0.3, 0.25)


def pictures(side):
    return torch.rand(2, 3, side, side, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
@pytest.mark.parametrize(("side", "size", "crop"), [(90, 73, 64), (40, 64, 64), (64, 64, 48)])
@torch.no_grad()
def test_pictures_are_prepared_as_torchvision_does(side, size, crop, interpolation):
    model = TorchvisionClassifier(SMALL, ("a", "b", "c"), size, crop, MEAN, STD, interpolation).eval()
    theirs = models.get_model(SMALL, weights=None, num_classes=3).eval()
    theirs.load_state_dict(model.body.state_dict())
    prepare = transforms.Compose(
        [
            transforms.Resize(size, InterpolationMode(interpolation), antialias=True),
            transforms.CenterCrop(crop),
            transforms.Normalize(MEAN, STD),
        ]
    )
    x = pictures(side)
    torch.testing.assert_close(model.network[:-1](x), prepare(x), rtol=0, atol=1e-5)
    torch.testing.assert_close(model(x), theirs(prepare(x)), rtol=0, atol=1e-5)


def test_it_is_a_classifier():
    model = TorchvisionClassifier(SMALL, ("a", "b"), 40, exclusive=False).eval()
    assert isinstance(model, Classifier)
    assert model.space.shape == (3, 40, 40)
    torch.testing.assert_close(model.probabilities(pictures(40)), torch.sigmoid(model(pictures(40))))


def test_weights_follow_from_the_seed_alone():
    one, other = TorchvisionClassifier(SMALL, ("a",)), TorchvisionClassifier(SMALL, ("a",))
    for model in (one, other):
        model.reset_parameters(torch.Generator().manual_seed(2))
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


def test_what_torchvision_does_not_have():
    with pytest.raises(ValueError, match="No classifier of torchvision 'resnet19'; did you mean .*'resnet18'"):
        TorchvisionClassifier("resnet19", ("a",))
    with pytest.raises(ValueError, match="crop should be from 1 to size, which is 32; got 33"):
        TorchvisionClassifier(SMALL, ("a",), 32, 33)


def test_names_that_published_networks_have():
    assert {"resnet18", "resnet50", "densenet121"} <= set(architectures())
    assert "fcn_resnet50" not in architectures(), "no classifier"
    assert len(imagenet_classes()) == 1000
    assert imagenet_classes()[0] == "tench"
