"""The quiz over HTTP: begin, resume, save, forged and broken requests, no model's name in any answer."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from uuid import uuid4

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from apps.quiz import routes
from apps.quiz.routes import FOLDERS, quiz_routes
from apps.quiz.service import Quiz
from apps.quiz.shelf import StudyShelf
from apps.refusals import NotFoundError, UnknownModelError
from apps.shelf import Shelf
from engine.study.steps import Reconstruction
from engine.study.store import Store, StoreError, validation

STUDY = """
format: 1
name: toys
title: Curves and dials
models: [sinelines/gt]
questions: 3
practice: false
tasks: [{task}]
seed: 4
"""

EMPTY = {"t_ms": [0], "axis": [-1], "direction": [0], "agreement": [None], "error": [None]}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "toys.yaml").write_text(STUDY.format(task="reconstruction"))
    return tmp_path


@pytest.fixture
def quiz(folder):
    quiz = Quiz(Shelf(device="cpu"), StudyShelf(folder=lambda: folder), _store=Store.open(folder / "studies.sqlite"))
    yield quiz
    quiz.store.close()


@pytest.fixture
def client(quiz):
    with TestClient(Starlette(routes=quiz_routes(quiz))) as client:
        yield client


def begin(client):
    return post(client, "sessions", study="toys", key=str(uuid4()), clock_ms=now()).json()


def post(client, path, **fields):
    return client.post(f"/quiz/api/{path}", json=fields)


def resume(client, state):
    return post(client, "sessions/resume", session=state["token"])


def now():
    return time.time() * 1000


def response(state, **changes):
    """What the page would send for the state's step, matched at once."""
    base = {"id": str(uuid4()), "session": state["token"], "step": state["step"], "outcome": "skipped",
            "shown_ms": now(), "left_ms": now(), "duration_ms": 1500.0, "history": None, "decoder": "none",
            "answer": {}, "resumed": 0, "clock_ms": now()}  # fmt: skip
    return {**base, **changes}


def at_first_question(client):
    state = begin(client)
    answer = post(client, "responses", **response(state, answer={"answers": []}))
    return {"token": state["token"], **answer.json()}


def test_a_session_begins_resumes_and_never_names_its_model(client):
    state = at_first_question(client)
    assert state["view"]["kind"] == "reconstruction"
    assert state["progress"] == pytest.approx(1 / 4)
    again = resume(client, state).json()
    assert again["view"] == state["view"]
    assert "sinelines" not in json.dumps(again)
    assert [axis["name"] for axis in again["view"]["axes"]] == [f"Dial {k + 1}" for k in range(5)]
    assert {axis["effect"] for axis in again["view"]["axes"]} == {0}


def test_pictures_are_drawn_under_a_name_that_tells_nothing(client):
    state = at_first_question(client)
    view = state["view"]
    asked = {"model": view["decoder"], "code": view["start"], "size": None, "seq": 7}
    answer = client.post("/quiz/canvas/decode", json=asked)
    assert answer.status_code == 200
    assert answer.headers["X-Seq"] == "7"
    for name in (f"{state['token']}.1", f"{state['token']}.x", "nobody.0", "sinelines/gt"):
        assert client.post("/quiz/canvas/decode", json={**asked, "model": name}).status_code == 404


def test_what_was_never_drawn_gets_its_agreement_here(client, quiz):
    state = at_first_question(client)
    step = quiz.store.session(state["token"]).plan.steps[state["step"]]
    assert isinstance(step, Reconstruction)
    history = {"t_ms": [0, 100, 250], "code": [step.start, step.target, step.target], "axis": [-1, 0, -1],
               "direction": [0, 1, 0], "agreement": [0.25, None, 1.0], "error": [3.0, None, 0.0]}  # fmt: skip
    solved = response(state, outcome="solved", history=history, decoder="page",
                      answer={"code": step.target, "agreement": 0.3, "error": 99.0})  # fmt: skip
    answer = post(client, "responses", **solved)
    assert answer.json()["saved"] == "stored"
    stored = quiz.store.session(state["token"]).responses[-1]
    assert stored.history.agreement == (0.25, 1.0, 1.0)
    assert stored.history.error == (3.0, 0.0, 0.0)
    assert stored.answer == {"code": list(step.target), "agreement": 1.0, "error": 0.0}  # the server's own


def test_a_code_skipped_before_its_picture_came_is_judged_here(client, quiz):
    state = at_first_question(client)
    step = quiz.store.session(state["token"]).plan.steps[state["step"]]
    history = {**EMPTY, "code": [step.start]}
    skipped = response(state, history=history, answer={"code": step.start, "agreement": None, "error": None})
    assert post(client, "responses", **skipped).json()["saved"] == "stored"
    stored = quiz.store.session(state["token"]).responses[-1]
    assert stored.answer["agreement"] == stored.history.agreement[0] < 0.5


