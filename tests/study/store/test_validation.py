"""What is refused, and what is said about it; what an honest page sends is taken."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.study.response import History
from engine.study.session import Session
from engine.study.steps import Choice, Plan, Practice
from engine.study.store import ResponseError, Store, read_response
from engine.study.store.encoding import dumps, to_json
from engine.study.store.validation import MAX_BYTES, MAX_ENTRIES, check
from tests.study.store.samples import NOW_MS, STUDY, plan_for, response_to

PLAN = plan_for(0)
SESSION = Session(
    token="token", participant="p0001", study="dials", plan=PLAN, began_ms=NOW_MS, finished_ms=None,
    completion_code="", clock_ms=(0.0,), responses=(),
)  # fmt: skip
CONSENT, PRACTICE, MOVED, CHOSEN, RATED, SAID = range(6)


def refused(response, plan=PLAN):
    with pytest.raises(ResponseError) as caught:
        check(response, plan)
    return str(caught.value)


@pytest.mark.parametrize("step", range(6))
def test_an_honest_response_is_taken(step):
    check(response_to(SESSION, step), PLAN)


@pytest.mark.parametrize(
    ("step", "outcome"),
    [(CONSENT, "answered"), (PRACTICE, "skipped"), (MOVED, "answered"), (CHOSEN, "solved"), (RATED, "agreed")],
)
def test_an_outcome_fits_its_step(step, outcome):
    assert f"got '{outcome}'" in refused(replace(response_to(SESSION, step), outcome=outcome))


def test_a_practice_that_is_not_required_may_be_skipped():
    plan = replace(PLAN, steps=(Practice(text="", task="none", required=False),))
    session = replace(SESSION, plan=plan)
    check(replace(response_to(session, 0), outcome="skipped"), plan)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"id": "1"}, "id should be a UUID"),
        ({"id": "../../etc/passwd"}, "id should be a UUID"),
        ({"step": -1}, "step should be one of this session's, 0 to 5; got -1"),
        ({"step": 6}, "step should be one of this session's, 0 to 5; got 6"),
        ({"shown_ms": math.nan}, "shown_ms should be a finite number from 0; got nan"),
        ({"left_ms": math.inf}, "left_ms should be a finite number from 0; got inf"),
        ({"duration_ms": -1.0}, "duration_ms should be a finite number from 0; got -1.0"),
        ({"resumed": -1}, "resumed should be"),
        ({"answer": {}}, r"answer should be an object with ['agreement', 'code', 'error']; got []"),
    ],
)
def test_a_reconstruction_that_cannot_be(changes, said):
    assert said in refused(replace(response_to(SESSION, MOVED), **changes))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"t_ms": (0.0,)}, "history should be lists of one length; got {'t_ms': 1"),
        ({"t_ms": (0.0, 5.0, 4.0)}, "history.t_ms[2] should be no less than 5, the one before; got 4.0"),
        ({"t_ms": (-1.0, 5.0, 6.0)}, "history.t_ms[0] should be a finite number from 0; got -1.0"),
        ({"code": ((0.0, 0.0),) * 3}, "history.code[0] should be the 3 numbers of this step's code; got (0.0, 0.0)"),
        ({"code": ((0.0, 0.0, math.inf),) * 3}, "history.code[0] should be finite numbers"),
        ({"axis": (-2, 0, 0)}, "history.axis[0] should be"),
        ({"direction": (0, 2, 0)}, "history.direction[1] should be"),
        ({"agreement": (0.0, 0.0, 1.1)}, "history.agreement[2] should be a finite number from -1e-06 to 1; got 1.1"),
        ({"error": (0.0, -0.5, 0.0)}, "history.error[1] should be a finite number from 0; got -0.5"),
    ],
)
def test_a_history_that_cannot_be(changes, said):
    response = response_to(SESSION, MOVED, entries=3)
    assert said in refused(replace(response, history=replace(response.history, **changes)))


def test_entries_may_be_close_to_each_other_or_at_once():
    response = response_to(SESSION, MOVED, entries=3)
    check(replace(response, history=replace(response.history, t_ms=(0.0, 0.0, 0.5))), PLAN)


def test_an_entry_may_say_no_more_than_where_its_dial_stands():
    response = response_to(SESSION, MOVED, entries=3)
    first, _, last = response.history.code
    check(replace(response, history=replace(response.history, code=(first, (0.5,), last))), PLAN)
    with pytest.raises(ResponseError, match=r"history.code\[2\] should be the 3 numbers"):  # no dial moved there
        check(replace(response, history=replace(response.history, code=(first, (0.5,), (0.5,)))), PLAN)
    with pytest.raises(ResponseError, match=r"history.code\[1\] should be .*got \(inf,\)"):
        check(replace(response, history=replace(response.history, code=(first, (math.inf,), last))), PLAN)
    practice = response_to(SESSION, PRACTICE, entries=3)
    first, _, last = practice.history.code
    assert "the 2 numbers" in refused(replace(practice, history=replace(practice.history, code=(first, (0.5,), last))))


def test_a_history_is_for_sliders():
    response = replace(response_to(SESSION, RATED), history=response_to(SESSION, MOVED).history)
    assert "since a questionnaire has no sliders" in refused(response)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"option": 3}, "answer.option should be a whole number from 0 to 2; got 3"),
        ({"option": True}, "answer.option should be a whole number from 0 to 2; got True"),
        ({"option": "0"}, "answer.option should be"),
        ({"confidence": 6}, "answer.confidence should be a whole number from 1 to 5; got 6"),
        ({"confidence": None}, "answer.confidence should be"),
        ({"sense": 0}, "answer.sense should be"),
        ({"more": -1}, "answer.more should be"),
        ({"extra": 1}, "'extra'"),
    ],
)
def test_a_choice_that_cannot_be(answer, said):
    response = response_to(SESSION, CHOSEN)
    assert said in refused(replace(response, answer={**response.answer, **answer}))


def test_without_an_explanation_nobody_asks_whether_the_dial_makes_sense():
    choice = replace(PLAN.steps[CHOSEN], task="none")
    assert isinstance(choice, Choice)
    response = replace(response_to(SESSION, CHOSEN), step=0, answer={"option": 0, "confidence": 3})
    check(response, replace(PLAN, steps=(choice,)))


@pytest.mark.parametrize(
    ("step", "answer", "said"),
    [
        (RATED, {"ease": 8}, "answer.ease should be a whole number from 1 to 7; got 8"),
        (RATED, {"ease": 3.5}, "answer.ease should be a whole number"),
        (RATED, {"ease": None}, "answer.ease should be answered; got None"),
        (RATED, {}, "answer should be an object with ['ease']; got []"),
        (RATED, {"ease": 1, "hours": 2}, "got ['ease', 'hours']"),
        (SAID, {"age": "17"}, "answer.age should be one of ['18-34', '35-50']; got '17'"),
        (SAID, {"age": "35-50", "used": "mouse"}, "answer.used should be a list of options; got 'mouse'"),
        (SAID, {"age": "35-50", "used": ["pen"]}, "answer.used[0] should be one of"),
        (SAID, {"age": "35-50", "used": ["keys", "keys"]}, "names no option twice"),
        (SAID, {"age": "35-50", "used": [["keys"]]}, "answer.used[0] should be one of"),
        (SAID, {"age": "35-50", "comments": "x" * 10_001}, "answer.comments should be text of at most 10,000"),
        (SAID, {"age": "35-50", "comments": {"a": 1}}, "answer.comments should be text"),
    ],
)
def test_answers_fit_their_items(step, answer, said):
    assert said in refused(replace(response_to(SESSION, step), answer=answer))


def test_what_is_not_required_may_be_left_out():
    response = response_to(SESSION, SAID)
    for answer in ({"age": "35-50"}, {"age": "35-50", "used": [], "comments": ""}, {"age": "35-50", "used": None}):
        check(replace(response, answer=answer), PLAN)


def test_histories_have_bounds(tmp_path):
    longest, hour = moved_for(MAX_ENTRIES), moved_for(36_000, dials=10)  # an entry every 100 ms
    check(longest, PLAN)
    assert "50,000 entries at most; the page should thin it out; got '50,001'" in refused(moved_for(MAX_ENTRIES + 1))
    moved, ten = PLAN.steps[MOVED], (0.5,) * 10
    plan = replace(PLAN, steps=(*PLAN.steps, replace(moved, start=ten, target=ten)))
    with Store.open(tmp_path / "studies.sqlite") as store:
        begun = store.begin(STUDY, lambda number: plan, NOW_MS)
        larger = replace(moved_for(MAX_ENTRIES, dials=10), session=begun.token, step=6)
        with pytest.raises(ResponseError, match=r"should have 8 MiB at most; got 9\.1"):
            store.save(larger, NOW_MS)
        assert store.session(begun.token).responses == ()
        kept = (replace(longest, session=begun.token), replace(hour, session=begun.token, step=6, id=str(uuid4())))
        assert [store.save(response, NOW_MS) for response in kept] == ["stored", "stored"]
        assert store.session(begun.token).responses == kept


def moved_for(entries, dials=3):
    """A reconstruction with so long a history, codes written as the page writes them."""
    code = (-0.123456789,) * dials
    history = History(
        t_ms=tuple(at * 16.67 for at in range(entries)), code=(code,) * entries,
        axis=(1,) * entries, direction=(1,) * entries, agreement=(1 / 3,) * entries, error=(1 / 11,) * entries,
    )  # fmt: skip
    answer = {"code": list(code), "agreement": 0.5, "error": 1.5}
    return replace(response_to(SESSION, MOVED, entries=2), history=history, answer=answer)


@pytest.mark.parametrize("step", range(6))
def test_a_response_is_read_from_the_json_of_a_page(step):
    response = response_to(SESSION, step)
    assert read_response(dumps(to_json(response))) == response
    assert read_response(json.loads(dumps(to_json(response)))) == response


@pytest.mark.parametrize("parsed", [False, True])
def test_half_a_character_is_replaced_and_refuses_no_answer(parsed):
    said = {"age": "18-34", "used": ["keys"], "comments": "cut \ud83d off, \ude00 too, whole \U0001f600"}
    data = dumps(to_json(replace(response_to(SESSION, SAID), answer=said)))
    response = read_response(json.loads(data) if parsed else data)
    check(response, PLAN)
    assert response.answer == {**said, "comments": "cut \ufffd off, \ufffd too, whole \U0001f600"}
    nested = to_json(response) | {"answer": {"\ud83d": [{"more": ["\udfff"]}, 1.5, None, True]}}
    assert read_response(nested).answer == {"\ufffd": [{"more": ["\ufffd"]}, 1.5, None, True]}


def test_whole_numbers_of_a_page_are_numbers_too():
    data = to_json(response_to(SESSION, MOVED, entries=2)) | {"shown_ms": 5, "history": None}
    data["history"] = {"t_ms": [0, 1], "code": [[0, 1, 2]] * 2, "axis": [-1, 0], "direction": [0, 1]}
    data["history"] |= {"agreement": [0, 1], "error": [3, 0]}
    response = read_response(data)
    assert response.shown_ms == 5.0
    assert response.history == History(
        t_ms=(0.0, 1.0), code=((0.0, 1.0, 2.0),) * 2, axis=(-1, 0), direction=(0, 1), agreement=(0.0, 1.0),
        error=(3.0, 0.0),
    )  # fmt: skip
    check(response, PLAN)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"{", "This is no response"),
        (b"\xff", "This is no response"),
        ("[" * 100_000, "no response|nested"),
        ("x" * (MAX_BYTES + 1), "8 MiB at most; got 8.0"),
        ([], "should be an object"),
        ({"ids": 1}, "Response has no 'ids'"),
        ({"id": "a"}, "Response lacks 'session'"),
        ({"step": True}, "step should be a whole number; got True"),
        ({"step": 1.5}, "step should be a whole number; got 1.5"),
        ({"shown_ms": "5"}, "shown_ms should be a number; got '5'"),
        ({"outcome": "won"}, "outcome should be one of"),
        ({"outcome": ["agreed"]}, "outcome should be one of"),
        ({"answer": []}, "answer should be an object"),
        ({"history": {"t_ms": "abc"}}, "history.t_ms should be a list; got 'abc'"),
        ({"history": {"code": [[0.5], [None]]}}, r"history.code\[1\]\[0\] should be a number; got None"),
        ({"history": {"axis": [0.5]}}, r"history.axis\[0\] should be a whole number; got 0.5"),
    ],
)
def test_what_is_no_response_is_told(data, said):
    if isinstance(data, dict) and "ids" not in data and "id" not in data:
        data = to_json(response_to(SESSION, CONSENT)) | data
    with pytest.raises(ResponseError, match=said):
        read_response(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda part: st.lists(part, max_size=4) | st.dictionaries(st.text(max_size=5), part, max_size=3),
    max_leaves=8,
)


@given(name=st.sampled_from(sorted(to_json(response_to(SESSION, MOVED)))), value=JSON, step=st.integers(0, 5))
def test_no_forged_value_breaks_anything_else(name, value, step):
    forged = to_json(response_to(SESSION, step, entries=3)) | {name: value}
    try:
        check(read_response(forged), PLAN)
    except ResponseError as error:
        assert str(error)


@given(part=st.sampled_from(["t_ms", "code", "axis", "direction", "agreement", "error"]), value=JSON)
def test_no_forged_history_breaks_anything_else(part, value):
    forged = to_json(response_to(SESSION, MOVED, entries=3))
    forged["history"][part] = value
    try:
        check(read_response(forged), PLAN)
    except ResponseError as error:
        assert str(error)


@given(step=st.integers(1, 5), value=JSON, data=st.data())
def test_no_forged_answer_breaks_anything_else(step, value, data):
    response = response_to(SESSION, step)
    names = st.sampled_from(sorted(response.answer) or ["nothing"])
    forged = replace(response, id=str(uuid4()), answer={**response.answer, data.draw(names): value})
    try:
        check(forged, PLAN)
    except ResponseError as error:
        assert str(error)


def test_an_empty_plan_has_no_step():
    empty = Plan(number=0, task="none", models=(), steps=())
    assert "step should be" in refused(response_to(SESSION, CONSENT), empty)
