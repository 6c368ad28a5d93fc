"""Small networks for explainers: ordinary, awkward, linear; and pictures for them."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from engine.explain.heatmaps import HEATMAPS, build_method, options_of


def seeded(network, seed=0):
    """The network with weights that follow from the seed alone."""
    draws = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            fan_in = parameter[0].numel() if parameter.ndim > 1 else 4
            parameter.copy_((torch.rand(parameter.shape, generator=draws) * 2 - 1) * (3 / fan_in) ** 0.5)
            if parameter.ndim == 1 and name.endswith("weight"):  # of a norm layer
                parameter.abs_().add_(0.5)
    return network.eval().requires_grad_(False)


def pictures(count=2, *, channels=3, side=8, seed=1):
    return torch.rand(count, channels, side, side, generator=torch.Generator().manual_seed(seed))


def plain(classes=4):
    """A CNN of modules that are each called once."""
    return seeded(
        nn.Sequential(
            nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 8, 3, padding=1), nn.ReLU(),
            nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Dropout(), nn.Linear(32, classes),
        )
    )  # fmt: skip


def linear(classes=3, *, channels=3, side=8):
    return seeded(nn.Sequential(nn.Flatten(), nn.Linear(channels * side * side, classes)))


class Awkward(nn.Module):
    """A residual network with all that methods stumble over: shared, functional, in-place activations, conditions."""

    def __init__(self, classes=4):
        super().__init__()
        self.first, self.norm = nn.Conv2d(3, 6, 3, padding=1), nn.BatchNorm2d(6)
        self.second, self.third = nn.Conv2d(6, 6, 3, padding=1), nn.Conv2d(6, 6, 3, padding=1)
        self.relu, self.head = nn.ReLU(inplace=True), nn.Linear(6, classes)
        self.register_buffer("mean", torch.tensor([0.5, 0.4, 0.3]).reshape(3, 1, 1))

    def forward(self, x):
        if x.shape[-1] != 8:  # pre-processing lives in the model
            x = F.interpolate(x, size=(8, 8))
        x = (x - self.mean) / 0.25
        x = self.relu(self.norm(self.first(x)))
        y = self.third(F.relu(self.second(x)))
        y += x
        y = F.max_pool2d(self.relu(y), 2)
        return self.head(y.mean(dim=(2, 3)))


def awkward(classes=4):
    return seeded(Awkward(classes))


def quick(name):
    """A method with options that ask for little work."""
    kind = HEATMAPS[name]
    few = {"samples": 6, "steps": 6, "orders": 2, "number": 4}
    known = {one.name: one for one in options_of(kind)}
    options = {option: max(value, int(known[option].low)) for option, value in few.items() if option in known}
    if "window" in known:
        options |= {"window": 0.5, "stride": 1.0}
    return build_method(name, options)
