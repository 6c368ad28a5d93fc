from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.interfaces import Axis
from engine.study.measuring import slides
from engine.study.measuring.active_time import active_s
from engine.study.measuring.measures import MEASURES, measured_in, participant_table, question_table, rating_table
from engine.study.measuring.yardsticks import Dial, Yardstick, dial_spans
from engine.study.questionnaires import EASE, TASK_LOAD
from engine.study.response import History, Response
from engine.study.session import Session
from engine.study.steps import Choice, Plan, Questionnaire, Reconstruction

# Two sliders, [-1, 1] and [0, 10], and a category of three, as the code (u, one-hot, v) of a model would have them.
DIALS = (
    Dial(name="v", kind="continuous", indices=(4,), low=0.0, high=10.0),
    Dial(name="u", kind="continuous", indices=(0,), low=-1.0, high=1.0),
    Dial(name="class", kind="category", indices=(1, 2, 3), low=0.0, high=2.0),
)
YARDSTICKS = {"a/b": Yardstick(dials=DIALS, threshold=0.9)}
START = (0.0, 1.0, 0.0, 0.0, 5.0)

# By hand: u goes up by 1/2 and 1/4 of its span and back by 1/4, v once by a tenth, the class changes twice.
WALK = History(
    t_ms=(0.0, 1000.0, 1100.0, 1200.0, 5200.0, 5300.0, 6000.0),
    code=(
        START,
        (1.0, 1.0, 0.0, 0.0, 5.0),
        (0.5, 1.0, 0.0, 0.0, 5.0),
        (0.5, 1.0, 0.0, 0.0, 6.0),
        (0.5, 0.0, 1.0, 0.0, 6.0),
        (0.5, 0.0, 0.0, 1.0, 6.0),
        (0.5, 0.0, 0.0, 1.0, 6.0),
    ),
    axis=(-1, 1, 1, 0, 2, 2, -1),
    direction=(0, 1, -1, 1, 0, 0, 0),
    agreement=(0.2, 0.5, 0.8991, 0.95, 0.5, 0.92, 0.92),
    error=(10.0, 8.0, 4.0, 2.0, 6.0, 1.0, 1.0),
)


def reconstruction(start=START, model="a/b", question=0):
    return Reconstruction(
        model=model, stage=0, question=question, start=start, target=start, start_row=None, target_row=None, redraws=0
    )


def response(step=0, history=WALK, outcome="solved", duration_ms=8000.0, **answer):
    return Response(
        id=f"r{step}",
        session="t",
        step=step,
        outcome=outcome,
        shown_ms=0.0,
        left_ms=duration_ms,
        duration_ms=duration_ms,
        history=history,
        answer=answer,
    )


def session(steps, responses, task="reconstruction"):
    plan = Plan(number=3, task=task, models=("a/b",), steps=tuple(steps))
    return Session(
        token="t",
        participant="p0001",
        study="s",
        plan=plan,
        began_ms=0.0,
        finished_ms=None,
        completion_code="c",
        clock_ms=(),
        responses=tuple(responses),
    )


def test_a_history_measured_by_hand():
    table = question_table([session([reconstruction()], [response(agreement=0.93, error=0.9)])], YARDSTICKS)
    (row,) = table.to_dict("records")
    assert (row["participant"], row["number"], row["model"], row["question"]) == ("p0001", 3, "a/b", 0)
    expected = {
        "completion": 1.0,
        "response_s": 8.0,
        "active_s": 2.0,  # all gaps but the one of 4 s
        "crossing_s": 1.1,  # 0.8991 is within the slack
        "slide_distance": 0.5 + 0.25 + 0.1,
        "category_changes": 2.0,
        "error_auc": 10 * 1 + 8 * 0.1 + 4 * 0.1 + 2 * 4 + 6 * 0.1 + 1 * 0.7 + 1 * 2,
        "start_agreement": 0.2,
        "final_agreement": 0.93,
        "final_error": 0.9,
        "dial_switches": 2.0,  # u to v, v to class
        "reversals": 1.0,
    }
    assert {name: row[name] for name in expected} == pytest.approx(expected)
    assert np.isnan([row["correct"], row["confidence"], row["sense"]]).all()


def test_what_is_not_known_is_missing_and_not_zero():
    imported = History(
        t_ms=(500.0, 900.0),
        code=((0.5, 1.0, 0.0, 0.0, 5.0), (0.5, 1.0, 0.0, 0.0, 5.0)),
        axis=(1, -1),
        direction=(1, 0),
        agreement=(0.3, 0.3),
        error=(4.0, 4.0),
    )
    steps = [reconstruction(), reconstruction(question=1), reconstruction(model="a/gone", question=2)]
    answered = [response(0, imported, "skipped", 1000.0), response(1, History(), "skipped"), response(2)]
    first, empty, gone = question_table([session(steps, answered)], YARDSTICKS).to_dict("records")
    assert first["slide_distance"] == pytest.approx(0.25)  # from the plan's start on
    assert first["error_auc"] == pytest.approx(4.0)  # the first error holds from the question's start
    assert first["final_agreement"] == 0.3
    assert np.isnan([first["start_agreement"], first["crossing_s"]]).all()
    lost = [name for name in MEASURES if MEASURES[name].of == "reconstruction" and name != "completion"]
    assert np.isnan([empty[name] for name in lost]).all()
    assert empty["completion"] == 0.0
    assert np.isnan([gone["slide_distance"], gone["category_changes"], gone["crossing_s"]]).all()
    assert gone["active_s"] == 2.0


