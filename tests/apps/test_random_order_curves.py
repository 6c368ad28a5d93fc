"""Curves of pixels in random order are measured once for a picture and a target."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from apps import random_order_curves as curves_module
from apps.random_order_curves import random_order_curves
from engine.explain.heatmaps import HeatmapCache, Target
from engine.metrics import random_order


class Halves(nn.Module):
    """Logits: the sums of the left and the right half."""

    def forward(self, x):
        return torch.stack([x[..., :2].sum(dim=(1, 2, 3)), x[..., 2:].sum(dim=(1, 2, 3))], dim=1)


@pytest.fixture
def measured(monkeypatch):
    asked = []

    def counted(model, x, **settings):
        asked.append(len(x))
        return random_order(model, x, **settings)

    monkeypatch.setattr(curves_module, "random_order", counted)
    return asked


def test_what_was_measured_is_kept_for_each_picture_and_target(measured, tmp_path):
    x, cache = torch.rand(3, 1, 4, 4, generator=torch.Generator().manual_seed(0)), HeatmapCache(tmp_path)
    first = random_order_curves(Halves(), x, Target((0, 1, 1)), cache)
    again = random_order_curves(Halves(), x[[2, 0]], Target((1, 0)), cache)
    assert measured == [3]
    assert torch.equal(again.deletion, first.deletion[[2, 0]]) and torch.equal(again.insertion, first.insertion[[2, 0]])
    assert torch.equal(again.shares, first.shares)
    assert (again.baseline, again.measure) == (first.baseline, first.measure)
    random_order_curves(Halves(), x[:1], Target((1,)), cache)  # another target
    random_order_curves(Halves(), 1 - x[:1], Target((0,)), cache)  # another picture
    assert measured == [3, 1, 1]


def test_without_a_cache_it_is_measured(measured):
    x = torch.ones(1, 1, 4, 4)
    found = random_order_curves(Halves(), x, Target((0,)), None)
    assert measured == [1] and found.deletion.shape == (1, 21)
