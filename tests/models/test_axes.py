from __future__ import annotations

import pytest
import torch

from engine.interfaces import PERCENTILES, Part, Space
from engine.models.axes import axes_of


class Paint:
    """Draws entry k of the code with weight k; a category in front."""

    layout = (Part("category", 3, "onehot"), Part("latent", 3))
    latent_dim = 6
    space = Space(kind="series", shape=(4,))

    def decode(self, z):
        weights = torch.tensor([0.0, 1.0, 2.0, 0.0, 1.0, 5.0])
        return (z @ weights)[:, None].repeat(1, 4)


def codes(n=2001):
    latents = torch.linspace(-1, 1, n)[:, None].repeat(1, 3)
    return torch.cat([torch.eye(3).repeat(n, 1)[:n], latents], dim=1)


def test_axes_carry_ranges_of_the_codes_and_are_sorted_by_effect():
    axes = axes_of(Paint(), codes(), options=("a", "b", "c"))
    assert [axis.name for axis in axes] == ["Latent 3", "Category", "Latent 2", "Latent 1"]
    strongest = axes[0]
    assert strongest.indices == (5,)
    assert strongest.low == pytest.approx(-0.99) and strongest.high == pytest.approx(0.99)
    assert strongest.center == pytest.approx(0.0, abs=1e-6)
    assert (strongest.minimum, strongest.maximum) == (-1.0, 1.0)
    assert strongest.percentiles == pytest.approx([p / 50 - 1 for p in PERCENTILES], abs=1e-6)
    assert strongest.effect == pytest.approx(5 * 0.99 * 5 / 9, rel=1e-4)  # mean of |value| at nine steps
    assert [axis.collapsed for axis in axes] == [False, False, False, True]
    assert axes[1].options == ("a", "b", "c") and axes[1].indices == (0, 1, 2)


def test_known_limits_take_the_place_of_measured_ranges():
    axes = {axis.name: axis for axis in axes_of(Paint(), codes(), limits=[(-2.0, 3.0)] * 3)}
    one = axes["Latent 3"]
    assert (one.low, one.high, one.minimum, one.maximum) == (-2.0, 3.0, -2.0, 3.0)
    assert one.percentiles[0] == -1.0, "percentiles stay those of the codes"
    assert one.effect > 5 * 0.99 * 5 / 9


def test_a_model_says_its_own_limits():
    class Bounded(Paint):
        code_limits = ((-2.0, 3.0), (0.0, 1.0), (-1.0, 4.0))

    found = {axis.indices: (axis.low, axis.high) for axis in axes_of(Bounded(), codes()) if axis.kind == "continuous"}
    assert found == {(3,): (-2.0, 3.0), (4,): (0.0, 1.0), (5,): (-1.0, 4.0)}


def test_factors_keep_their_order():
    class Factors(Paint):
        layout = (Part("factor", 6),)

    names = tuple("uvwxyz")
    assert tuple(axis.name for axis in axes_of(Factors(), codes(), names=names)) == names
