"""Lines and neighbours in code space, against closed forms."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.explain import interpolate, nearest
from engine.interfaces import Axis, Part

LAYOUT = (Part("category", 3, "onehot"), Part("latent", 2))


def axis(*indices, low=-2.0, high=2.0, effect=1.0):
    return Axis(name=f"axis {indices}", kind="continuous", indices=indices, low=low, high=high, center=0.0,
                minimum=2 * low, maximum=3 * high, effect=effect)  # fmt: skip


def test_lines_are_straight_and_categories_change_in_the_middle():
    a, b = torch.tensor([1.0, 0, 0, 0, 4]), torch.tensor([0.0, 0, 1, 2, 0])
    codes = interpolate(a, b, layout=LAYOUT, count=5)
    torch.testing.assert_close(codes[:, 3:], torch.tensor([[0, 4], [0.5, 3], [1, 2], [1.5, 1], [2, 0]]))
    assert codes[:, :3].argmax(dim=1).tolist() == [0, 0, 2, 2, 2]
    assert torch.equal(codes[:, :3].sum(dim=1), torch.ones(5))


def test_the_nearest_code_is_near_in_what_matters():
    strong, collapsed = axis(0, effect=0.5), axis(1, effect=1e-4, low=-0.01, high=0.01)
    codes = torch.tensor([[0.0, 0.01], [1.0, 0.0]])
    assert nearest(codes, torch.tensor([0.2, -0.01]), axes=(strong, collapsed)) == 0


@given(seed=st.integers(0, 10_000), row=st.integers(0, 19))
def test_a_known_code_is_its_own_neighbour(seed, row):
    codes = torch.randn(20, 2, generator=torch.Generator().manual_seed(seed))
    assert nearest(codes, codes[row], axes=(axis(0), axis(1, effect=0.1))) == row


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: interpolate(torch.zeros(5), torch.zeros(4), layout=LAYOUT), r"Two codes of shape \(5,\)"),
        (lambda: nearest(torch.zeros(0, 2), torch.zeros(2), axes=()), "0 rows"),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
