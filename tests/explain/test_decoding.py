"""Batches that fit, models turned around, models that redraw each other."""

from __future__ import annotations

import pytest
import torch

from engine.explain import Redraw, codes_of, decode_in_batches, project
from engine.interfaces import Part, Space
from engine.models.sinelines_formula import SinelinesFormula


class Linear:
    """decode(z) = W z, encode(x) = W^+ x."""

    layout = (Part("latent", 3),)
    latent_dim = 3

    def __init__(self, seed, *, length=8, room=1000):
        generator = torch.Generator().manual_seed(seed)
        self.weight = torch.randn(3, length, generator=generator)
        self.space = Space(kind="series", shape=(length,))
        self.room, self.sizes = room, []

    def decode(self, z):
        self.sizes.append(len(z))
        if len(z) > self.room:
            raise torch.OutOfMemoryError("out of memory")
        return z @ self.weight

    def encode(self, x):
        return x @ torch.linalg.pinv(self.weight)


def codes(n, seed=0):
    return torch.randn(n, 3, generator=torch.Generator().manual_seed(seed))


def test_batches_join_to_the_whole():
    model, z = Linear(1), codes(10)
    decoded = decode_in_batches(model, z, batch_size=4)
    torch.testing.assert_close(decoded.x, z @ model.weight)
    assert model.sizes == [4, 4, 2]
    assert decoded.note == ""


def test_a_full_device_halves_the_batch_and_says_so():
    model, z = Linear(1, room=3), codes(10)
    decoded = decode_in_batches(model, z, batch_size=8)
    torch.testing.assert_close(decoded.x, z @ model.weight)
    assert model.sizes == [8, 4, 2, 2, 2, 2, 2]
    assert decoded.batch_size == 2
    assert decoded.note == "The memory of cpu was full: decoded in batches of 2 instead of 8."


def test_a_device_without_room_for_one_code_says_what_to_do():
    with pytest.raises(torch.OutOfMemoryError, match="Choose the CPU"):
        decode_in_batches(Linear(1, room=0), codes(2))


def test_no_codes_decode_to_nothing():
    assert decode_in_batches(Linear(1), codes(0)).x.shape == (0, 8)


def test_projection_finds_the_code_of_a_curve():
    model = SinelinesFormula()
    generator = torch.Generator().manual_seed(3)
    starts = model.sample(400, generator=generator)
    z = model.sample(3, generator=generator)
    x = model.decode(z)
    found = project(model, x, starts=starts, steps=150)
    before = torch.cdist(x, model.decode(starts)).min(dim=1).values.square()
    assert (found.errors < 0.5 * before).all()
    torch.testing.assert_close(found.errors, (model.decode(found.codes) - x).square().sum(dim=1))


def test_projection_keeps_categories_whole_and_works_in_inference_mode():
    class Conditional(Linear):
        layout = (Part("category", 2, "onehot"), Part("latent", 1))

    model = Conditional(2)
    starts = torch.cat([torch.eye(2).repeat(20, 1), codes(40)[:, :1]], dim=1)
    target = torch.tensor([[0.0, 1.0, 0.3]])
    with torch.inference_mode():
        found = project(model, model.decode(target), starts=starts)
    torch.testing.assert_close(found.codes, target, atol=0.02, rtol=0)


def test_projection_never_gets_worse_than_its_starts():
    model, starts = Linear(4), codes(5)
    found = project(model, torch.full((2, 8), 100.0), starts=starts, num_starts=9, steps=3)
    best = torch.cdist(torch.full((2, 8), 100.0), model.decode(starts)).min(dim=1).values.square()
    assert (found.errors <= best * (1 + 1e-5)).all()


def test_an_encoder_is_used_where_there_is_one():
    model, z = Linear(5), codes(4)
    torch.testing.assert_close(codes_of(model, model.decode(z)), z)


def test_redrawing_is_the_second_model_after_the_first():
    first, second, z = Linear(6), Linear(7), codes(4)
    drawn = Redraw(first, second)
    x = first.decode(z)
    torch.testing.assert_close(drawn.decode(z), second.decode(second.encode(x)))
    assert drawn.latent_dim == 3


def test_only_models_of_one_kind_redraw_each_other():
    with pytest.raises(ValueError, match="models of one data set"):
        Redraw(Linear(1), Linear(1, length=9))


def test_a_projection_needs_fitting_examples():
    with pytest.raises(ValueError, match="0 starts"):
        project(Linear(1), torch.zeros(1, 8), starts=codes(0))
