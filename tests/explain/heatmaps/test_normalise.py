"""One scale for all methods: 98 % of the mass, as in Captum and the published system."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from captum.attr._utils.visualization import _normalize_attr

from engine.explain.heatmaps import SIGNS, normalise


def signed(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0)).pow(3)


@pytest.mark.parametrize("sign", SIGNS)
def test_it_equals_captums_own(sign):
    values = signed(4, 3, 9, 7)
    name = {"absolute": "absolute_value"}.get(sign, sign)
    expected = np.stack([_normalize_attr(one.sum(dim=0).numpy(), name) for one in values])
    torch.testing.assert_close(normalise(values, sign=sign), torch.from_numpy(expected).float())


def test_pictures_and_methods_do_not_influence_each_other():
    values = signed(5, 2, 3, 6, 6) * torch.tensor([1e-9, 1e6])[:, None, None, None]
    each = torch.stack([torch.stack([normalise(one) for one in row]) for row in values])
    torch.testing.assert_close(normalise(values), each)
    torch.testing.assert_close(normalise(values[:, 1]), normalise(values[:, 1] * 1e-12))  # scales do not matter


def test_tiny_maps_are_not_taken_for_zero():
    assert float(normalise(signed(1, 3, 6, 6) * 1e-20).abs().max()) == 1


def test_zero_and_what_only_rounding_leaves_stay_white():
    assert not normalise(torch.zeros(2, 3, 4, 4)).any()
    cancels = torch.ones(1, 3, 4, 4) * torch.tensor([0.1, 0.2, -0.3])[:, None, None]
    assert not normalise(cancels).any()
    assert not normalise(-signed(1, 1, 5, 5).abs(), sign="positive").any()


def test_the_threshold_leaves_out_two_percent_of_the_mass():
    values = torch.ones(1, 1, 10, 10)
    values[0, 0, 0, 0] = 2.0  # less than two percent of the mass is in no single pixel but this one
    shown = normalise(values)
    assert float(shown.min()) == 1.0 or float(shown[0, 1, 1]) == 1.0


@pytest.mark.parametrize(
    ("values", "settings", "message"),
    [
        (torch.zeros(4, 4), {}, "values"),
        (torch.zeros(1, 3, 4, 4), {"mass": 0}, "mass should be"),
        (torch.zeros(1, 3, 4, 4), {"sign": "both"}, "No sign 'both'"),
        (torch.full((1, 3, 4, 4), torch.inf), {}, "finite"),
    ],
)
def test_what_is_no_attribution_is_refused(values, settings, message):
    with pytest.raises(ValueError, match=message):
        normalise(values, **settings)
