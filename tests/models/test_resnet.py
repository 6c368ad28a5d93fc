"""The residual network against torchvision's, and what it does with pictures of another size."""

from __future__ import annotations

import pytest
import torch
import torchvision
from torch import nn

from engine.models.normalise_pictures import IMAGENET_MEAN, IMAGENET_STD, NormalisePictures
from engine.models.resnet import ResNet, ResNetClassifier


def pictures(n=2, side=64, seed=0):
    return torch.rand(n, 3, side, side, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(("reference", "layers"), [("resnet18", (2, 2, 2, 2)), ("resnet34", (3, 4, 6, 3))])
def test_it_is_torchvisions_network_under_torchvisions_names(reference, layers):
    theirs, ours = torchvision.models.get_model(reference, num_classes=5).eval(), ResNet(5, layers=layers).eval()
    ours.load_state_dict(theirs.state_dict())
    with torch.no_grad():
        torch.testing.assert_close(ours(pictures()), theirs(pictures()), rtol=0, atol=1e-5)


def test_the_published_head_has_the_published_number_of_parameters():
    model = ResNetClassifier(("Smiling",), exclusive=False)
    assert sum(p.numel() for p in model.parameters()) == 11_177_025
    assert sum(p.numel() for p in model.head.parameters()) == 513


def test_no_activation_is_used_twice_or_in_place():
    model = ResNetClassifier(("a", "b"), size=32, width=4).eval()
    calls = []
    for module in model.modules():
        if isinstance(module, nn.ReLU):
            assert not module.inplace
            module.register_forward_hook(lambda module, *_: calls.append(module))
    model(pictures(side=32))
    assert len(calls) == len(set(calls)) == 17


def test_pre_processing_lives_inside():
    model = ResNetClassifier(("a", "b"), size=32, width=4).eval()
    x = pictures(side=32)
    by_hand = (x - torch.tensor(IMAGENET_MEAN)[:, None, None]) / torch.tensor(IMAGENET_STD)[:, None, None]
    torch.testing.assert_close(model(x), model.body(by_hand))


def test_pictures_of_another_size_are_resized():
    small = nn.functional.interpolate(pictures(side=64), (32, 32), mode="bilinear", antialias=True)
    read = NormalisePictures(32)
    torch.testing.assert_close(read(pictures(side=64)), read(small))
    assert read(pictures(side=16)).shape == (2, 3, 32, 32)


def test_constants_are_no_weights():
    assert not [name for name in ResNetClassifier(("a",), size=32, width=4).state_dict() if "std" in name]


def test_probabilities_are_of_classes_or_of_attributes():
    x = pictures(side=32)
    classes, attributes = (
        ResNetClassifier(("a", "b", "c"), size=32, width=4, exclusive=exclusive).eval() for exclusive in (True, False)
    )
    attributes.load_state_dict(classes.state_dict())
    torch.testing.assert_close(classes.probabilities(x).sum(dim=1), torch.ones(2))
    torch.testing.assert_close(attributes.probabilities(x), torch.sigmoid(classes.logits(x)))


def test_a_seed_decides_its_weights():
    one, same, other = (ResNetClassifier(("a", "b"), size=32, width=4) for _ in range(3))
    for model, seed in ((one, 1), (same, 1), (other, 2)):
        model.reset_parameters(torch.Generator().manual_seed(seed))
    torch.testing.assert_close(one.body.conv1.weight, same.body.conv1.weight)
    assert not torch.equal(one.body.conv1.weight, other.body.conv1.weight)
    assert one.body.layer1[0].conv1.weight.detach().std().item() == pytest.approx((2 / (9 * 4)) ** 0.5, rel=0.15)
