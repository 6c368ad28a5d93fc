"""Heatmaps of classifiers made elsewhere: FairFace behind its heads, and torchvision's networks with their reuse."""

from __future__ import annotations

import pytest
import torch

from engine.explain.heatmaps import Attribution, UnsuitableModelError, attribute, attribute_all
from engine.models.fair_face import FairFace
from engine.models.resnet import ResNet
from engine.models.torchvision_classifier import TorchvisionClassifier
from tests.explain.heatmaps.nets import pictures, seeded

METHODS = ["deeplift", "integrated-gradients", "guided-backprop", "guided-grad-cam", "grad-cam", "lrp"]


def narrow(readout):
    """FairFace with a small network before its head."""
    model = FairFace(readout)
    model.network[1] = ResNet(18, layers=(1, 1, 1, 1), width=4)
    return seeded(model)


def imported():
    return seeded(TorchvisionClassifier("resnet18", ("a", "b", "c"), 40, 32, interpolation="bicubic"))


@pytest.mark.parametrize("make", [lambda: narrow("gender"), lambda: narrow("age"), imported])
def test_deeplift_adds_up_to_the_change_of_the_readout(make):
    model, x = make(), pictures(2, side=48)
    result = attribute(model, x, "deeplift", target=0)
    expected = (model(x) - model(torch.zeros_like(x)))[:, 0]
    torch.testing.assert_close(result.values.sum(dim=(1, 2, 3)), expected, rtol=1e-2, atol=1e-3)


def test_deeplift_of_a_softmax_does_not_look_at_neighbours():
    model, x = narrow("age"), pictures(3, side=48)
    alone = torch.cat([attribute(model, one[None], "deeplift", target=0).values for one in x])
    torch.testing.assert_close(attribute(model, x, "deeplift", target=0).values, alone, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("make", [lambda: narrow("gender"), lambda: narrow("all"), imported])
def test_every_rule_takes_them(make):
    results = list(attribute_all(make(), pictures(1, side=48), METHODS, target=0))
    assert all(isinstance(one, Attribution) for one in results), results


def test_lrp_says_what_it_cannot_take():
    with pytest.raises(UnsuitableModelError, match="LRP has no rule for the layer Softmax"):
        attribute(narrow("age"), pictures(1, side=48), "lrp")


def test_what_is_outside_of_the_crop_has_no_part():
    values = attribute(imported(), pictures(1, side=40), "deeplift", target=0).values
    assert values[..., 4:36, 4:36].abs().sum() > 0
    values[..., 4:36, 4:36] = 0
    assert values.abs().sum() == 0
