"""Judgement of maps in one call: the same numbers as one by one, and the right measure for every readout."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from engine.interfaces import Readout
from engine.metrics import deletion_insertion, sensitivity_n
from engine.metrics.judgement import judge

READOUTS = [(None, "probability"), ("log-odds", "probability"), ("years", "logit")]


class Sum(nn.Module):
    """One number a picture: the sum of its left half."""

    readout = None

    def forward(self, x):
        return x[..., :2].sum(dim=(1, 2, 3))[:, None]


def pictures(count=3):
    return torch.rand(count, 1, 4, 4, generator=torch.Generator().manual_seed(2))


def relevant(x):
    maps = torch.zeros_like(x)
    maps[..., :2] = x[..., :2]
    return maps


def test_numbers_are_those_of_the_single_measures():
    x, model = pictures(), Sum()
    found = judge(model, x, relevant(x), signed=True)
    curves = deletion_insertion(model, x, relevant(x))
    sums = sensitivity_n(model, x, relevant(x)).mean
    assert found.numbers(1) == {
        "deletion_auc": pytest.approx(float(curves.deletion_auc[1])),
        "insertion_auc": pytest.approx(float(curves.insertion_auc[1])),
        "sensitivity_n": pytest.approx(float(sums[1])),
    }
    assert found.numbers()["deletion_auc"] == pytest.approx(float(curves.deletion_auc.mean()))
    assert found.numbers(0)["sensitivity_n"] == pytest.approx(1.0, abs=1e-4)  # what it says is what the model does


def test_maps_without_signs_are_not_asked_for_sums():
    x = pictures()
    assert judge(Sum(), x, relevant(x), signed=False).numbers(0)["sensitivity_n"] is None


def test_what_is_undefined_is_none():
    x = torch.zeros(1, 1, 4, 4)  # nothing changes when pixels go
    assert judge(Sum(), x, x, signed=True).numbers()["sensitivity_n"] is None


@pytest.mark.parametrize(("unit", "measure"), READOUTS)
def test_a_readout_without_probabilities_is_asked_for_itself(unit, measure):
    model = Sum()
    model.readout = None if unit is None else Readout(name="age", unit=unit, low=0, high=90, center=None)
    x = pictures(1)
    assert judge(model, x, relevant(x), signed=False).curves.measure == measure
