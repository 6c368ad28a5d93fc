"""Directions freed of each other, principal directions, truncation and steps: closed forms and numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.checkpoints import Direction
from engine.explain.directions import amplitudes, moved, principal, stands, step_lengths, symmetric, truncated, without
from engine.explain.directions.components import PrincipalDirections, neighbours
from engine.explain.directions.coordinates import categories, coordinates, movable
from engine.explain.directions.finder import Latents
from engine.interfaces import Part
from tests.explain.directions.toys import draw

LAYERS = tuple(Part(f"layer {k + 1}", 4, "layer") for k in range(3))
MIXED = (Part("category", 2, "onehot"), Part("latent", 3))


@given(seed=st.integers(0, 1000), others=st.integers(1, 4))
def test_a_freed_direction_changes_no_reading_of_the_others(seed, others):
    vector, away = draw(seed, 6), draw(seed + 1, others, 6)
    found = without(vector, away)
    torch.testing.assert_close(away @ found, torch.zeros(others), atol=1e-5, rtol=0)
    assert float(found.norm()) == pytest.approx(1, abs=1e-6)
    assert float(found @ vector) > 0


def test_one_other_direction_is_taken_off_as_gram_and_schmidt_do():
    found = without(torch.tensor([1.0, 1.0]), torch.tensor([[3.0, 0.0], [6.0, 0.0]]))
    torch.testing.assert_close(found, torch.tensor([0.0, 1.0]))


def test_a_mixture_of_the_others_is_refused():
    with pytest.raises(ValueError, match="mixture of the 2"):
        without(torch.tensor([1.0, 2.0, 0.0]), torch.tensor([[1.0, 0, 0], [0, 1.0, 0]]))


@given(seed=st.integers(0, 1000))
def test_symmetric_directions_cross_at_right_angles_in_any_order(seed):
    vectors = draw(seed, 3, 7)
    found = symmetric(vectors)
    torch.testing.assert_close(found @ found.T, torch.eye(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(symmetric(vectors.flip(0)), found.flip(0), atol=1e-4, rtol=0)


def test_directions_at_right_angles_stay_and_too_many_are_refused():
    torch.testing.assert_close(symmetric(2 * torch.eye(3)), torch.eye(3))
    with pytest.raises(ValueError, match="Choose fewer"):
        symmetric(draw(0, 4, 3))


@given(seed=st.integers(0, 1000))
def test_principal_directions_are_those_of_numpys_svd(seed):
    x = draw(seed, 60, 5) * torch.tensor([3.0, 1.0, 2.0, 0.5, 5.0]) + 4
    found = principal(x, 3)
    centred = x.double().numpy() - x.double().numpy().mean(axis=0)
    _, scales, rows = np.linalg.svd(centred, full_matrices=False)
    np.testing.assert_allclose(np.abs(np.sum(found.vectors.numpy() * rows[:3], axis=1)), 1, atol=1e-4)
    np.testing.assert_allclose(found.scales.numpy(), scales[:3] / np.sqrt(59), rtol=1e-4)
    np.testing.assert_allclose(found.explained.numpy(), (scales**2 / np.sum(scales**2))[:3], rtol=1e-4)
    largest = found.vectors.gather(1, found.vectors.abs().argmax(1, keepdim=True))
    assert (largest > 0).all()  # a sign of their own


def test_there_are_no_more_components_than_dimensions():
    with pytest.raises(ValueError, match="1 to 3 components; got 4"):
        principal(draw(0, 9, 3), 4)


def test_truncation_pulls_to_the_middle_and_not_past_it():
    codes, middle = torch.tensor([[3.0, 5.0]]), torch.tensor([1.0, 1.0])
    layout = (Part("latent", 2),)
    assert torch.equal(truncated(codes, middle, 1.0, layout), codes)  # not codes + 2 middle, as once published
    assert truncated(codes, middle, 0.0, layout).tolist() == [[1.0, 1.0]]
    assert truncated(codes, middle, 0.5, layout).tolist() == [[2.0, 3.0]]


def test_truncation_leaves_categories_alone():
    codes = torch.tensor([[0.0, 1.0, 2.0, 2.0, 2.0]])
    assert truncated(codes, torch.zeros(5), 0.5, MIXED).tolist() == [[0, 1, 1, 1, 1]]


def test_coordinates_are_the_shared_style_or_the_continuous_entries():
    w = draw(0, 2, 4)
    torch.testing.assert_close(coordinates(w.repeat(1, 3), LAYERS), w)
    codes = draw(1, 2, 5)
    assert torch.equal(coordinates(codes, MIXED), codes[:, 2:])
    assert torch.equal(categories(codes, MIXED), codes[:, :2])
    assert movable(MIXED) == (1,)
    with pytest.raises(ValueError, match="categories alone"):
        movable(MIXED[:1])


def test_groups_of_layers_are_neighbours_and_the_larger_come_first():
    assert [len(group) for group in neighbours(18, 4)] == [5, 5, 4, 4]
    assert [index for group in neighbours(7, 3) for index in group] == list(range(7))
    with pytest.raises(ValueError, match="1 to 3 groups"):
        neighbours(3, 4)


def test_groups_have_components_that_move_their_layers_alone():
    codes = draw(2, 50, 4).repeat(1, 3)
    latents = Latents(codes=codes, layout=LAYERS, log_odds=torch.empty(50, 0))
    found = PrincipalDirections(count=2, groups=2).find(latents)
    assert [one.name for one in found] == [
        "PC 1", "PC 2", "PC 1, layer 1 to 2", "PC 2, layer 1 to 2", "PC 1, layer 3", "PC 2, layer 3",
    ]  # fmt: skip
    assert found[4].indices(LAYERS) == (8, 9, 10, 11)
    assert all(len(one.vector) == 4 for one in found)


def test_a_move_changes_where_a_code_stands_and_nothing_across():
    direction = Direction(name="d", parts=(0, 2), vector=torch.tensor([0.6, 0.8, 0, 0]))
    codes = draw(3, 2, 12)
    found = moved(codes, direction, LAYERS, torch.tensor([[1.0, -2.0]] * 2))
    before = stands(codes, direction, LAYERS)
    for place, by in enumerate((1.0, -2.0)):
        torch.testing.assert_close(stands(found[:, place], direction, LAYERS), before + by)
    assert torch.equal(found[:, 0, 4:8], codes[:, 4:8])  # the layer between them
    assert torch.equal(found[:, 0, 2:4], codes[:, 2:4])


def test_steps_are_deviations_or_shares_of_the_style_s_own_length():
    codes = torch.tensor([[3.0, 4, 0, 0]]).repeat(1, 3)
    assert step_lengths(codes, LAYERS, step="norm", spread=9.0).tolist() == [5.0]
    assert step_lengths(codes, LAYERS, step="spread", spread=9.0).tolist() == [9.0]
    with pytest.raises(ValueError, match="spread, norm"):
        step_lengths(codes, LAYERS, step="pixels", spread=9.0)


def test_amplitudes_are_eleven_equal_steps_with_an_exact_zero():
    found = amplitudes(0.09)
    torch.testing.assert_close(found, torch.linspace(-0.09, 0.09, 11))
    assert found[5] == 0
    with pytest.raises(ValueError, match="odd number"):
        amplitudes(1.0, 10)
