"""Targets, progress, stopping, streaming and what may be asked."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from engine.explain.heatmaps import (
    Attribution,
    CancelledError,
    Failure,
    GradCam,
    IntegratedGradients,
    Target,
    UnsuitableModelError,
    attribute,
    attribute_all,
    build_method,
    feature_maps,
)
from tests.explain.heatmaps.nets import awkward, linear, pictures, plain, quick, seeded


def test_results_arrive_one_by_one():
    asked = []
    methods = ["saliency", quick("smoothgrad")]
    results = attribute_all(plain(), pictures(), methods, on_progress=lambda *a: asked.append(a))
    first = next(results)
    assert (first.method, {place for place, _, _ in asked}) == ("saliency", {0})
    assert [one.method for one in results] == ["smoothgrad"]
    assert asked[-1] == (1, 12, 12)  # six samples of two pictures


def test_a_method_that_cannot_leaves_the_others_to_go_on():
    model = seeded(nn.Sequential(nn.Conv2d(3, 4, 3), nn.SiLU(), nn.Flatten(), nn.Linear(144, 2)))
    saliency, lrp, deeplift = attribute_all(model, pictures(), ["saliency", "lrp", "deeplift"])
    assert isinstance(saliency, Attribution) and isinstance(deeplift, Attribution)
    assert lrp == Failure("lrp", "LRP has no rule for the layer SiLU; choose another method.")
    assert "no rule for SiLU" in deeplift.notes[0]


def test_a_map_with_places_is_asked_for():
    with pytest.raises(UnsuitableModelError, match="needs a layer whose output is a map"):
        attribute(linear(), pictures(), "grad-cam")
    with pytest.raises(ValueError, match="layer should be one of"):
        attribute(plain(), pictures(), GradCam(layer="nowhere"))


def test_layers_with_places_are_listed_in_order():
    assert [one.name for one in feature_maps(plain(), pictures(1))] == ["0", "1", "2", "3", "4", "5"]
    assert feature_maps(plain(), pictures(1))[4].shape == (8, 4, 4)
    assert "relu" not in [one.name for one in feature_maps(awkward(), pictures(1))]  # it is called twice


def test_progress_runs_to_the_end():
    for name in ("integrated-gradients", "occlusion", "shapley-sampling", "deeplift-shap", "lrp"):
        seen = []
        attribute(awkward(), pictures(3), quick(name), chunk_size=4, on_progress=lambda *a, seen=seen: seen.append(a))
        assert seen == sorted(seen) and seen[-1][0] == seen[-1][1], name
        assert len(seen) > 2 and seen[-2][0] < seen[-1][1], name  # rows were counted in advance


@pytest.mark.parametrize("name", ["smoothgrad", "occlusion", "guided-backprop", "deeplift", "grad-cam", "lrp"])
def test_work_stops_between_chunks_and_leaves_nothing_behind(name):
    model, x, calls = awkward(), pictures(6), []

    def should_stop():
        calls.append(None)
        return len(calls) > 8

    with pytest.raises(CancelledError):
        attribute(model, x, name, chunk_size=1, should_stop=should_stop)
    assert len(calls) == 9
    assert not any(m._forward_hooks or m._forward_pre_hooks or m._backward_hooks for m in model.modules())
    assert not any(parameter.requires_grad for parameter in model.parameters())


@pytest.mark.parametrize("name", ["deeplift", "guided-backprop", "grad-cam", "lrp"])
def test_an_exception_in_the_model_leaves_it_as_it_was(name):
    class Fragile(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.left = plain(), [2]  # the first look and the tracing's own

        def forward(self, x):
            self.left[0] -= 1
            if self.left[0] < 0:
                raise MemoryError("no room")
            return self.body(x)

    model = Fragile().eval()
    with pytest.raises((MemoryError, UnsuitableModelError), match="no room"):
        for _ in range(3):
            attribute(model, pictures(), name)
    assert not any(m._forward_hooks or m._forward_pre_hooks or m._backward_hooks for m in model.modules())


def test_a_model_in_training_mode_is_explained_as_at_test_time():
    model, x = awkward(), pictures()
    expected = attribute(model, x, "saliency").values
    model.train()
    assert torch.equal(attribute(model, x, "saliency").values, expected)
    assert model.training and model.norm.training


def test_bfloat16_ranks_pixels_alike():
    full, half = (attribute(plain(), pictures(), "input-x-gradient", precision=p).values for p in ("fp32", "bf16"))
    assert not torch.equal(full, half)
    assert float(torch.corrcoef(torch.stack([full.flatten(), half.flatten()]))[0, 1]) > 0.95


def test_maps_can_be_asked_for_in_inference_mode():
    model = plain()
    with torch.inference_mode():
        values = attribute(model, pictures(), "integrated-gradients").values
    assert torch.equal(values, attribute(model, pictures(), "integrated-gradients").values)


@pytest.mark.parametrize(
    ("x", "settings", "message"),
    [
        (torch.zeros(3, 8, 8), {}, r"batch of pictures \(N, C, H, W\)"),
        (torch.zeros(0, 3, 8, 8), {}, "N at least 1"),
        (torch.zeros(1, 3, 8, 8, dtype=torch.uint8), {}, "floating-point numbers"),
        (torch.full((1, 3, 8, 8), torch.nan), {}, "finite"),
        (pictures(), {"chunk_size": 0}, "chunk_size should be at least 1; got 0"),
        (pictures(), {"precision": "fp16"}, "'fp32' or 'bf16'; got 'fp16'"),
        (pictures(), {"target": 7}, "numbers from 0 to 3; got 7"),
        (pictures(), {"target": [1, 2, 3]}, "one class for all 2 pictures or one each; got 3"),
        (pictures(), {"target": "cat"}, "got 'cat'"),
        (pictures(), {"target": Target((1,), (1,))}, "difference of a class with itself"),
    ],
)
def test_what_cannot_be_explained_is_refused_in_words(x, settings, message):
    with pytest.raises(ValueError, match=message):
        attribute(plain(), x, "saliency", **settings)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("integrated-gradients", {"steps": 1}, "steps should be a whole number from 2 to 300; got 1"),
        ("integrated-gradients", {"steps": 20.5}, "steps should be a whole number"),
        ("integrated-gradients", {"steps": True}, "steps should be a whole number"),
        ("integrated-gradients", {"baseline": "pink"}, "baseline should be one of"),
        ("smoothgrad", {"noise": float("nan")}, "noise should be a number from 0 to 1"),
        ("smoothgrad", {"noise": "0.1"}, "noise should be a number"),
        ("saliency", {"absolute": 1}, "absolute should be True or False; got 1"),
        ("grad-cam", {"layer": 4}, "layer should be the name of a layer"),
        ("saliency", {"steps": 5}, "saliency has no option 'steps'"),
    ],
)
def test_options_out_of_range_are_refused_in_words(name, options, message):
    with pytest.raises(ValueError, match=message):
        build_method(name, options)


def test_an_unknown_method_is_answered_with_its_neighbours():
    with pytest.raises(KeyError, match="did you mean .*integrated-gradients"):
        attribute(plain(), pictures(), "integrated-gradient")


def test_options_are_checked_whoever_makes_the_method():
    with pytest.raises(ValueError, match="IntegratedGradients: steps"):
        IntegratedGradients(steps=100_000)


def test_comparison_pictures_are_the_models_own_examples():
    model = plain()
    assert "for want of others" in attribute(model, pictures(), quick("deeplift-shap")).notes[0]

    class Shelf:
        x = pictures(5, seed=8)

    model.examples = Shelf()
    own = attribute(model, pictures(), quick("deeplift-shap"))
    assert own.notes == ()
    assert torch.equal(own.values, attribute(plain(), pictures(), quick("deeplift-shap"), background=Shelf.x).values)
