"""Measures of agreement: closed forms, and what holds for any two drawings."""

from __future__ import annotations

import base64
import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.interfaces import Space
from engine.study.matching.agreement import AGREEMENTS, Distance, Intersection, Overlap, Tolerance, drawn


def draw(seed, *shape):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def model_of(x):
    kind = "image" if x.ndim == 4 else "series"
    return SimpleNamespace(id="toy/one", space=Space(kind=kind, shape=tuple(x.shape[1:])), examples=Rows(x))


class Rows:
    def __init__(self, x):
        self.x = x

    def __len__(self):
        return len(self.x)


def measures(x):
    model = model_of(x)
    names = [name for name in AGREEMENTS if x.ndim == 4 or name != "intersection"]
    return [AGREEMENTS[name].for_model(model) for name in names]


@given(seed=st.integers(0, 1000), n=st.integers(1, 5), series=st.booleans())
def test_any_two_drawings(seed, n, series):
    shape = (n, 12) if series else (n, 3, 4, 4)
    x, target = (3 * draw(seed, *shape) - 1, 3 * draw(seed + 1, *shape) - 1)
    for measure in measures(torch.cat([x, target])):
        there, back = measure(x, target), measure(target, x)
        assert there.shape == (n,)
        assert there.min() >= 0 and there.max() <= 1
        torch.testing.assert_close(there, back)
        torch.testing.assert_close(measure(x, x), torch.ones(n), rtol=0, atol=1e-6)


@given(seed=st.integers(0, 1000), share=st.floats(0, 1))
def test_nearer_agrees_no_less(seed, share):
    x, target = draw(seed, 1, 1, 6, 6), draw(seed + 1, 1, 1, 6, 6)
    nearer = torch.lerp(x, target, share)
    for measure in (Overlap(), Distance.for_model(model_of(draw(seed + 2, 8, 1, 6, 6)))):
        # both sides are rounded to 8 bits, so a hair less is possible
        assert measure(nearer, target) >= measure(x, target) - 0.05


def test_overlap_by_hand():
    x, target = torch.zeros(2, 1, 2, 2), torch.zeros(2, 1, 2, 2)
    x[0, 0, 0], target[0, 0, :, 0] = 1, 1  # two pixels each, one in common
    torch.testing.assert_close(Overlap()(x, target), torch.tensor([1 - 2 / 4.01, 1.0]))


def test_tolerance_counts_points_within_half_a_unit():
    target = torch.zeros(1, 64)
    x = torch.zeros(2, 64)
    x[0, :6], x[1, :7] = 0.5, -0.6  # half a unit is already too far
    torch.testing.assert_close(Tolerance()(x, target), torch.tensor([58 / 64, 57 / 64]))


def test_intersection_over_union_of_rounded_pixels():
    x = torch.tensor([0.6, 0.5, 0.49, 0.0]).reshape(1, 1, 2, 2)
    target = torch.tensor([0.9, 0.1, 0.9, 0.0]).reshape(1, 1, 2, 2)
    torch.testing.assert_close(Intersection()(x, target), torch.tensor([1 / 3]))
    assert Intersection()(torch.zeros(1, 1, 2, 2), torch.full((1, 1, 2, 2), 0.2)) == 1


def test_distance_by_hand():
    measure = Distance(mean=torch.zeros(1, 2), spread=2.0)
    x, target = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]])
    torch.testing.assert_close(measure(x, target), torch.tensor([(3.0 - 2.0) / (3.0 + 2.0)]))


def test_distance_knows_mean_and_spread_of_the_examples():
    x = torch.tensor([[0.0, 2.0], [0.0, 4.0]])
    measure = Distance.for_model(model_of(x))
    assert measure.mean.tolist() == [[0.0, 3.0]] and measure.spread == 1.0


def test_examples_all_alike_divide_nothing_by_zero():
    measure = Distance.for_model(model_of(torch.full((3, 1, 2, 2), 0.25)))
    assert measure(torch.full((1, 1, 2, 2), 0.25), torch.full((1, 1, 2, 2), 0.25)) == 1
    assert measure(torch.ones(1, 1, 2, 2), torch.full((1, 1, 2, 2), 0.25)) == 0


def test_images_are_compared_as_they_are_drawn():
    x = draw(0, 2, 1, 8, 8)
    pixels = torch.from_numpy(np.round(x.numpy() * 255).astype(np.uint8)).float() / 255
    for measure in measures(draw(1, 9, 1, 8, 8)):
        torch.testing.assert_close(measure(x, draw(2, 2, 1, 8, 8)), measure(pixels, draw(2, 2, 1, 8, 8)))
    torch.testing.assert_close(drawn(x), pixels)


def test_one_target_serves_a_batch():
    x, target = draw(0, 5, 1, 4, 4), draw(1, 1, 1, 4, 4)
    for measure in measures(x):
        torch.testing.assert_close(measure(x, target), measure(x, target.expand(5, -1, -1, -1)))


def test_drawings_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"got \(2, 1, 4, 4\) and \(3, 1, 4, 4\)"):
        Overlap()(draw(0, 2, 1, 4, 4), draw(0, 3, 1, 4, 4))
    with pytest.raises(ValueError, match=r"got shape \(4, 4, 1\)"):
        Overlap()(draw(0, 4, 4, 1), draw(0, 4, 4, 1))


def test_series_have_no_intersection():
    with pytest.raises(ValueError, match="toy/one draws a series"):
        Intersection.for_model(model_of(draw(0, 2, 5)))


@pytest.mark.parametrize("shape", [(6, 3, 4, 4), (6, 7)])
def test_a_page_can_compute_the_same_from_the_description(shape):
    x, target = draw(1, *shape), draw(2, *shape)
    measure = Distance.for_model(model_of(draw(0, *shape)))
    told = json.loads(json.dumps(measure.to_json()))
    mean = told["mean"]
    image = mean["dtype"] == "uint8"
    m = np.frombuffer(base64.b64decode(mean["data"]), mean["dtype"]).reshape(mean["shape"]) / (255 if image else 1)
    a, b = drawn(x).double().numpy(), drawn(target).double().numpy()
    axes = tuple(range(1, a.ndim))
    apart = np.abs(a - b).sum(axes)
    whole = np.abs(a - m).sum(axes) + np.abs(b - m).sum(axes) + told["spread"] / 2
    np.testing.assert_allclose(measure(x, target).numpy(), (whole - apart) / (whole + apart), rtol=1e-5)


@pytest.mark.parametrize("name", list(AGREEMENTS))
def test_every_measure_names_itself(name):
    measure = AGREEMENTS[name].for_model(model_of(draw(0, 4, 1, 4, 4)))
    assert measure.name == name == measure.to_json()["name"]
