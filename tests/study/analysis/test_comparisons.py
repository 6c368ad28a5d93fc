from __future__ import annotations

import pandas as pd
import pytest

from engine.study.analysis.comparisons import compare, declared
from engine.study.design import Contrast
from tests.study.synthetic import study

GT, VAE, AE = "dsprites/gt", "dsprites/vae", "dsprites/ae"


def table(values, task="reconstruction", measure="completion"):
    """Rows of `participant_table` from {model: {participant: value}}."""
    rows = [
        {"participant": who, "task": task, "model": model, measure: value}
        for model, people in values.items()
        for who, value in people.items()
    ]
    return pd.DataFrame(rows, columns=["participant", "task", "model", measure])


def test_pairs_by_hand():
    means = table({GT: {"a": 1.0, "b": 0.8, "c": 1.0}, VAE: {"a": 0.4, "b": 0.8, "c": 0.6, "d": 0.0}})
    first, second = compare(study(), means, seed=0)
    assert (first.design, first.participants, first.exact, first.rearrangements) == ("paired", 3, True, 8)
    assert first.difference == pytest.approx(1 / 3)  # 0.6, 0, 0.4: d saw one model only
    assert first.p == 0.5  # 4 of 8 patterns: the zero may have either sign
    assert first.p_holm == 1.0  # twice, of the two declared
    assert first.effect == pytest.approx((1 / 3) / 0.305505, rel=1e-4)
    assert first.note.startswith("Too few participants: p cannot fall below 0.250")
    assert (second.design, second.p, second.p_holm, second.difference) == ("none", None, None, None)
    assert second.note == "No included participant has data with dsprites/ae: not tested."


def test_groups_of_different_people_are_not_paired():
    means = table({GT: {"a": 1.0, "b": 0.8, "c": 1.0, "d": 0.9}, VAE: {"e": 0.4, "f": 0.2, "g": 0.6, "h": 0.3}})
    first, _ = compare(study(models_each=1), means, seed=0)
    assert (first.design, first.participants, first.rearrangements) == ("unpaired", 8, 70)
    assert first.p == pytest.approx(2 / 70)
    assert first.difference == pytest.approx(0.55)
    assert first.interval.low < 0.55 < first.interval.high


def test_alike_is_said_and_not_found():
    same = {"a": 1.0, "b": 1.0, "c": 1.0, "d": 1.0, "e": 1.0, "f": 1.0}
    first, _ = compare(study(), table({GT: same, VAE: same}), seed=0)
    assert (first.p, first.interval, first.effect) == (1.0, None, None)
    assert first.note == "Every participant has the same value with both models."


def test_a_contrast_is_tested_in_the_tasks_that_yield_its_measure():
    contrasts = (Contrast(first=GT, second=AE), Contrast(first=GT, second=AE, measure="correct"),
                 Contrast(first=GT, second=AE, measure="ease"))
    of = study(tasks=("reconstruction", "exemplars"), contrasts=contrasts)
    assert [(task, contrast.measure) for task, contrast in declared(of)] == [
        ("reconstruction", "completion"), ("reconstruction", "ease"), ("exemplars", "correct"), ("exemplars", "ease")
    ]


def test_nobody_and_no_contrasts():
    assert compare(study(contrasts=()), table({}), seed=0) == ()
    assert [test.p for test in compare(study(), table({}), seed=0)] == [None, None]
