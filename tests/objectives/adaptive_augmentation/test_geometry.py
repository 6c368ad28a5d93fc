"""Every move is the matrix of its name, drawn from its distribution, and joined in the order of the list."""

from __future__ import annotations

import math

import pytest
import torch
from torch.distributions import Normal, Uniform

from engine.objectives.adaptive_augmentation.chance import Chance
from engine.objectives.adaptive_augmentation.geometry import GEOMETRY, draw_geometry

N = 4000
SIZE = (24, 40)  # height and width
EYE = torch.eye(3, dtype=torch.float64)


def drawn(name, p=1.0, seed=0, n=N):
    """Forward matrices."""
    chance = Chance(n=n, p=p, generator=torch.Generator().manual_seed(seed))
    return torch.linalg.inv(GEOMETRY[name](chance, SIZE))


def shares(values, options):
    """How often each option comes; that there is no other."""
    found = torch.stack([(values - option).abs() < 1e-12 for option in options])
    assert (found.sum(0) == 1).all()
    return found.double().mean(1)


def test_mirrors():
    matrix = drawn("mirror")
    torch.testing.assert_close(shares(matrix[:, 0, 0], [1, -1]), torch.full((2,), 0.5).double(), atol=0.03, rtol=0)
    matrix[:, 0, 0] = 1
    assert (matrix == EYE).all()


def test_quarter_turns():
    matrix = drawn("quarter-turns")
    angle = torch.atan2(matrix[:, 1, 0], matrix[:, 0, 0]) / (math.pi / 2)
    share = shares(angle.remainder(4), range(4))
    torch.testing.assert_close(share, torch.full((4,), 0.25).double(), atol=0.03, rtol=0)
    assert (matrix == matrix.round()).all() and (torch.linalg.det(matrix) == 1).all()
    assert (matrix[:, :2, 2] == 0).all()


def test_whole_shifts():
    matrix = drawn("whole-shift")
    x, y = matrix[:, 0, 2], matrix[:, 1, 2]
    torch.testing.assert_close(shares(x, range(-5, 6))[1:-1], torch.full((9,), 0.1).double(), atol=0.03, rtol=0)
    torch.testing.assert_close(shares(y, range(-3, 4))[1:-1], torch.full((5,), 1 / 6).double(), atol=0.03, rtol=0)
    assert torch.corrcoef(torch.stack([x, y]))[0, 1].abs() < 0.06
    assert (matrix[:, :2, :2] == EYE[:2, :2]).all()


def test_zooms(follows):
    matrix = drawn("zoom")
    assert follows(matrix[:, 0, 0].log2(), Normal(0.0, 0.2))
    torch.testing.assert_close(matrix[:, 0, 0], matrix[:, 1, 1])
    assert (matrix[:, [0, 1, 0, 1], [1, 0, 2, 2]] == 0).all()


def test_turns(follows):
    matrix = drawn("turn")
    assert follows(torch.atan2(matrix[:, 1, 0], matrix[:, 0, 0]), Uniform(-math.pi, math.pi))
    torch.testing.assert_close(matrix[:, :2, :2] @ matrix[:, :2, :2].mT, EYE[:2, :2].expand(N, -1, -1))
    torch.testing.assert_close(torch.linalg.det(matrix), torch.ones(N, dtype=torch.float64))


def test_stretches(follows):
    matrix = drawn("stretch")
    assert follows(matrix[:, 0, 0].log2(), Normal(0.0, 0.2))
    torch.testing.assert_close(matrix[:, 0, 0] * matrix[:, 1, 1], torch.ones(N, dtype=torch.float64))
    assert matrix[:, 0, 0].std() > 0.1 and (matrix[:, [0, 1, 0, 1], [1, 0, 2, 2]] == 0).all()


def test_shifts(follows):
    matrix = drawn("shift")
    assert follows(matrix[:, 0, 2] / SIZE[1], Normal(0.0, 0.125))
    assert follows(matrix[:, 1, 2] / SIZE[0], Normal(0.0, 0.125))
    assert torch.corrcoef(matrix[:, :2, 2].T)[0, 1].abs() < 0.06
    assert (matrix[:, :2, :2] == EYE[:2, :2]).all()


@pytest.mark.parametrize(
    ("name", "active"),  # how often a move that fires is no move; a shift by 0 px both ways, one in 80
    [("mirror", 1 / 2), ("quarter-turns", 3 / 4), ("zoom", 1), ("stretch", 1), ("shift", 1), ("whole-shift", 59 / 60)],
)
@pytest.mark.parametrize("p", [0.0, 0.2, 0.7])
def test_a_move_fires_with_its_probability(name, active, p):
    moved = (drawn(name, p=p) != EYE).any(dim=(1, 2)).double().mean().item()
    assert moved == pytest.approx(p * active, abs=0.03) and (p > 0 or moved == 0)


@pytest.mark.parametrize("p", [0.0, 0.2, 0.7, 1.0])
def test_at_least_one_of_the_two_turns_fires_with_probability_p(p):
    chance = Chance(n=N, p=p, generator=torch.Generator().manual_seed(0))
    first, second = (GEOMETRY["turn"](chance, SIZE) for _ in range(2))
    fired = torch.stack([(matrix != EYE).any(dim=(1, 2)) for matrix in (first, second)])
    assert fired.any(0).double().mean().item() == pytest.approx(p, abs=0.03)
    each = fired.double().mean(1)
    torch.testing.assert_close(each, torch.full_like(each, 1 - math.sqrt(1 - p)), atol=0.03, rtol=0)


def test_moves_are_joined_in_the_order_of_the_list():
    names = list(GEOMETRY)
    joined = draw_geometry(names, Chance(n=9, p=1.0, generator=torch.Generator().manual_seed(3)), SIZE)
    chance, forward = Chance(n=9, p=1.0, generator=torch.Generator().manual_seed(3)), EYE
    for name in names:  # a point goes through the first move first
        forward = torch.linalg.inv(GEOMETRY[name](chance, SIZE)) @ forward
    torch.testing.assert_close(torch.linalg.inv(joined), forward)