def test_a_history_may_say_where_dials_stood_if_they_are_this_models(client, quiz):
    state = at_first_question(client)
    step = quiz.store.session(state["token"]).plan.steps[state["step"]]
    turned = (*step.start[:1], step.target[1], *step.start[2:])
    history = {"t_ms": [0, 100, 250], "code": [step.start, [step.target[1]], turned], "axis": [-1, 1, -1],
               "direction": [0, 1, 0], "agreement": [0.25, None, 0.5], "error": [3.0, None, 2.0]}  # fmt: skip
    forged = {**history, "axis": [-1, 7, -1]}
    given = {"answer": {"code": turned, "agreement": 0.5, "error": 2.0}}
    answer = post(client, "responses", **response(state, history=forged, **given))
    assert (answer.status_code, "one of 5 dials" in answer.json()["error"]) == (400, True)
    assert post(client, "responses", **response(state, history=history, **given)).json()["saved"] == "stored"
    stored = quiz.store.session(state["token"]).responses[-1]
    assert stored.history.code[1] == (step.target[1],)
    assert stored.history.agreement[1] == stored.answer["agreement"]  # judged here, of the code that it stands for


def test_the_welcome_tells_how_much_there_is(client, folder):
    assert client.get("/quiz/api/studies/toys").json() == {
        "title": "Curves and dials", "parts": 1, "questions": 3, "most": False}  # fmt: skip
    text = STUDY.format(task="reconstruction, none").replace("questions: 3", "questions: null")
    (folder / "toys.yaml").write_text(text)
    told = client.get("/quiz/api/studies/toys").json()
    assert (told["questions"], told["most"]) == (10, True)  # five to match, or ten about a dial


def test_a_forged_solution_is_refused(client, quiz):
    state = at_first_question(client)
    step = quiz.store.session(state["token"]).plan.steps[state["step"]]
    forged = response(state, outcome="solved", answer={"code": step.start, "agreement": 1.0, "error": 0.0})
    answer = post(client, "responses", **forged)
    assert answer.status_code == 400
    assert "does not match its target" in answer.json()["error"]
    assert len(quiz.store.session(state["token"]).responses) == 1


def test_a_repeated_answer_counts_once_and_a_second_tab_is_told(client, quiz):
    state = at_first_question(client)
    step = quiz.store.session(state["token"]).plan.steps[state["step"]]
    skipped = response(state, answer={"code": step.start, "agreement": 0.1, "error": 1.0})
    assert post(client, "responses", **skipped).json()["saved"] == "stored"
    assert post(client, "responses", **skipped).json()["saved"] == "repeated"
    other = post(client, "responses", **{**skipped, "id": str(uuid4())}).json()
    assert other["saved"] == "taken"
    assert other["step"] == state["step"] + 1
    assert len(quiz.store.session(state["token"]).responses) == 2


@pytest.mark.parametrize(
    "change, words",
    [
        ({"clock_ms": None}, "clock_ms should be"),
        ({"clock_ms": "noon"}, "clock_ms should be"),
        ({"clock_ms": True}, "clock_ms should be"),
        ({"clock_ms": 10**400}, "clock_ms should be"),
        ({"step": 99}, "step should be a whole number"),
        ({"id": "1"}, "id should be a UUID"),
        ({"outcome": "solved!"}, "outcome should be one of"),
        ({"history": {**EMPTY, "code": []}}, "history"),
        ({"history": {**EMPTY, "code": [[1, 2]]}}, "Entry 0 of the history should be a code of 5 numbers"),
        ({"answer": {"code": [1e300] * 5, "agreement": 0, "error": 0}}, "code\\[0\\] should be a finite number"),
        ({"answer": {}}, "code"),
        ({"admin": True}, "admin"),
    ],
)  # fmt: skip
def test_broken_answers_are_refused_in_words(client, quiz, change, words):
    state = at_first_question(client)
    given = {"answer": {"code": [0] * 5, "agreement": 0, "error": 0}, **change}
    answer = post(client, "responses", **response(state, **given))
    assert answer.status_code == 400
    assert re.search(words, answer.json()["error"])
    assert len(quiz.store.session(state["token"]).responses) == 1


def test_what_is_no_model_is_not_called_one(quiz):
    lost = (
        lambda: quiz.studies.get("nope"),
        lambda: quiz.state("nope"),
        lambda: quiz.decoder("nope.0"),
        lambda: quiz.files.model("nope"),
    )
    for ask in lost:
        with pytest.raises(NotFoundError) as caught:
            ask()
        assert not isinstance(caught.value, UnknownModelError)


def test_unknown_studies_sessions_and_oversized_bodies(client):
    assert client.get("/quiz/api/studies/nope").status_code == 404
    assert resume(client, {"token": "nope"}).status_code == 404
    assert post(client, "sessions", study="nope", key=str(uuid4()), clock_ms=now()).status_code == 404
    assert post(client, "sessions", study="x" * 70_000, key=str(uuid4()), clock_ms=now()).status_code == 400
    assert client.post("/quiz/api/sessions", content="study=toys").status_code == 400


