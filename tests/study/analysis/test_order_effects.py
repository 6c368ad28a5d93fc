from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.study.analysis.order_effects import order_effects, stage_factor, trend
from engine.study.measuring.measures import question_table
from tests.study.synthetic import YARDSTICKS, sessions, study

STUDY = study()
QUESTIONS = question_table(sessions(STUDY, 24, seed=8), YARDSTICKS)


def made(slope_stage: float, slope_question: float, noise: float = 0.0, seed: int = 0) -> pd.DataFrame:
    """Response times with a slope of their own, differences between models and between people."""
    effects = QUESTIONS["model"].map({"dsprites/gt": 0.0, "dsprites/vae": 7.0, "dsprites/ae": 19.0})
    people = QUESTIONS["number"] * 1.5
    values = 30 + effects + people + slope_stage * QUESTIONS["stage"] + slope_question * QUESTIONS["question"]
    return QUESTIONS.assign(response_s=values + noise * np.random.default_rng(seed).normal(size=len(values)))


@settings(max_examples=10)
@given(a=st.floats(-3, 3), b=st.floats(-3, 3))
def test_trends_are_found_under_models_and_people(a, b):
    rows = made(a, b)
    assert trend("reconstruction", rows, "stage", "response_s", seed=0).slope == pytest.approx(a, abs=1e-9)
    assert trend("reconstruction", rows, "question", "response_s", seed=0).slope == pytest.approx(b, abs=1e-9)


def test_a_trend_has_an_interval_and_a_p():
    grown = trend("reconstruction", made(-2.0, 0.0, noise=3.0), "stage", "response_s", seed=0)
    assert grown.interval.low < -2.0 < grown.interval.high < 0
    assert grown.p < 0.01
    assert grown.participants == 24


def test_the_stage_as_a_factor():
    effects = order_effects(STUDY, QUESTIONS, seed=0)
    assert [row.stage for row in effects.stages] == [0, 1, 2]
    assert all(row.participants == 24 for row in effects.stages)
    (factor,) = effects.factors
    assert factor.freedom == 2
    assert factor.p > 0.01  # nothing was put in
    tired = QUESTIONS.assign(completion=QUESTIONS["completion"].where(
        (QUESTIONS["stage"] != 2) | (QUESTIONS["question"] < 2), 0.0))
    assert stage_factor("reconstruction", tired).p < 1e-4


def test_a_fixed_order_says_that_nothing_can_be_told_apart():
    fixed = study(order="fixed")
    effects = order_effects(fixed, question_table(sessions(fixed, 6), YARDSTICKS), seed=0)
    stages = [row for row in effects.trends if row.over == "stage"]
    assert all(row.slope is None and "cannot be told apart" in row.note for row in stages)
    assert effects.factors[0].p is None
    assert all(row.slope is not None for row in effects.trends if row.over == "question")


def test_one_stage_has_no_order():
    alone = study(models_each=1)
    effects = order_effects(alone, question_table(sessions(alone, 9), YARDSTICKS), seed=0)
    assert effects.factors[0].note == "Not tested: it needs two stages and two participants."
    assert effects.trends[0].note == "No participant answered more than one stage."


def test_nobody():
    effects = order_effects(STUDY, QUESTIONS.iloc[:0], seed=0)
    assert effects.stages == ()
    assert all(row.note for row in (*effects.factors, *effects.trends))
