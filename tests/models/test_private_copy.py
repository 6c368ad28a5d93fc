"""Copies that share weights and nothing else."""

from __future__ import annotations

import torch
from torch import nn

import engine
from engine.models.private_copy import private_copy


def network():
    shared = nn.ReLU(inplace=True)
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), shared, nn.Sequential(shared, nn.Flatten()))


def test_it_computes_the_same_with_the_same_weights():
    original, x = network().train(), torch.rand(2, 1, 5, 5)
    copied = private_copy(original)
    torch.testing.assert_close(copied(x), original.eval()(x))
    assert copied[0].weight.data_ptr() == original[0].weight.data_ptr()
    assert not copied[0].weight.requires_grad and original[0].weight.requires_grad
    assert copied[2] is copied[3][0] and copied[2] is not original[2]


def test_what_is_done_to_it_does_not_reach_the_original():
    original = network().train()
    copied = private_copy(original)
    copied[0].register_forward_hook(lambda *_: None)
    copied[1].register_buffer("extra", torch.zeros(1))
    copied[3].append(nn.Identity())
    assert original.training and original[2].inplace and not copied.training and not copied[2].inplace
    assert not original[0]._forward_hooks and not hasattr(original[1], "extra") and len(original[3]) == 2


def test_weights_can_be_copied_too():
    original = network()
    copied = private_copy(original, share=False)
    copied[0].weight.zero_()
    copied[1].running_mean.fill_(7)
    assert bool(original[0].weight.any()) and not original[1].running_mean.any()


def test_own_hooks_stay_part_of_a_model():
    original = nn.utils.parametrizations.weight_norm(nn.Linear(3, 2))
    x = torch.rand(2, 3)
    torch.testing.assert_close(private_copy(original)(x), original(x))


def test_a_loaded_model_keeps_its_own_words():
    model = engine.load("mnist/digits")
    copied = private_copy(model)
    assert copied.classes == model.classes and copied.examples is model.examples
    assert torch.equal(copied(model.examples.x[:2]), model(model.examples.x[:2]))
