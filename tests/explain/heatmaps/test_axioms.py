"""Maps that can be known by hand: linear models, and sums that must come out."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import engine
from engine.data.baselines import baseline
from engine.explain.heatmaps import Target, attribute, build_method
from engine.explain.heatmaps.regions import regions
from tests.explain.heatmaps.nets import awkward, linear, pictures, plain, seeded

EXACT = ["integrated-gradients", "deeplift", "gradient-shap", "deeplift-shap", "kernel-shap", "shapley-sampling"]


def change(model, x, classes, kind):
    rows = torch.arange(len(x))
    return (model(x) - model(baseline(x, kind)))[rows, classes]


@pytest.mark.parametrize("kind", ["black", "mean", "blur"])
@pytest.mark.parametrize("method", ["integrated-gradients", "deeplift"])
@pytest.mark.parametrize("network", [awkward, plain])
def test_values_add_up_to_the_change_of_the_target(network, method, kind):
    model, x = network(), pictures(2)
    options = {"baseline": kind} | ({"steps": 300} if method == "integrated-gradients" else {})
    result = attribute(model, x, build_method(method, options), target=[1, 2], chunk_size=100)
    expected = change(model, x, [1, 2], kind)
    tolerance = 1e-4 if method == "deeplift" else 0.02 * float(expected.abs().max())
    torch.testing.assert_close(result.values.sum(dim=(1, 2, 3)), expected, atol=tolerance, rtol=1e-3)


def test_values_add_up_where_max_pools_overlap():
    model = seeded(
        nn.Sequential(nn.Conv2d(3, 6, 3), nn.MaxPool2d(3, stride=1, padding=1), nn.ReLU(), nn.MaxPool2d(3, stride=2),
                      nn.Flatten(), nn.Linear(24, 3))
    )  # fmt: skip
    x = pictures(2)
    result = attribute(model, x, build_method("deeplift", {"baseline": "blur"}), target=[1, 2])
    torch.testing.assert_close(result.values.sum(dim=(1, 2, 3)), change(model, x, [1, 2], "blur"), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("method", ["integrated-gradients", "deeplift"])
def test_values_add_up_on_the_shipped_digit_classifier(method):
    model = engine.load("mnist/digits")
    x = model.examples.x[:2]
    options = {"steps": 30} if method == "integrated-gradients" else {}
    result = attribute(model, x, build_method(method, options), target=4, chunk_size=60)
    expected = change(model, x, [4, 4], "black")
    atol = 1e-3 if method == "deeplift" else 0.05 * float(expected.abs().max())
    torch.testing.assert_close(result.values.sum(dim=(1, 2, 3)), expected, atol=atol, rtol=1e-3)


@pytest.mark.parametrize("method", ["kernel-shap", "shapley-sampling"])
def test_shapley_values_add_up(method):
    model, x = awkward(), pictures(2)
    result = attribute(model, x, build_method(method, {"regions": "grid", "number": 4}), target=[1, 2])
    parts = result.values[:, 0, ::4, ::4].sum(dim=(1, 2))  # one pixel of each of the four patches
    torch.testing.assert_close(parts, change(model, x, [1, 2], "black"), atol=1e-5, rtol=1e-4)


def test_a_linear_model_has_maps_known_by_hand():
    model, x = linear(), pictures(2)
    weight = model[1].weight[2].reshape(1, 3, 8, 8).expand_as(x)
    background = pictures(3, seed=5)
    known = {
        "saliency": weight.abs(),
        "smoothgrad": weight,
        "smoothgrad-squared": weight.square(),
        "vargrad": torch.zeros_like(x),
        "input-x-gradient": x * weight,
        "integrated-gradients": x * weight,
        "deeplift": x * weight,
        "deeplift-shap": (x - background.mean(dim=0)) * weight,
        "guided-backprop": weight,
        "deconvolution": weight,
    }
    for name, expected in known.items():
        values = attribute(model, x, name, target=2, background=background).values
        torch.testing.assert_close(values, expected, atol=1e-6, rtol=1e-5, msg=name)


@pytest.mark.parametrize("method", ["feature-ablation", "kernel-shap", "shapley-sampling", "lime"])
def test_parts_of_a_linear_model_are_worth_what_they_hold(method):
    model, x = linear(), pictures(2)
    pieces = regions(x, "superpixels", 9)
    worth = (x * model[1].weight[2].reshape(1, 3, 8, 8)).sum(dim=1).flatten(1)
    totals = torch.zeros(2, 9).scatter_add_(1, pieces.flatten(1), worth)
    expected = totals.gather(1, pieces.flatten(1)).reshape(2, 1, 8, 8).expand_as(x)
    options = {"number": 9} | ({"ridge": 0.0} if method == "lime" else {})
    values = attribute(model, x, build_method(method, options), target=2).values
    torch.testing.assert_close(values, expected, atol=1e-5, rtol=1e-4)


def test_relevance_of_a_linear_model_without_bias_is_input_times_weight():
    model, x = linear(), pictures(2)
    with torch.no_grad():
        model[1].bias.zero_()
    values = attribute(model, x, build_method("lrp", {"epsilon": 1e-9}), target=1).values
    torch.testing.assert_close(values, x * model[1].weight[1].reshape(1, 3, 8, 8), atol=1e-5, rtol=1e-4)


def test_a_difference_of_classes_is_the_difference_of_their_maps_where_methods_are_linear():
    model, x = awkward(), pictures(2)
    for method in ("integrated-gradients", "deeplift", "lrp", "occlusion", "kernel-shap"):
        maps = [attribute(model, x, method, target=t).values for t in (Target((1,), (2,)), 1, 2)]
        scale = max(float(one.abs().max()) for one in maps)
        torch.testing.assert_close(maps[0], maps[1] - maps[2], atol=1e-4 * scale, rtol=1e-3, msg=method)


def test_what_speaks_against_a_class_is_the_negative():
    model, x = awkward(), pictures(1)
    against, plainly = (attribute(model, x, "input-x-gradient", target=t).values for t in (Target((1,), (), True), 1))
    torch.testing.assert_close(against, -plainly)


def test_the_predicted_class_is_that_of_each_picture():
    model, x = awkward(), pictures(6)
    predicted = model(x).argmax(dim=1).tolist()
    maps = [attribute(model, x, "input-x-gradient", target=t).values for t in ("predicted", predicted)]
    torch.testing.assert_close(*maps)
