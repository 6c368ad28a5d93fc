"""The probability follows the sign of the discriminator's surplus of certainty, and never falls below zero."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.objectives.adaptive_augmentation import next_probability


@pytest.mark.parametrize(
    ("p", "sign_mean", "expected"),
    [
        (0.5, 0.9, 0.5 + 64 * 4 / 500_000),
        (0.5, 0.1, 0.5 - 64 * 4 / 500_000),
        (0.5, 0.6, 0.5),
        (0.0, 0.1, 0.0),
        (0.0001, -1.0, 0.0),
        (1.0, 1.0, 1.0 + 64 * 4 / 500_000),  # no upper bound
    ],
)
def test_one_step_by_hand(p, sign_mean, expected):
    p, sign_mean = torch.tensor(p, dtype=torch.float64), torch.tensor(sign_mean, dtype=torch.float64)
    before = p.clone()
    torch.testing.assert_close(
        next_probability(p, sign_mean, batch_size=64), torch.tensor(expected, dtype=torch.float64)
    )
    assert torch.equal(p, before)


@given(
    st.integers(1, 512), st.integers(1, 64), st.floats(0, 1), st.floats(1, 1000), st.floats(-1, 1), st.floats(0, 2)
)
def test_a_step_is_the_share_of_the_pictures_seen(batch_size, every, target, kimg, sign_mean, p):
    so_far, mean = torch.tensor([p, sign_mean], dtype=torch.float64)
    after = next_probability(so_far, mean, batch_size=batch_size, every=every, target=target, kimg=kimg).item()
    step = batch_size * every / (kimg * 1000) * ((sign_mean > target) - (sign_mean < target))
    assert after >= 0 and after == pytest.approx(max(0.0, p + step))


def test_numbers_do_as_well_as_tensors():
    assert next_probability(0.25, 1, batch_size=32).item() == pytest.approx(0.25 + 32 * 4 / 500_000)
    assert next_probability(0, 0.7, batch_size=32).item() == pytest.approx(32 * 4 / 500_000)


def test_p_goes_from_zero_to_one_in_500_kimg():
    p = torch.zeros(())
    for _ in range(500_000 // (1000 * 4)):
        p = next_probability(p, 1.0, batch_size=1000)
    assert p.item() == pytest.approx(1, abs=1e-5)


def test_p_settles_where_a_discriminator_that_overfits_less_on_changed_pictures_has_the_target():
    def certainty(p):  # surplus of positive signs on real pictures: all known by heart at first, the less the more p
        return 1 - 1.6 * p

    p, path = torch.zeros((), dtype=torch.float64), []
    for _ in range(600):
        p = next_probability(p, certainty(p), batch_size=64, every=4, kimg=100)
        path.append(p.item())
    assert path[0] > 0 and path[-1] == pytest.approx(0.25, abs=0.005)  # 1 - 1.6 * 0.25 = 0.6
    for _ in range(600):  # with more data it overfits no longer
        p = next_probability(p, 0.2, batch_size=64, every=4, kimg=100)
        assert p >= 0
    assert p == 0


@pytest.mark.parametrize("wrong", [{"batch_size": 0}, {"batch_size": 8, "every": 0}, {"batch_size": 8, "kimg": -1}])
def test_sizes_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match="should be positive; got"):
        next_probability(0.0, 1.0, **wrong)