def test_a_damaged_study_file_is_listed_with_its_problem_and_cannot_be_begun(client, folder):
    (folder / "bad.yaml").write_text("format: 1\nname: bad\ntitle: Bad\nmodels: [sinelines/gt]\ntasks: [guessing]\n")
    listed = {one["name"]: one for one in client.get("/quiz/api/studies").json()["studies"]}
    assert "line 5" in listed["bad"]["problem"]
    assert listed["toys"]["problem"] is None
    assert client.get("/quiz/api/studies/bad").status_code == 400


def test_a_model_that_disappears_interrupts_the_study_without_naming_it(client, quiz, caplog):
    state = at_first_question(client)
    real = quiz.shelf.latent_model

    def gone(name):
        raise FileNotFoundError(name)

    quiz.shelf.latent_model = gone
    answer = resume(client, state)
    assert answer.status_code == 400
    assert "interrupted" in answer.json()["error"]
    assert "sinelines" not in answer.text
    assert "sinelines/gt" in caplog.text  # for the owner
    quiz.shelf.latent_model = real
    assert resume(client, state).json()["step"] == state["step"]


def test_a_study_file_changed_meanwhile_leaves_sessions_as_they_began(client, folder):
    state = at_first_question(client)
    (folder / "toys.yaml").write_text(STUDY.format(task="traversals").replace("Curves", "Other curves"))
    assert resume(client, state).json()["title"] == "Curves and dials"
    assert begin(client)["title"] == "Other curves and dials"


def test_a_beginning_whose_answer_was_lost_begins_no_second_session(client, quiz):
    key = str(uuid4())
    first, second = (post(client, "sessions", study="toys", key=key, clock_ms=now()).json() for _ in range(2))
    assert first["token"] == second["token"]
    assert len(list(quiz.store.sessions("toys"))) == 1


def test_decoders_come_as_files_under_names_that_tell_nothing(client, quiz):
    state = begin(client)
    (decoder, name), *rest = state["decoders"].items()
    assert decoder == f"{state['token']}.0"
    assert rest == []
    assert quiz.files.model(name).id == "sinelines/gt"
    assert begin(client)["decoders"] != state["decoders"]  # the session's own, but
    assert set(begin(client)["decoders"].values()) == {name}  # one file
    assert client.get(f"/quiz/canvas/onnx/{'0' * 32}").status_code == 404


def test_hidden_dials_leave_no_gap_and_keep_their_number(client, folder, quiz):
    (folder / "toys.yaml").write_text(STUDY.format(task="reconstruction") + "hide_collapsed: true\n")
    model = quiz.shelf.latent_model("sinelines/gt")
    model.axes = tuple(replace(axis, collapsed=at == 1) for at, axis in enumerate(model.axes))
    axes = at_first_question(client)["view"]["axes"]
    assert [axis["number"] for axis in axes] == [0, 2, 3, 4]
    assert [axis["name"] for axis in axes] == ["Dial 1", "Dial 2", "Dial 3", "Dial 4"]


def test_dials_are_counted_in_the_order_in_which_they_are_asked_about(client, folder, quiz):
    (folder / "toys.yaml").write_text(STUDY.format(task="none"))
    state = at_first_question(client)
    dials = []
    for _ in range(3):
        dials.append(state["view"]["dial"])
        answer = response(state, outcome="answered", answer={"option": 0, "confidence": 1})
        state = {"token": state["token"], **post(client, "responses", **answer).json()}
    assert dials == ["Dial 1", "Dial 1", "Dial 2"]
    assert state["done"] is True


def test_a_store_that_is_busy_is_asked_again(client, quiz, monkeypatch):
    state = at_first_question(client)

    def busy(*_args):
        raise StoreError("The disk is slow.")

    monkeypatch.setattr(quiz.store, "study", busy)
    assert resume(client, state).status_code == 503


def test_a_study_without_a_threshold_is_refused_before_anybody_is_asked(client, folder, quiz, monkeypatch):
    def none(_goal, _model):
        raise ValueError("No threshold.")

    monkeypatch.setattr("apps.quiz.service.solved_when", none)
    refused = post(client, "sessions", study="toys", key=str(uuid4()), clock_ms=now())
    assert refused.status_code == 400
    assert "cannot be begun" in refused.json()["error"]
    assert list(quiz.store.sessions("toys")) == []


def test_another_sites_page_can_send_nothing(client):
    state = begin(client)
    fields = {"session": state["token"]}
    answer = client.post("/quiz/api/sessions/resume", json=fields, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 400
    assert "Another site" in answer.json()["error"]


def test_the_page_runs_only_scripts_of_this_server(client):
    page = client.get("/quiz/toys")
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert "<script>" not in page.text
    assert client.get("/quiz/page/quiz.js").status_code == 200
    assert client.get("/quiz/page/..%2fservice.py").status_code == 404


def test_page_and_store_have_one_limit_for_an_answer():
    assert routes.MAX_BYTES == validation.MAX_BYTES


def test_no_two_folders_have_a_script_of_the_same_name():
    names = [path.name for folder in FOLDERS for path in folder.glob("*.js")]
    assert len(names) == len(set(names))
