"""The original study's log: what it tells becomes sessions, what it does not tell is noticed line by line."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.study.jspsych import jspsych_csv
from engine.study.measuring.yardsticks import Dial
from engine.study.original_log.import_events import import_events
from engine.study.steps import Choice, Practice, Questionnaire, Reconstruction

BEGAN = 1_600_000_000_000.0


def event(key, at=0.0, context=None, session="s1", user="u1", **data):
    value = {"userId": user, "workerId": None, "session": session, "timestamp": BEGAN + at, "eventData": data}
    where = {"modelIdx": 0, "modelKey": "vae", "dataKey": "dsprites", "viz": "sliders"} | (context or {})
    return {"scope": "study", "key": key, "value": value | {"eventContext": where, "turkInfo": {}}}


def entry(t, z, dim=None, dir=0, agreement=0.5, error=4.0):
    return {"t": BEGAN + t, "z": z, "dim": dim, "dir": dir, "xAgg": agreement, "xMse": error}


def question(at=10_000.0, key="slider-quiz-success", context=None, session="s1", user="u1", **changes):
    history = [
        entry(at - 5_004, [0.0, 0.0]),
        entry(at - 4_000, [0.5, 0.0], dim=0, dir=1),
        entry(at - 3_000, [0.5, 1.0], dim=1, dir=1, agreement=0.95, error=0.1),
        entry(at, [0.5, 1.0], agreement=0.95, error=0.1),
    ]
    data = {"startTime": BEGAN + at - 5_000, "duration": 5_000, "zTarget": [0.6, 1.0], "zChosen": [0.5, 1.0]}
    data |= {"xError": 0.1, "xAgreement": 0.95, "errorHistory": history, "stats": {"slideDistances": {"0": 99}}}
    return event(key, at, context, session, user, **data | changes)


def choice(at=10_000.0, context=None, **changes):
    data = {
        "predValue": 2,
        "trueValue": 1,
        "dimId": "dim-1",
        "cmz": [0.1, 0.2],
        "confidence": 4,
        "startedAt": BEGAN + at - 9e3,
    }
    data |= {
        "likertValues": [4, 2],
        "likertQuestions": ["I am confident.", "The dial makes sense."],
        "provideFeedback": True,
    }
    return event("instance-quiz-confirm-selection", at, {"viz": "traversals"} | (context or {}), **data | changes)


def log(*events):
    return "\n".join(json.dumps(one) if isinstance(one, dict) else one for one in events)


def only(*events, **options):
    imported = import_events(log(*events), **options)
    (session,) = imported.sessions
    return session, [str(notice) for notice in imported.notices]


def test_a_reconstruction_becomes_a_step_and_its_response():
    session, notices = only(question())
    (step,), (response,) = session.plan.steps, session.responses
    assert notices == []
    assert isinstance(step, Reconstruction)
    assert (step.model, step.stage, step.question) == ("dsprites/vae", 0, 0)
    assert (step.start, step.target) == ((0.0, 0.0), (0.6, 1.0))
    assert (response.outcome, response.duration_ms, response.shown_ms) == ("solved", 5_000, BEGAN + 5_000)
    assert response.answer == {"code": [0.5, 1.0], "agreement": 0.95, "error": 0.1}
    assert response.history.t_ms == (0.0, 1_000, 2_000, 5_000)  # the first entry lay 4 ms before the start
    assert response.history.axis == (-1, 0, 1, -1)
    assert (session.plan.task, session.plan.models, session.finished_ms) == ("reconstruction", ("dsprites/vae",), None)


def test_questions_are_numbered_by_time_within_their_model():
    second = {"modelIdx": 1, "modelKey": "gt"}
    session, _ = only(question(30_000.0), question(20_000.0, "slider-quiz-skipped"), question(40_000.0, context=second))
    told = [(step.model, step.stage, step.question) for step in session.plan.steps]
    assert told == [("dsprites/vae", 0, 0), ("dsprites/vae", 0, 1), ("dsprites/gt", 1, 0)]
    assert [response.outcome for response in session.responses] == ["skipped", "solved", "solved"]
    assert session.plan.models == ("dsprites/vae", "dsprites/gt")


def test_sessions_are_kept_apart_and_people_lose_their_names():
    imported = import_events(log(question(2e4, session="b", user="ann"), question(1e4, session="a", user="bob")))
    assert [(one.token, one.participant, one.plan.number) for one in imported.sessions] == [
        ("a", "p0001", 0),
        ("b", "p0002", 1),
    ]
    assert not any(name in repr(imported) for name in ("ann", "bob"))


def test_importing_twice_gives_the_same_ids():
    assert import_events(log(question())) == import_events(log(question()))


def test_a_choice_becomes_a_step_with_both_ratings():
    practice = {"s1": 0, "c1": 5, "numCorrect": 3, "startedAt": BEGAN}
    session, notices = only(event("completed-instructions", 500, {"viz": "traversals"}, **practice), choice())
    assert notices == []
    assert isinstance(session.plan.steps[0], Practice)
    step, response = session.plan.steps[1], session.responses[1]
    assert isinstance(step, Choice)
    assert (step.task, step.axis, step.options, step.correct) == ("traversals", 1, ("Low", "Medium", "High"), 1)
    assert response.answer == {"option": 2, "confidence": 4, "sense": 2}
    assert (response.duration_ms, session.plan.task) == (9_000, "traversals")


def test_half_a_character_of_a_comment_is_replaced():
    (session,) = import_events(log(question(), event("quiz-completion", 4e4, comments="cut \ud83d"))).sessions
    assert session.responses[-1].answer == {"comments": "cut \ufffd"}
    assert "cut \ufffd" in jspsych_csv([session]).encode().decode()


def test_ratings_questionnaires_and_demographics_are_read():
    tlx = {
        "Mental Demand": 12,
        "Physical Demand": 0,
        "Temporal Demand": 3,
        "Performance": 20,
        "Effort": 9,
        "Frustration": 1,
    }
    end = {
        "likertQuestions": ["Overall frustrating."],
        "likertValues": [2],
        "comments": "Fun",
        "difficulties": {"vae": 5},
    }
    about = {
        "age": "18-34",
        "gender": ["woman"],
        "location": "Europe",
        "education": "master",
        "selfDescribedGender": "",
    }
    session, notices = only(
        question(),
        event("seq-completion", 2e4, difficulty=5),
        event("qualitative-questions", 3e4, tlxValues=tlx, likertQuestions=["a", "b", "c"], likertValues=[1, 2, 3]),
        event("quiz-completion", 4e4, **end),
        event("completed-demographics", 5e4, **about),
    )
    assert notices == []
    assert [step.name for step in session.plan.steps[1:]] == ["after_model", "after_model", "at_end", "demographics"]
    ease, qualitative, at_end, demographics = (response.answer for response in session.responses[1:])
    assert ease == {"ease": 5}
    assert (qualitative["load_mental"], qualitative["load_performance"]) == (12, 20)
    assert (qualitative["had_plan"], qualitative["understood_dials"]) == (1, 3)
    assert at_end == {"likert_1": 2, "comments": "Fun"}
    assert demographics == {"age": "18-34", "gender": ["woman"], "education": "master", "region": "Europe"}
    assert session.finished_ms == BEGAN + 5e4


def test_a_lost_rating_is_taken_from_the_end():
    session, notices = only(question(), event("quiz-completion", 2e4, difficulties={"vae": 6, "ae": 2}))
    assert isinstance(session.plan.steps[1], Questionnaire)
    assert session.responses[1].answer == {"ease": 6}
    assert notices == [
        "line 2, quiz-completion, mended: the rating of 'vae' after its questions is missing and taken from here",
        "line 2, quiz-completion, aside: difficulties.ae rates a model of which no question was logged",
    ]


def test_dials_are_named_as_our_axes_when_the_model_is_known():
    dials = [  # sorted by effect, a category first; the log counts continuous dials in the order of the code
        Dial(name="Category", kind="category", indices=(0, 1), low=0, high=1),
        Dial(name="B", kind="continuous", indices=(3,), low=-1, high=1),
        Dial(name="A", kind="continuous", indices=(2,), low=-1, high=1),
    ]
    code = [1.0, 0.0, 0.5, 0.5]
    history = [
        entry(5_000, code),
        entry(6_000, code, dim=0, dir=1),
        entry(7_000, code, dim=1, dir=-1),
        entry(8_000, code, 2),
    ]
    asked = question(errorHistory=history, zTarget=code, zChosen=code)
    session, notices = only(asked, dials={"dsprites/vae": dials})
    assert session.responses[0].history.axis == (-1, 2, 1)
    assert notices == [
        "line 1, slider-quiz-success, mended: errorHistory[3] is left out: "
        "dim is 2, but the model has 2 continuous dials"
    ]
    session, _ = only(asked)
    assert session.responses[0].history.axis == (-1, 0, 1, 2)


def test_histories_are_mended_in_the_open():
    history = [
        entry(6_000, [0.1, 0.0], dim=0, dir=1),
        {"t": "late"},
        entry(5_500, [0.2, 0.0], dim=0, dir=1),
        entry(7_000, [0.2], dim=0, dir=1),
    ]
    session, notices = only(question(errorHistory=history))
    assert session.responses[0].history.t_ms == (1_000, 1_000)
    assert session.plan.steps[0].start == (0.1, 0.0)
    assert [notice.partition("mended: ")[2] for notice in notices] == [
        "errorHistory[1] is left out: t should be a number; got 'late'",
        "errorHistory[2] lies 500 ms too early; it is moved",
        "errorHistory[3] is left out: z has 1 numbers, zTarget 2",
        "the first entry of the history follows a move; its code stands for the start",
    ]


def test_an_empty_history_leaves_the_start_open():
    session, notices = only(question(errorHistory=[]))
    assert session.plan.steps[0].start == ()
    assert "the history is empty, so the start is not known" in notices[0]


def test_nothing_is_dropped_in_silence():
    imported = import_events(
        log(
            question(),
            "{broken",
            '"text"',
            {"key": "slider-quiz-success"},
            event("slider-quiz-sucess"),
            event("editable", fieldId="d1", oldValue="Dial 1", value="Width"),
            question(),
            event("seq-completion", 2e4, difficulty=9),
            question(3e4, zTarget=[float("nan"), 1.0]),
            question(4e4, context={"modelIdx": -1}),
            question(5e4, session="s2"),
        )
    )
    assert [str(notice) for notice in imported.notices] == [
        "line 2, no event, dropped: this is no JSON (Expecting property name enclosed in double quotes); "
        "the rest of the line is passed over",
        "line 3, no event, dropped: an event is an object; got 'text'",
        "line 4, slider-quiz-success, dropped: value should be an object; got None",
        "line 5, slider-quiz-sucess, dropped: No event 'slider-quiz-sucess'; did you mean 'slider-quiz-success' or "
        "'slider-quiz-skipped'?",
        "line 6, editable, aside: a dial was renamed from 'Dial 1' to 'Width', which is no answer",
        "line 7, slider-quiz-success, dropped: it was sent twice, first in line 1",
        "line 8, seq-completion, dropped: difficulty should be a whole number from 1 to 7; got 9",
        "line 9, slider-quiz-success, dropped: zTarget should be a list of numbers; got [nan, 1.0]",
        "line 10, slider-quiz-success, dropped: modelIdx should be a whole number from 0; got -1",
        "line 11, slider-quiz-success, aside: this participant took part before, in another session",
    ]
    assert [len(session.responses) for session in imported.sessions] == [1, 1]


def test_an_array_over_many_lines_is_read_too():
    imported = import_events(json.dumps([question(), event("what", 2e4)], indent=2))
    assert len(imported.sessions) == 1
    (notice,) = imported.notices
    assert notice.line == 2 + json.dumps(question(), indent=2).count("\n") + 1
    assert import_events("") == import_events("[]")


KEYS = ["slider-quiz-success", "instance-quiz-confirm-selection", "seq-completion", "qualitative-questions"]
KEYS += ["quiz-completion", "completed-demographics", "completed-instructions", "editable", "other"]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FIELDS = [
    "startTime",
    "duration",
    "zTarget",
    "zChosen",
    "xError",
    "xAgreement",
    "errorHistory",
    "predValue",
    "trueValue",
]
FIELDS += [
    "dimId",
    "cmz",
    "startedAt",
    "likertValues",
    "likertQuestions",
    "difficulty",
    "difficulties",
    "tlx",
    "confidence",
]


@settings(max_examples=300, deadline=None)
@given(
    key=st.sampled_from(KEYS), changes=st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=4), base=st.booleans()
)
def test_no_event_breaks_the_import(key, changes, base):
    data = (question()["value"]["eventData"] | choice()["value"]["eventData"]) if base else {}
    imported = import_events(log(event(key, 2e4, {"viz": "exemplars"}, **data | changes)))
    assert imported.notices or len(imported.sessions) == 1


@pytest.mark.parametrize("depth", [100_000])
def test_depth_does_no_harm(depth):
    (notice,) = import_events('{"a": ' * depth).notices
    assert notice.level == "dropped"
