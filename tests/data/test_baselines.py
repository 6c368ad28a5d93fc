"""Pictures with their content taken away."""

from __future__ import annotations

import pytest
import torch

from engine.data.baselines import BASELINES, baseline, blurred


@pytest.mark.parametrize("kind", BASELINES)
@pytest.mark.parametrize("channels", [1, 3])
def test_a_baseline_depends_on_its_picture_alone_and_stays_in_range(kind, channels):
    x = torch.rand(3, channels, 10, 12, generator=torch.Generator().manual_seed(0))
    found = baseline(x, kind)
    assert found.shape == x.shape and float(found.min()) >= 0 and float(found.max()) <= 1 + 1e-6
    torch.testing.assert_close(found[1:2], baseline(x[1:2], kind))
    found.zero_()  # it is no view of the picture


def test_a_blur_keeps_what_is_even_and_spreads_a_point_symmetrically():
    torch.testing.assert_close(blurred(torch.full((1, 2, 9, 9), 0.3), 2.0), torch.full((1, 2, 9, 9), 0.3))
    point = torch.zeros(1, 1, 9, 9)
    point[0, 0, 4, 4] = 1.0
    spread = blurred(point, 1.0)[0, 0]
    torch.testing.assert_close(spread, spread.T)
    torch.testing.assert_close(spread, spread.flip(0))
    assert float(spread.sum()) == pytest.approx(1, abs=1e-3) and spread.argmax() == 40


def test_an_unknown_baseline_is_answered_with_its_neighbours():
    with pytest.raises(ValueError, match="No baseline 'blak'; did you mean 'black' or 'blur'"):
        baseline(torch.zeros(1, 1, 4, 4), "blak")
