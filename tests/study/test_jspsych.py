"""The jsPsych-style table: one row a step, its own columns first, lists as JSON."""

from __future__ import annotations

import csv
import io
import json

from engine.study.design import Item
from engine.study.jspsych import COLUMNS, jspsych_csv, jspsych_rows
from engine.study.questionnaires import EASE
from engine.study.response import History, Response
from engine.study.session import Session
from engine.study.steps import Choice, Consent, Plan, Practice, Questionnaire, Reconstruction

STEPS = (
    Consent(text="Agree?"),
    Practice(text="Try.", task="reconstruction", required=True),
    Reconstruction(
        model="dsprites/vae",
        stage=0,
        question=0,
        start=(0.0, 0.0),
        target=(1.0, 0.5),
        start_row=1,
        target_row=2,
        redraws=0,
    ),
    Choice(
        model="dsprites/vae",
        stage=0,
        question=1,
        task="samples",
        axis=1,
        options=("Low", "Medium", "High"),
        correct=2,
        code=(0.5, 2.0),
        seed=7,
    ),
    Questionnaire(name="after_model", items=(*EASE, Item(name="why", text="Why?", kind="text")), stage=0),
)

HISTORY = History(
    t_ms=(0.0, 120.0),
    code=((0.0, 0.0), (1.0, 0.4)),
    axis=(-1, 0),
    direction=(0, 1),
    agreement=(0.1, 0.95),
    error=(9.0, 0.2),
)


def response(step, outcome="answered", **changes):
    row = {"id": f"r{step}", "session": "secret", "step": step, "outcome": outcome, "shown_ms": 1000.0 * step + 5000}
    return Response(**row | {"left_ms": 1000.0 * step + 5900, "duration_ms": 899.6} | changes)


def session(*responses, finished=9.0):
    plan = Plan(number=3, task="reconstruction", models=("dsprites/vae",), steps=STEPS)
    return Session(
        token="secret",
        participant="p0004",
        study="shapes",
        plan=plan,
        began_ms=0.0,
        finished_ms=finished,
        completion_code="CODE",
        clock_ms=(0.0,),
        responses=responses,
    )


EVERY = (
    response(0, "agreed"),
    response(1, "passed"),
    response(2, "solved", answer={"code": [1, 0.4], "agreement": 0.95, "error": 0.2}, history=HISTORY, decoder="page"),
    response(3, answer={"option": 1, "confidence": 4, "sense": 2, "more": 0}),
    response(4, answer={"ease": 6, "why": '=1+1, "so"\nthere'}),
)


def read(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_one_row_a_step_with_jspsychs_own_columns():
    rows = read(jspsych_csv([session(*EVERY)]))
    assert tuple(rows[0]) == COLUMNS
    assert [row["trial_type"] for row in rows] == [
        "html-button-response",
        "latent-practice",
        "latent-reconstruction",
        "latent-choice",
        "survey",
    ]
    assert [row["trial_index"] for row in rows] == list("01234")
    assert [row["time_elapsed"] for row in rows] == ["900", "1900", "2900", "3900", "4900"]
    assert {row["rt"] for row in rows} == {"900"}
    assert rows[2]["internal_node_id"] == "0.0-2.0"
    assert {row["subject"] for row in rows} == {"p0004"}


def test_what_was_asked_and_answered_is_there():
    _, _, reconstruction, choice, survey = read(jspsych_csv([session(*EVERY)]))
    assert (reconstruction["correct"], reconstruction["agreement"]) == ("true", "0.95")
    assert json.loads(reconstruction["target"]) == [1.0, 0.5]
    assert json.loads(reconstruction["code"]) == [1, 0.4]
    assert (choice["correct"], choice["axis"], choice["target"]) == ("false", "1", "2")
    assert json.loads(choice["options"]) == ["Low", "Medium", "High"]
    assert json.loads(survey["response"]) == {"ease": 6, "why": '=1+1, "so"\nthere'}
    assert survey["model"] == ""


def test_histories_come_when_asked_for():
    assert read(jspsych_csv([session(*EVERY)]))[2]["history"] == ""
    rows = read(jspsych_csv([session(*EVERY)], histories=True))
    assert json.loads(rows[2]["history"])[1] == {
        "t_ms": 120.0,
        "code": [1.0, 0.4],
        "axis": 0,
        "direction": 1,
        "agreement": 0.95,
        "error": 0.2,
    }
    assert rows[3]["history"] == ""


def test_the_token_that_opens_a_session_stays_here():
    assert "secret" not in jspsych_csv([session(*EVERY)], histories=True)


def test_an_unfinished_session_has_the_rows_it_has():
    rows = jspsych_rows(session(*reversed(EVERY[:2]), finished=None))
    assert [(row["step"], row["finished"]) for row in rows] == [(0, "false"), (1, "false")]
    assert jspsych_rows(session()) == []
    assert read(jspsych_csv([])) == []
