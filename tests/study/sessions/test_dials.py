"""Where codes stand on dials, and codes turned to other places."""

from __future__ import annotations

import dataclasses

import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.interfaces import Axis
from engine.models.walk import walk
from engine.study.sessions.dials import clamped, copied, dials, ends, stands, turned
from tests.study.decoders import StyleGAN2Like, axis, category


def direction(*values):
    along = torch.tensor(values) / torch.tensor(values).norm()
    return dataclasses.replace(axis(0), kind="direction", indices=(0, 1, 2), direction=tuple(along.tolist()))


AXES: tuple[Axis, ...] = (axis(3), category((0, 1, 2)), direction(1.0, 2.0, -2.0))


def codes_of(seed, *shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@given(seed=st.integers(0, 500), which=st.sampled_from([0, 1, 2]))
def test_a_dial_stands_where_it_was_turned(seed, which):
    codes = codes_of(seed, 4, 5)
    values = torch.tensor([0.0, 1.0, 2.0, 1.0]) if which == 1 else codes_of(seed + 1, 4)
    after = turned(AXES[which], codes, values)
    torch.testing.assert_close(stands(AXES[which], after), values)
    others = [place for place in range(5) if place not in AXES[which].indices]
    assert torch.equal(after[:, others], codes[:, others])


@given(seed=st.integers(0, 100), which=st.sampled_from([0, 1, 2]))
def test_turning_is_walking(seed, which):
    z, values = codes_of(seed, 5), torch.tensor([0.0, 2.0, 1.0])
    torch.testing.assert_close(turned(AXES[which], z, values), walk(AXES[which], z, values).codes)


def test_a_plain_dial_is_set_to_the_bit():
    z, value = torch.tensor([1e8]), torch.tensor([0.1])
    assert turned(axis(0), z, value).item() == value.item()


def test_many_values_of_many_codes_at_once():
    codes = codes_of(0, 7, 1, 5)
    assert turned(AXES[0], codes, torch.linspace(-1, 1, 41)).shape == (7, 41, 5)


def test_codes_come_within_reach_of_the_sliders():
    codes = torch.tensor([[3.0, 0.25], [-3.0, 0.5]])
    axes = (axis(0, minimum=-2.0, maximum=2.0), axis(1))
    assert clamped(axes, codes).tolist() == [[1.0, 0.25], [-1.0, 0.5]]
    assert clamped(axes, codes, "full").tolist() == [[2.0, 0.25], [-2.0, 0.5]]
    assert ends(axes[0]) == (-1.0, 1.0) and ends(axes[0], "full") == (-2.0, 2.0)


def test_what_no_dial_moves_stays():
    model = StyleGAN2Like()
    start, target = model.sample(2, generator=torch.Generator().manual_seed(3)).unbind()
    moved = copied(model.axes, start, target)
    for one in model.axes:
        torch.testing.assert_close(stands(one, moved), stands(one, start), rtol=1e-4, atol=1e-4)
    back = copied(model.axes, target, moved)
    torch.testing.assert_close(back, target, rtol=1e-4, atol=1e-4)


def test_directions_are_dials_only_of_a_model_that_has_nothing_else():
    model = StyleGAN2Like(directions=2)
    assert dials(model) == (0, 1)
    model.axes = (axis(0), *model.axes)
    assert dials(model) == (0,)


def test_collapsed_dials_can_be_hidden():
    model = StyleGAN2Like(directions=2)
    model.axes = (model.axes[0], dataclasses.replace(model.axes[1], collapsed=True))
    assert dials(model) == (0, 1) and dials(model, hide_collapsed=True) == (0,)
    model.axes = (dataclasses.replace(model.axes[0], collapsed=True),)
    assert dials(model, hide_collapsed=True) == (0,)
