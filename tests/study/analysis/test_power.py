from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import nct
from scipy.stats import t as student

from engine.study.analysis import Assumptions, participants_needed, power, power_curve
from engine.study.analysis.power import completion_rates, null, participants_tried

MANY = Assumptions(first=0.55, second=0.5, questions=100, participant_sd=0.3, interaction_sd=0.4)


def analytic_power(assumed: Assumptions, participants: int) -> float:
    """Of the paired t test on normal differences with the spread that the assumptions give."""
    rates = completion_rates(assumed, 2000, studies=20, seed=5)
    differences = rates[0] - rates[1]
    shift = differences.mean() / differences.std() * np.sqrt(participants)
    edge = student.ppf(0.975, participants - 1)
    return float(nct.sf(edge, participants - 1, shift) + nct.cdf(-edge, participants - 1, shift))


@pytest.mark.parametrize("participants", [12, 25, 40])
def test_simulated_power_is_near_that_of_the_t_test(participants):
    found = power(MANY, participants, studies=2000, seed=1)
    expected = analytic_power(MANY, participants)
    assert 0.2 < expected < 0.99
    assert abs(found.power - expected) < 0.035
    assert found.interval.low < found.power < found.interval.high


@given(rate=st.floats(0.05, 0.95), sd=st.floats(0, 3))
def test_drawn_rates_have_the_assumed_mean(rate, sd):
    assumed = Assumptions(first=rate, second=0.5, questions=5, participant_sd=sd)
    drawn = completion_rates(assumed, 100, studies=200, seed=3)
    error = np.sqrt(rate * (1 - rate) / 20_000)  # at most: all questions of a participant alike
    assert abs(drawn[0].mean() - rate) < 5 * error
    assert abs(drawn[1].mean() - 0.5) < 5 * 0.5 / np.sqrt(20_000)


def test_without_an_effect_power_is_the_level_at_most():
    assert power(null(MANY), 20).interval.low < 0.05
    assert power(replace(MANY, paired=False, second=MANY.first), 20).interval.low < 0.05


def test_the_fewest_participants_are_enough_and_one_less_is_not():
    assumed = Assumptions(first=0.9, second=0.7, questions=5)
    enough = participants_needed(assumed, target=0.8, studies=400, seed=2)
    assert enough.power >= 0.8
    assert power(assumed, enough.participants - 1, studies=400, seed=2).power < 0.8
    more = participants_needed(replace(assumed, paired=False), target=0.8, studies=400, seed=2)
    assert more.participants > enough.participants


def test_an_effect_of_nothing_needs_more_than_there_are():
    assert participants_needed(Assumptions(first=0.7, second=0.7, questions=5), studies=200) is None


def test_five_pairs_never_reach_significance():
    assert power(Assumptions(first=0.99, second=0.01, questions=10), 5, studies=200).power == 0.0


def test_power_repeats_and_grows():
    assumed = Assumptions(first=0.9, second=0.6, questions=5)
    curve = power_curve(assumed, (8, 16, 32), studies=300, seed=4)
    assert curve == power_curve(assumed, (8, 16, 32), studies=300, seed=4)
    assert curve[0].power < curve[1].power < curve[2].power


@pytest.mark.parametrize("wrong", [{"first": 1.0}, {"second": 0.0}, {"questions": 0}, {"participant_sd": -1.0}])
def test_impossible_assumptions_are_refused(wrong):
    with pytest.raises(ValueError, match="got"):
        replace(MANY, **wrong)
    with pytest.raises(ValueError, match="two participants"):
        power(MANY, 1)


def test_what_is_tried_leads_to_what_is_needed():
    assumed = Assumptions(first=0.9, second=0.6, questions=5)
    tried = list(participants_tried(assumed, target=0.7, studies=200, seed=4))
    needed = participants_needed(assumed, target=0.7, studies=200, seed=4)
    assert needed in tried
    assert [one for one in tried if one.participants < needed.participants and one.power >= 0.7] == []
    assert needed.participants - 1 in [one.participants for one in tried]