def test_choices_and_ratings():
    choice = Choice(
        model="a/b", stage=0, question=0, task="exemplars", axis=1, options=("Low", "Medium", "High"), correct=2,
        code=START, seed=1,
    )
    page = Questionnaire(name="after_model", items=EASE + TASK_LOAD, stage=0)
    answers = {"ease": 6, "load_mental": 20, "load_effort": 10, "load_physical": None}
    answered = [
        response(0, History(), "answered", 2500.0, option=2, confidence=4, sense=2, more=1),
        response(1, History(), "answered", 2500.0, option=0, confidence=2, sense=2, more=0),
        response(2, History(), "answered", **answers),
    ]
    people = [session([choice, choice, page], answered, "exemplars")]
    table, ratings = question_table(people, YARDSTICKS), rating_table(people)
    assert table["correct"].tolist() == [1.0, 0.0]
    assert table["response_s"].tolist() == [2.5, 2.5]
    assert table["completion"].isna().all()
    assert ratings["item"].tolist() == list(answers)
    (means,) = participant_table(table, ratings).to_dict("records")
    assert (means["questions"], means["correct"], means["confidence"]) == (2, 0.5, 3.0)
    assert (means["ease"], means["task_load"]) == (6.0, 15.0)  # of the scales that were answered


def test_nobody_gives_empty_tables():
    table, ratings = question_table([], YARDSTICKS), rating_table([])
    assert len(table) == len(ratings) == len(participant_table(table, ratings)) == 0
    assert set(MEASURES) <= set(participant_table(table, ratings).columns)


def test_a_direction_is_measured_along_itself():
    dial = Dial(name="d", kind="direction", indices=(0, 2), low=-5.0, high=5.0, direction=(0.6, 0.8))
    codes = np.array([[0.0, 9.0, 0.0], [0.6, 7.0, 0.8], [1.2, 7.0, 1.6]])
    np.testing.assert_allclose(slides.coordinates(codes, dial), [0.0, 1.0, 2.0])


def test_dials_span_what_the_study_says():
    axis = Axis(
        name="z", kind="continuous", indices=(0,), low=-1.0, high=1.0, center=0.0, minimum=-9.0, maximum=8.0, effect=1.0
    )
    assert [(d.low, d.high) for span in ("percentile", "full") for d in dial_spans([axis], span)] == [(-1, 1), (-9, 8)]


def test_which_task_yields_what():
    assert measured_in("reconstruction", "completion")
    assert not measured_in("exemplars", "completion")
    assert measured_in("none", "correct")
    assert all(measured_in(task, "response_s") for task in ("reconstruction", "samples"))


def histories(draw_seed: int, count: int) -> list[History]:
    generator = np.random.default_rng(draw_seed)
    found = []
    for _ in range(count):
        length = int(generator.integers(0, 12))
        hot = np.eye(3)[generator.integers(3, size=length)]
        code = np.column_stack([generator.normal(size=length), hot, generator.normal(size=length)])
        found.append(
            History(
                t_ms=tuple(np.sort(generator.uniform(0, 20_000, length)).tolist()),
                code=tuple(map(tuple, code.tolist())),
                axis=tuple(generator.integers(-1, 3, length).tolist()),
                direction=tuple(generator.integers(-1, 2, length).tolist()),
                agreement=tuple(generator.random(length).tolist()),
                error=tuple(generator.random(length).tolist()),
            )
        )
    return found


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 6))
def test_questions_do_not_influence_each_other(seed, count):
    steps = [reconstruction(question=k) for k in range(count)]
    answered = [response(k, history, duration_ms=21_000.0) for k, history in enumerate(histories(seed, count))]
    together = question_table([session(steps, answered)], YARDSTICKS)
    for k in range(count):
        alone = question_table([session(steps, [answered[k]])], YARDSTICKS)
        for name in MEASURES.keys() - {"ease", "task_load"}:
            np.testing.assert_allclose(alone[name][0], together[name][k], err_msg=name)


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000))
def test_measures_agree_with_plain_loops(seed):
    (history,) = histories(seed, 1)
    if not history.t_ms:
        return
    (row,) = question_table(
        [session([reconstruction()], [response(0, history, duration_ms=21_000.0)])], YARDSTICKS
    ).to_dict("records")
    gaps = np.diff([0.0, *history.t_ms])
    assert row["active_s"] == pytest.approx(gaps[gaps < 3000].sum() / 1000)
    assert row["active_s"] == pytest.approx(active_s(history.t_ms))
    assert row["active_s"] <= row["response_s"]
    ends = [*history.t_ms[1:], 21_000.0]
    begins = [0.0, *history.t_ms[1:]]
    area = sum(e * (b - a) / 1000 for e, a, b in zip(history.error, begins, ends, strict=True))
    assert row["error_auc"] == pytest.approx(area)
    moved = [(a, d) for a, d in zip(history.axis, history.direction, strict=True) if a >= 0]
    pairs = list(pairwise(moved))
    assert row["dial_switches"] == sum(a != b for (a, _), (b, _) in pairs)
    assert row["reversals"] == sum(a == b and s * t < 0 for (a, s), (b, t) in pairs)
    reached = [t / 1000 for t, a in zip(history.t_ms, history.agreement, strict=True) if a >= 0.899]
    assert row["crossing_s"] == pytest.approx(reached[0]) if reached else np.isnan(row["crossing_s"])
