"""Effects that are not there are found as often as the level says, and intervals hold the true mean as often."""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.stats import binom

from engine.explain.hypotheses import Ground, Hypothesis, Session, Shift, trial, verdict
from engine.explain.readouts import gauges
from tests.explain.hypotheses.toys import Formulas, Toy

CARDS = 500


@cache
def results():
    """500 tests, each on 40 codes of its own, of an axis whose effect is as often up as down: a z2 of (z1 + a) z2."""
    toy = Toy(2)
    ground, dials = Ground(toy), gauges(Formulas(lambda z: z[0] * z[1]), toy.space)
    null = Hypothesis(model=toy.id, classifier="toy/formulas", output="height", sign=1,
                      change=Shift(axis="Latent 1", amplitude=1.0))  # fmt: skip
    return tuple(trial(null, ground, dials, count=40, seed=seed, resamples=499) for seed in range(CARDS))


def test_null_cards_are_significant_in_one_of_twenty():
    low, high = binom.interval(0.99, CARDS, 0.05)
    assert low <= sum(found.p <= 0.05 for found in results()) <= high


def test_after_correction_next_to_none_is_left():
    session = Session()
    for found in results():
        session = session.add(found.hypothesis)
        session = session.with_result(len(session.cards) - 1, found)
    outcomes = [judged.outcome for judged in session.verdicts]
    assert sum(outcome in ("supported", "contradicted") for outcome in outcomes) == 0
    alone = [verdict(found, found.p).outcome for found in results()]
    assert 5 < alone.count("supported") + alone.count("contradicted") < 45


def test_bca_intervals_hold_the_true_mean():
    """Of 40 normal effects a BCa interval holds the mean in 94 of 100 cases, a little less often than it says."""
    held = sum(found.interval.low <= 0 <= found.interval.high for found in results())
    low, high = binom.interval(0.999, CARDS, 0.94)
    assert low <= held <= high


def test_bca_intervals_hold_the_mean_of_skewed_effects():
    toy = Toy(2)
    ground, dials = Ground(toy), gauges(Formulas(lambda z: z[0] * z[1].square()), toy.space)  # a z2²: chi-squared
    card = Hypothesis(model=toy.id, classifier="toy/formulas", output="height", sign=1,
                      change=Shift(axis="Latent 1", amplitude=1.0))  # fmt: skip
    true, intervals = ground.scale("Latent 1"), []
    for seed in range(200):
        intervals.append(trial(card, ground, dials, count=80, seed=seed, resamples=499).interval)
    held = np.mean([interval.low <= true <= interval.high for interval in intervals])
    assert 0.87 <= held <= 0.98  # 91 of 100 at this size: the bootstrap is late in long tails
