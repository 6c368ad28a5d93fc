"""What holds for every registered method on every kind of classifier."""

from __future__ import annotations

import pytest
import torch

import engine
from engine.explain.heatmaps import HEATMAPS, Target, attribute, options_of
from tests.explain.heatmaps.nets import awkward, pictures, quick

CLASSIFIERS = [entry.id for entry in engine.catalog() if entry.kind == "classifier" and not entry.error]
LOADED: dict = {}


def loaded(name):
    if name not in LOADED:
        LOADED[name] = engine.load(name)
    return LOADED[name]


@pytest.mark.parametrize("method", HEATMAPS)
@pytest.mark.parametrize("classifier", CLASSIFIERS)
def test_every_method_explains_every_shipped_classifier(classifier, method):
    model = loaded(classifier)
    x = model.examples.x[:1]
    result = attribute(model, x, quick(method), chunk_size=8)
    assert result.values.shape == x.shape and result.values.dtype == torch.float32
    assert bool(torch.isfinite(result.values).all()) and float(result.values.abs().max()) > 0
    assert (result.method, result.model_id) == (method, classifier)
    assert result.signed or float(result.values.min()) >= 0


@pytest.mark.parametrize("method", HEATMAPS)
def test_a_map_depends_neither_on_company_nor_on_chunks(method):
    model, x = awkward(), pictures(3)
    together = attribute(model, x, quick(method), chunk_size=64).values
    alone = attribute(model, x[1:2], quick(method), chunk_size=64).values
    in_chunks = attribute(model, x, quick(method), chunk_size=3).values
    scale = float(together.abs().max())
    torch.testing.assert_close(alone[0], together[1], atol=2e-5 * scale, rtol=1e-4)
    torch.testing.assert_close(in_chunks, together, atol=2e-5 * scale, rtol=1e-4)


@pytest.mark.parametrize("method", HEATMAPS)
def test_a_map_follows_from_its_seed(method):
    model, x = awkward(), pictures(1)
    first, same = (attribute(model, x, quick(method), seed=3).values for _ in range(2))
    assert torch.equal(first, same)
    by_chance = any(one.name in ("samples", "orders") for one in options_of(HEATMAPS[method])) or method == "random"
    if by_chance and method != "deeplift-shap":  # all of its comparison pictures were used
        assert not torch.equal(first, attribute(model, x, quick(method), seed=4).values)


@pytest.mark.parametrize("method", HEATMAPS)
def test_the_model_stays_as_it_was(method):
    model, x = awkward(), pictures(1)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    attribute(model, x, quick(method))
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert not any(parameter.requires_grad or parameter.grad is not None for parameter in model.parameters())
    assert not any(m._forward_hooks or m._forward_pre_hooks or m._backward_hooks for m in model.modules())
    assert model.relu.inplace and not any("rule" in vars(m) for m in model.modules())
    assert not x.requires_grad


@pytest.mark.parametrize("method", HEATMAPS)
def test_every_method_takes_a_difference_of_classes_and_a_scalar_readout(method):
    x = pictures(2)
    for model, target in ((awkward(), Target((1,), (2,))), (awkward(classes=1), "predicted")):
        assert bool(torch.isfinite(attribute(model, x, quick(method), target=target).values).all())


@pytest.mark.parametrize("method", HEATMAPS)
def test_every_method_tells_users_what_it_is(method):
    kind = HEATMAPS[method]
    assert kind.title and kind.paper and kind.__doc__.count("\n") == 0
    for one in options_of(kind):
        assert one.help.endswith(".") and one.kind in ("int", "float", "bool", "choice", "layer")
        one.check(one.default)
        assert one.kind not in ("int", "float") or (one.low <= one.default <= one.high and one.step)
