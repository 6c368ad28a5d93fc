"""Walks along axes and the middle they go through, against closed forms."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.interfaces import Axis, Part, Space
from engine.models.axes import axes_of
from engine.models.middle import middle
from engine.models.walk import positions, walk, walks


def axis(*indices, kind="continuous", low=-2.0, high=2.0, effect=1.0, center=0.0, **more):
    return Axis(name=f"axis {indices}", kind=kind, indices=indices, low=low, high=high, center=center,
                minimum=2 * low, maximum=3 * high, effect=effect, **more)  # fmt: skip


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


def test_the_middle_has_every_axis_at_its_centre_and_the_rest_as_given():
    axes = (axis(4, center=0.5), axis(0, 1, 2, kind="category", center=2.0))
    code = middle(axes, torch.tensor([0.0, 0, 0, 3, 9]))
    assert code.tolist() == [0, 0, 1, 3, 0.5]
    along = axis(3, 4, kind="direction", direction=(0.6, 0.8), center=5.0)
    code = middle((along,), torch.tensor([0.0, 0, 0, -0.8, 0.6]))
    torch.testing.assert_close(code, torch.tensor([0.0, 0, 0, -0.8 + 3, 0.6 + 4]))


def test_the_middle_of_a_conditional_model_is_of_its_most_common_category():
    class Sum:
        layout, latent_dim, space = Toy.layout, 5, Space(kind="series", shape=(2,))

        def decode(self, z):
            return z.sum(dim=1, keepdim=True).repeat(1, 2)

    options = torch.eye(3)[torch.tensor([0, 1, 1, 2, 0, 1, 2])]  # no option has half of the rows: their median is zero
    codes = torch.cat([options, torch.arange(14.0).reshape(7, 2)], dim=1)
    code = middle(axes_of(Sum(), codes), codes.median(dim=0).values)
    assert code.tolist() == [0, 1, 0, 6, 7]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: walk(axis(0), torch.zeros(1, 2), torch.zeros(1)), r"z should be one code.*z\[0\]"),
        (lambda: walk(Toy.axes[1], torch.zeros(5), torch.tensor([3.0])), "options 0 to 2"),
        (lambda: positions(axis(0), 1), "at least 2 steps"),
        (lambda: positions(axis(0), 5, span="all"), "span 'percentile' or 'full'"),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
