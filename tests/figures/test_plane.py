from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.figures import plane

CODES = torch.randn(40, 4, generator=torch.Generator().manual_seed(1)) * torch.tensor([1.0, 5.0, 0.1, 2.0])


def test_two_entries_are_shown_as_they_are():
    seen = plane(CODES, (3, 0), names=["a", "b", "c", "d"])
    np.testing.assert_allclose(seen.points, CODES[:, [3, 0]], rtol=1e-6)
    assert (seen.x_title, seen.y_title) == ("d", "a")


def test_principal_components_are_those_of_numpy():
    seen = plane(CODES)
    centred = CODES.double().numpy() - CODES.double().numpy().mean(axis=0)
    values, vectors = np.linalg.eigh(centred.T @ centred)
    for column, place in enumerate((-1, -2)):
        expected = centred @ vectors[:, place]
        assert abs(abs(np.corrcoef(expected, seen.points[:, column])[0, 1]) - 1) < 1e-9
    share = values[-1] / values.sum()
    assert seen.x_title == f"component 1 ({100 * share:.0f} % of variance)"


@given(seed=st.integers(0, 1000))
def test_principal_components_do_not_depend_on_order_or_place(seed):
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(CODES), generator=generator)
    moved = plane(CODES[order] + torch.randn(4, generator=generator))
    np.testing.assert_allclose(moved.points, plane(CODES).points[order], atol=1e-5)


def test_a_code_of_one_entry_still_has_a_plane():
    seen = plane(CODES[:, :1])
    assert seen.points.shape == (40, 2)
    assert not seen.points[:, 1].any()


def test_entries_that_do_not_exist_are_refused():
    with pytest.raises(ValueError, match="entries 0 to 3; asked for \\[0, 4\\]"):
        plane(CODES, (0, 4))
    with pytest.raises(ValueError, match="finite numbers"):
        plane(torch.full((3, 2), float("nan")))
