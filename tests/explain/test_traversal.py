"""Walks, lines and neighbours in code space, against closed forms."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.explain import interpolate, nearest, positions, walk, walks
from engine.interfaces import Axis, Part


def axis(*indices, kind="continuous", low=-2.0, high=2.0, effect=1.0, **more):
    return Axis(name=f"axis {indices}", kind=kind, indices=indices, low=low, high=high, center=0.0, minimum=2 * low,
                maximum=3 * high, effect=effect, **more)  # fmt: skip


class Toy:
    layout = (Part("category", 3, "onehot"), Part("latent", 2))
    axes = (axis(4), axis(0, 1, 2, kind="category"), axis(3, 4, kind="direction", direction=(0.6, 0.8)))


@given(seed=st.integers(0, 10_000), count=st.integers(2, 9))
def test_a_walk_moves_its_own_entries_only(seed, count):
    z = torch.randn(5, generator=torch.Generator().manual_seed(seed))
    for row in walks(Toy, z, count=count):
        others = [k for k in range(5) if k not in row.axis.indices]
        assert torch.equal(row.codes[:, others], z[others].expand(len(row.codes), -1))
        assert len(row.codes) == len(row.values) == (3 if row.axis.kind == "category" else count)


def test_a_latent_goes_from_its_lower_to_its_upper_end():
    one = axis(1)
    torch.testing.assert_close(positions(one, 5), torch.tensor([-2.0, -1.0, 0.0, 1.0, 2.0]))
    torch.testing.assert_close(positions(one, 3, span="full"), torch.tensor([-4.0, 1.0, 6.0]))
    torch.testing.assert_close(
        walk(one, torch.zeros(2), positions(one, 3)).codes, torch.tensor([[0, -2], [0, 0], [0, 2.0]])
    )


def test_a_category_visits_every_option():
    codes = walk(Toy.axes[1], torch.tensor([0.0, 1, 0, 5, 6]), positions(Toy.axes[1])).codes
    assert torch.equal(codes[:, :3], torch.eye(3))


def test_a_direction_changes_the_projection_on_it_and_nothing_across():
    along, z = Toy.axes[2], torch.tensor([1.0, 0, 0, 3, -1])
    unit = torch.tensor([0.6, 0.8])
    codes = walk(along, z, torch.tensor([-1.0, 0.5]))
    torch.testing.assert_close(codes.codes[:, 3:] @ unit, torch.tensor([-1.0, 0.5]))
    across = torch.tensor([-0.8, 0.6])
    torch.testing.assert_close(codes.codes[:, 3:] @ across, (z[3:] @ across).expand(2))


def test_lines_are_straight_and_categories_change_in_the_middle():
    a, b = torch.tensor([1.0, 0, 0, 0, 4]), torch.tensor([0.0, 0, 1, 2, 0])
    codes = interpolate(a, b, layout=Toy.layout, count=5)
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
        (lambda: walk(axis(0), torch.zeros(1, 2), torch.zeros(1)), r"z should be one code.*z\[0\]"),
        (lambda: walk(Toy.axes[1], torch.zeros(5), torch.tensor([3.0])), "options 0 to 2"),
        (lambda: positions(axis(0), 1), "at least 2 steps"),
        (lambda: positions(axis(0), 5, span="all"), "span 'percentile' or 'full'"),
        (lambda: interpolate(torch.zeros(5), torch.zeros(4), layout=Toy.layout), r"Two codes of shape \(5,\)"),
        (lambda: nearest(torch.zeros(0, 2), torch.zeros(2), axes=()), "0 rows"),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
