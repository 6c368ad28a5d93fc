from __future__ import annotations

from dataclasses import replace

import engine
from engine.study.design import Goal
from engine.study.matching.goals import resolve
from engine.study.measuring.yardsticks import yardstick
from tests.study.synthetic import study


def test_a_model_gives_its_spans_and_the_goal_its_threshold():
    model = engine.load("sinelines/gt")
    usual = yardstick(model, study())
    assert usual.threshold == 0.9 and usual.reached_at == resolve(Goal(), model).reached_at == 0.9 - 0.001
    assert replace(usual, threshold=None).reached_at is None
    assert [(d.name, d.indices, d.low, d.high) for d in usual.dials] == [
        (a.name, a.indices, a.low, a.high) for a in model.axes
    ]
    full = yardstick(model, study(range="full", goal=Goal(threshold=0.5)))
    assert full.threshold == 0.5
    assert [(d.low, d.high) for d in full.dials] == [(a.minimum, a.maximum) for a in model.axes]
