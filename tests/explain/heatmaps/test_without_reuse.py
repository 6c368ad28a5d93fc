"""Networks rewired so that methods can take them; what they compute stays the same."""

from __future__ import annotations

from collections import Counter

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torchvision.models import resnet18

from engine.explain.heatmaps import Attribution, UnsuitableModelError, attribute, attribute_all
from engine.explain.heatmaps.without_reuse import Add, Rescale, without_reuse
from tests.explain.heatmaps.nets import awkward, pictures, plain, seeded


def kinds(network):
    return Counter(type(module).__name__ for module in network.modules())


@pytest.mark.parametrize("sums", [False, True])
def test_the_awkward_network_computes_the_same(sums):
    model, x = awkward(), pictures(3)
    rewired = without_reuse(model, x[:1], sums=sums)
    torch.testing.assert_close(rewired.network(x), model(x))
    found = kinds(rewired.network)
    assert (found["ReLU"], found["MaxPool2d"]) == (3, 1)
    assert (found[Add.__name__], found[Rescale.__name__]) == ((1, 2) if sums else (0, 0))
    assert not any(getattr(module, "inplace", False) for module in rewired.network.modules())
    assert "called more than once (relu)" in rewired.notes[0] and "1 × MaxPool2d, 1 × ReLU" in rewired.notes[1]


def test_weights_are_shared_and_the_original_is_left_alone():
    model = awkward()
    rewired = without_reuse(model, pictures(1)).network
    assert rewired.first.weight.data_ptr() == model.first.weight.data_ptr()
    assert rewired.first is not model.first and model.relu.inplace


def test_a_plain_network_needs_no_note():
    assert without_reuse(plain(), pictures(1)).notes == ()


def test_conditions_on_the_shape_follow_the_picture():
    model = awkward()
    large = pictures(2, side=16)
    torch.testing.assert_close(without_reuse(model, large[:1]).network(large), model(large))


def test_what_cannot_be_traced_is_said():
    class Looping(nn.Module):
        def forward(self, x):
            return torch.stack([row.mean().reshape(1) for row in x])

    with pytest.raises(UnsuitableModelError, match="cannot be traced"):
        without_reuse(Looping(), pictures(1))


def test_other_modules_can_be_called_while_a_network_is_traced():
    other = nn.Linear(2, 2)  # in another thread, for example

    class Busy(nn.Module):
        def forward(self, x):
            other(torch.ones(1, 2))
            return x.mean(dim=(2, 3))

    assert without_reuse(Busy(), pictures(1)).notes == ()


def test_functional_relus_are_seen_by_guided_backprop():
    class Functional(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.head = nn.Conv2d(3, 6, 3), nn.Linear(216, 2)

        def forward(self, x):
            return self.head(F.relu(self.conv(x)).flatten(1))

    functional = seeded(Functional())
    modules = nn.Sequential(functional.conv, nn.ReLU(), nn.Flatten(), functional.head)
    x = pictures()
    ours, expected = attribute(functional, x, "guided-backprop"), attribute(modules, x, "guided-backprop")
    torch.testing.assert_close(ours.values, expected.values)
    assert ours.notes == ("Functions were turned into modules (1 × ReLU).",) and expected.notes == ()
    plainly = attribute(functional, x, "smoothgrad").values
    assert not torch.allclose(ours.values, plainly)


def test_every_rule_takes_a_torchvision_resnet():
    model = seeded(resnet18(num_classes=3)).requires_grad_(True)
    x = pictures(1, side=32)
    torch.testing.assert_close(without_reuse(model, x).network(x), model(x))
    names = ["deeplift", "guided-backprop", "deconvolution", "guided-grad-cam", "grad-cam", "lrp"]
    results = {one.method: one for one in attribute_all(model, x, names, target=1)}
    assert all(isinstance(one, Attribution) for one in results.values())
    assert "layer1_0_relu" not in results["deeplift"].notes[0] and "layer1.0.relu" in results["deeplift"].notes[0]
    added = float((model(x) - model(torch.zeros_like(x)))[0, 1].detach())
    assert float(results["deeplift"].values.sum()) == pytest.approx(added, rel=1e-2, abs=1e-3)
    assert model.relu.inplace and all(parameter.requires_grad for parameter in model.parameters())


def test_relevance_is_shared_out_at_a_sum():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.head = nn.Conv2d(3, 3, 1, bias=False), nn.Linear(192, 2, bias=False)

        def forward(self, x):
            return self.head((x + self.conv(x)).flatten(1))

    model, x = seeded(Twice()), pictures()
    values = attribute(model, x, "lrp", target=1).values
    # Every share of the target is handed down once, not once for each branch of the sum.
    torch.testing.assert_close(values.sum(dim=(1, 2, 3)), model(x)[:, 1], atol=1e-2, rtol=1e-2)
