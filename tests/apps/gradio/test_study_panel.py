"""Workspace Study without a server: through the functions of the page's own events, as the owner and as a stranger."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from types import SimpleNamespace

import gradio as gr
import httpx
import pytest

from apps import study_store
from apps.gradio_app import frame, study_export, study_plan, study_results
from apps.gradio_app.owned import owned, owned_event, owned_progress, owned_steps
from apps.gradio_app.study_panel import listing
from apps.owner import OWNER_VARIABLE
from apps.quiz.shelf import StudyShelf
from apps.refusals import NotFoundError, RefusedError, UnknownModelError
from apps.shelf import Shelf
from apps.study_room import exports, imports, people, results, sample_size
from apps.study_room.editor import BLANK, Editor
from apps.study_room.room import StudyRoom
from engine.study.design import Contrast, Study
from engine.study.files.study_file import write_study
from engine.study.questionnaires import EASE
from engine.study.response import History, Response
from engine.study.sessions.planning import plan
from engine.study.steps import Reconstruction
from engine.study.store import Store
from tests.apps.zoo import make_zoo
from tests.study.original_log.test_import_events import log as log_of
from tests.study.original_log.test_import_events import question

MODELS = ("sinelines/vae", "sinelines/gt")
CURVES = Study(
    name="curves", title="Curves and dials", models=MODELS, questions=2, practice=False, after_model=EASE,
    contrasts=(Contrast(first=MODELS[0], second=MODELS[1]),),
)  # fmt: skip
NOW_MS = 1_800_000_000_000.0
STATE = {"workspace": "Study", "theme": "light"}
TOKEN = "a-long-random-text"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        zoo = make_zoo(tmp_path_factory.mktemp("zoo"), MODELS)
        patch.setenv("LATENT_EXPLORER_CHECKPOINTS", str(zoo))
        yield Shelf(device="cpu")


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path / "studies.sqlite", clock=lambda: NOW_MS / 1000) as store:
        yield store


@pytest.fixture
def room(shelf, store, tmp_path):
    return StudyRoom(shelf, StudyShelf(folder=lambda: tmp_path), lambda: store)


def take_part(store, shelf, participants=3, *, study=CURVES, steps=None):
    """Scripted people: each solves all of the first model's questions and gives up the others."""
    models = {name: shelf.latent_model(name) for name in study.models}
    for _ in range(participants):
        session = store.begin(study, lambda number: plan(study, models, number), NOW_MS)
        for at, step in list(enumerate(session.plan.steps))[:steps]:
            store.save(answer(session, at, step, study), NOW_MS)


def answer(session, at, step, study):
    shown = NOW_MS + 10_000 * at
    given = Response(
        id=str(uuid.uuid4()), session=session.token, step=at, outcome="answered", shown_ms=shown,
        left_ms=shown + 8000, duration_ms=8000.0,
    )  # fmt: skip
    if isinstance(step, Reconstruction):
        solved = step.model == study.models[0]
        end = step.target if solved else step.start
        way = History(
            t_ms=(0.0, 900.0, 2000.0, 2000.0), code=(step.start, step.start, end, end), axis=(-1, 0, 0, -1),
            direction=(0, 1, 1, 0), agreement=(0.1, 0.2, 1.0 if solved else 0.1, 1.0 if solved else 0.1),
            error=(9.0, 8.0, 0.0, 0.0),
        )  # fmt: skip
        done = {"code": list(end), "agreement": way.agreement[-1], "error": way.error[-1]}
        return replace(given, outcome="solved" if solved else "skipped", history=way, answer=done, decoder="page")
    if hasattr(step, "items"):
        return replace(given, answer={item.name: 3 for item in step.items})
    return replace(given, outcome="passed")


# ---------------------------------------------------------------------------------------------- the room


def test_studies_with_sessions_come_first_then_own_files(room, store, shelf, tmp_path):
    (tmp_path / "mine.yaml").write_text(write_study(replace(CURVES, name="mine")))
    (tmp_path / "broken.yaml").write_text("format: 1\n")
    take_part(store, shelf, 2, steps=3)
    rows = room.listed()
    assert [row.name for row in rows[:3]] == ["curves", "broken", "mine"]
    assert (rows[0].began, rows[0].finished, rows[0].own) == (2, 0, False)
    assert rows[1].problem
    value = listing(room, "", None)
    json.dumps(value, allow_nan=False)
    assert value["selected"] == "curves"
    assert listing(room, "mine", None)["selected"] == "mine"


def test_an_analysis_is_computed_once_until_an_answer_comes(room, store, shelf):
    take_part(store, shelf)
    first = room.analysed("curves")
    assert room.analysed("curves") is first
    take_part(store, shelf, 1, steps=1)
    second = room.analysed("curves")
    assert second is not first
    assert len(second.sessions) == 4
    room.forget()
    assert room.analysed("curves") is not second


def test_the_results_say_who_took_part_and_draw_every_picture(room, store, shelf):
    take_part(store, shelf, 7)
    take_part(store, shelf, 1, steps=2)
    said = []
    shown = study_results.view(
        room, STATE, "curves", None, study_results.ALL, "reconstruction", "completion", None,
        report=lambda share, words: said.append((share, words)),
    )  # fmt: skip
    head, version, task, measure, model, *plots, primary, more = shown
    assert "<b>8</b> took part" in head and "<b>7</b> analysed" in head and "1 answered too few questions" in head
    assert (version["visible"], task["visible"], measure["value"]) == (False, False, "completion")
    assert model["value"] == MODELS[0]
    assert [plot["visible"] for plot in plots] == [True] * len(results.FIGURES)
    assert all(plot["value"].layout.title.text for plot in plots)
    assert "vae – gt" in primary and "100.0 – 0.0" in primary
    assert "Secondary tests" in more and "answered 25% of the questions" in more
    assert [share for share, _ in said] == sorted(share for share, _ in said)


def test_another_measure_and_theme_are_drawn_where_there_are_values(room, store, shelf):
    take_part(store, shelf)
    dark = {**STATE, "theme": "dark"}
    shown = study_results.view(room, dark, "curves", None, 1, "reconstruction", "active_s", MODELS[1])
    assert shown[3]["value"] == "active_s"
    assert shown[5]["value"].layout.yaxis.title.text == "active time (s)"
    assert shown[4]["value"] == MODELS[1]
    unknown = study_results.view(room, dark, "curves", None, 1, "no task", "no measure", "no/model")
    assert (unknown[2]["value"], unknown[3]["value"]) == ("reconstruction", "completion")


def test_versions_are_analysed_apart_or_together(room, store, shelf):
    take_part(store, shelf, 2)
    take_part(store, shelf, 3, study=replace(CURVES, title="Curves, again"))
    version = study_results.view(room, STATE, "curves", None, None, "reconstruction", "completion", None)[1]
    assert version["visible"] and version["value"] == 2
    assert [value for _, value in version["choices"][:2]] == [2, 1]
    assert len(room.analysed("curves", 1).sessions) == 2
    assert len(room.analysed("curves").sessions) == 5


def test_a_study_without_answers_says_so_and_a_broken_file_why(room, tmp_path):
    (tmp_path / "broken.yaml").write_text("format: 1\n")
    assert "Nobody has taken part yet" in view_of(room, "mnist-improved")[0]
    assert "models" in view_of(room, "broken")[0]


def view_of(room, name):
    return study_results.view(room, STATE, name, None, study_results.ALL, "reconstruction", "completion", None)


def test_before_the_results_are_there_a_sentence_stands_in_their_place(room):
    with gr.Blocks():
        parts = SimpleNamespace(room=room, token=gr.State(), chosen=gr.State(), imported=gr.State(),
                                session=SimpleNamespace(state=gr.State()))  # fmt: skip
        head, *others = study_results.build(parts).shown
    assert "Reading the answers" in head.value
    assert [one for one in others if isinstance(one, gr.Plot | gr.Dropdown) and one.visible] == []


def test_a_model_that_is_gone_leaves_a_note(room, store, shelf, monkeypatch):
    take_part(store, shelf)

    def lost(name):
        raise UnknownModelError("No such model.")

    monkeypatch.setattr(room, "shelf", SimpleNamespace(latent_model=lost))
    head = view_of(room, "curves")[0]
    assert "sinelines/vae, sinelines/gt could not be loaded" in head


# ---------------------------------------------------------------------------------------------- participants


def test_the_table_of_participants_gives_no_token_away(room, store, shelf):
    take_part(store, shelf, 2)
    take_part(store, shelf, 1, steps=2)
    value = people.table(room, "curves", "p0002")
    text = json.dumps(value, allow_nan=False)
    assert [row["id"] for row in value["rows"] if row["selected"]] == ["p0002"]
    assert all(len(row["cells"]) == len(value["columns"]) for row in value["rows"])
    assert "answered 25% of the questions" in text
    for session in store.sessions("curves"):
        assert session.token not in text
        assert session.completion_code not in text


def test_an_answer_is_played_again_and_filmed(room, store, shelf):
    take_part(store, shelf, 1)
    session = room.session("curves", "p0001")
    offered = people.replayable(session)
    assert len(offered) == 4
    assert offered[0][0].endswith("in 8 s")
    shown = people.replay(room, session, offered[0][1])
    json.dumps(shown, allow_nan=False)
    assert len(shown["t_ms"]) == len(shown["code"]) == len(shown["agreement"])
    assert session.token not in json.dumps(shown)
    name, film = people.film(room, session, offered[0][1])
    assert name == "curves_p0001_1.1.gif"
    assert film.startswith(b"GIF8")
    with pytest.raises(RefusedError, match="has no history to replay"):
        people.replay(room, session, 0)


def test_withdrawal_deletes_one_participant_and_says_so(room, store, shelf):
    take_part(store, shelf, 2)
    assert "All 7 answers" in people.consequences(room.session("curves", "p0001"))
    room.analysed("curves")
    assert room.withdraw("curves", "p0001") == "p0001 was withdrawn: 7 answers deleted."
    assert [one.participant for one in store.sessions("curves")] == ["p0002"]
    assert len(room.analysed("curves").sessions) == 1
    with pytest.raises(NotFoundError, match="not among this study's participants"):
        room.withdraw("curves", "p0001")


# ---------------------------------------------------------------------------------------------- planning


def test_every_template_is_text_and_the_blank_one_is_valid(room, shelf, monkeypatch):
    editor = Editor(room)
    assert editor.templates()[0] == BLANK
    assert "dsprites-improved" in editor.templates()
    assert "# Reconstruction on dSprites" in editor.text("dsprites-improved")
    monkeypatch.setattr(editor, "facts", lambda: None)
    assert editor.check(editor.text(BLANK)).study is not None
    with pytest.raises(RefusedError, match="no study '../secret'"):
        editor.text("../secret")


def test_problems_are_told_with_line_and_field(room):
    text = write_study(CURVES).replace("questions: 2", "questions: 0").replace("- sinelines/gt", "- sinelines/none")
    said = study_plan.verdict(Editor(room).check(text))
    assert "<b>line 6</b> <code>models[1]</code>" in said
    assert "<code>questions</code>" in said
    assert "<script>" not in study_plan.verdict(Editor(room).check("name: <script>"))
    assert "✓ Valid" in study_plan.verdict(Editor(room).check(write_study(CURVES)))


def test_saving_asks_before_it_replaces_another_study(room, tmp_path):
    editor = Editor(room)
    text = "# mine\n" + write_study(CURVES)
    assert "can be taken part in at once" in editor.save(text).text
    assert (tmp_path / "curves.yaml").read_text() == text
    other = write_study(replace(CURVES, title="Another"))
    asked = editor.save(other)
    assert asked.asked
    assert (tmp_path / "curves.yaml").read_text() == text
    assert not editor.save(other, replacing="curves").asked
    assert not editor.save(text, replace=True).asked
    assert (tmp_path / "curves.yaml").read_text() == text


def test_a_study_with_sessions_becomes_a_new_version(room, store, shelf):
    take_part(store, shelf, 2, steps=1)
    editor = Editor(room)
    assert "version" not in editor.save(write_study(CURVES)).text
    saved = editor.save(write_study(replace(CURVES, questions=3)), replacing="curves")
    assert saved.text.startswith("Saved as version 2: 2 took part")


def test_a_file_with_problems_or_with_a_twin_is_not_saved(room, tmp_path):
    editor = Editor(room)
    with pytest.raises(RefusedError, match="has problems"):
        editor.save("format: 1\n")
    (tmp_path / "old.yml").write_text(write_study(CURVES))
    with pytest.raises(RefusedError, match=r"old\.yml declares a study"):
        editor.save(write_study(CURVES))
    assert not (tmp_path / "curves.yaml").exists()


def test_the_form_writes_a_valid_file(room):
    editor = Editor(room)
    text = editor.draft(
        title="Curves & dials!", models=MODELS, task="traversals", questions=4, order="fixed", ease=True
    )
    study = editor.check(text).study
    assert (study.name, study.questions, study.order, len(study.after_model)) == ("curves-dials", 4, "fixed", 1)
    assert [(one.first, one.second, one.measure) for one in study.contrasts] == [(*MODELS, "correct")]
    with pytest.raises(RefusedError, match="name at least one model"):
        editor.draft(title="x", models=[], task="none", questions=4, order="fixed", ease=False)


def test_the_search_for_a_sample_size_tells_every_try():
    assumed = sample_size.assumptions(95, 40, 5, 1.0, 0.0, True, 1)
    steps = list(sample_size.search(assumed, target=0.8, studies=60))
    assert [step.done for step in steps] == [False] * (len(steps) - 1) + [True]
    assert len(steps[-1].tried) == len(steps) - 1
    assert "participants, each seeing both models: power" in steps[-1].text
    with pytest.raises(RefusedError, match="cannot be simulated: first should lie between"):
        sample_size.assumptions(100, 40, 5, 1.0, 0.0, True, 1)
    with pytest.raises(RefusedError, match="Power should lie"):
        next(sample_size.search(assumed, target=1.0))


# ---------------------------------------------------------------------------------------------- files


@pytest.mark.parametrize("format", list(exports.FORMATS))
def test_tables_are_written_with_their_dictionary(room, store, shelf, tmp_path, format):
    take_part(store, shelf, 1)
    files = exports.tables(room, "curves", tmp_path / "out", format=format, anonymised=True)
    assert len(files) == 4
    assert all(path.stat().st_size for path in files)
    assert store_token(store) not in files[0].read_text(errors="replace")


def test_the_report_and_the_jspsych_table_are_files(room, store, shelf, tmp_path):
    take_part(store, shelf, 1)
    [page] = exports.report(room.analysed("curves"), tmp_path)
    assert "<h1>Curves and dials</h1>" in page.read_text(encoding="utf-8")
    [table] = exports.jspsych(room.sessions("curves"), "curves", tmp_path, histories=True)
    assert table.read_text(encoding="utf-8").count("latent-reconstruction") == 4


def store_token(store):
    return next(store.sessions("curves")).token


def test_a_log_of_the_original_study_is_analysed_and_not_stored(room, store, tmp_path):
    path = tmp_path / "events.jsonl"
    events = [
        question(at + 20_000 * k, session=session, user=session, context={"modelKey": model, "modelIdx": k})
        for session in ("s1", "s2")
        for k, model in enumerate(("vae", "gt"))
        for at in (10_000.0, 18_000.0)
    ]
    path.write_text(log_of(*events, "{broken"))
    held = imports.imported(room, path)
    assert [one.participant for one in held.found.sessions] == ["p0001", "p0002"]
    shown = study_results.view(room, STATE, imports.NAME, held, 1, "reconstruction", "completion", None)
    assert "Imported from events.jsonl" in shown[0] and "<b>2</b> took part" in shown[0]
    assert listing(room, imports.NAME, held)["selected"] == imports.NAME
    assert "2 sessions read" in study_export.notices_html(held)
    assert list(store.sessions(imports.NAME)) == []


def test_a_log_is_bounded_and_must_hold_a_session(room, tmp_path, monkeypatch):
    path = tmp_path / "log.jsonl"
    path.write_text('{"scope": 1}\n')
    with pytest.raises(RefusedError, match="holds no session that could be read. The first problem: line 1"):
        imports.imported(room, path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RefusedError, match="is no text"):
        imports.imported(room, path)
    monkeypatch.setattr(imports, "MAX_BYTES", 2)
    with pytest.raises(RefusedError, match="at most 0 MB"):
        imports.imported(room, path)


# ---------------------------------------------------------------------------------------------- strangers


def visitor(client="127.0.0.1", **headers):
    return gr.Request(
        client={"host": client, "port": 1}, headers={"host": "localhost:7860", **headers}, session_hash="s"
    )


@pytest.fixture
def nobody(monkeypatch):
    monkeypatch.delenv(OWNER_VARIABLE, raising=False)
    monkeypatch.delenv("SPACE_ID", raising=False)


def test_handlers_answer_the_owner_and_skip_strangers(nobody):
    event = gr.EventData(None, {"id": "x"})
    at_home, away = visitor(), visitor("192.0.2.7")
    assert owned(lambda value: value + 1)(at_home, "", 1) == 2
    assert owned(lambda value: value + 1)(away, "", 1) == gr.skip()
    assert owned_event(lambda data, value: data["id"] + value)(at_home, event, "", "y") == "xy"
    assert owned_event(lambda data, value: data["id"] + value)(away, event, "", "y") == gr.skip()
    assert owned_progress(lambda report, value: value)(at_home, gr.Progress(), "", 3) == 3
    assert owned_progress(lambda report, value: value)(away, gr.Progress(), "", 3) == gr.skip()
    assert list(owned_steps(lambda value: iter([value, value]))(at_home, "", 1)) == [1, 1]
    assert list(owned_steps(lambda value: iter([value, value]))(away, "", 1)) == [gr.skip()]


def test_what_goes_wrong_is_said_and_the_page_stays(nobody, monkeypatch):
    said = []
    monkeypatch.setattr(gr, "Warning", said.append)

    def refuse():
        raise RefusedError("That cannot be had.")

    assert owned(refuse)(visitor(), "") == gr.skip()
    assert said == ["That cannot be had."]


@pytest.fixture
def server(shelf, store, monkeypatch, nobody):
    """The whole explorer on a port of its own, in this process, its store filled."""
    take_part(store, shelf, 1)
    monkeypatch.setattr(study_store, "_opened", lambda place, repository: store)
    demo = frame.build(shelf)
    demo.launch(**frame.launch_options(shelf), prevent_thread_lock=True, quiet=True, server_name="127.0.0.1")
    yield demo
    demo.close()


def test_a_stranger_gets_nothing_through_any_handler(server, store):
    """Every event of the workspace is asked as its own page asks, over HTTP, by a stranger and then by the owner."""
    secrets = [*(one.token for one in store.sessions("curves")), CURVES.title, "p0001", "vae – gt"]
    with httpx.Client(base_url=server.local_url, timeout=60) as client:
        assert not [word for word in secrets if word in client.get("config").text]
        stolen = visit(client, server, {"X-Forwarded-For": "192.0.2.7"})
        assert [(number, word) for number, text in stolen.items() for word in secrets if word in text] == []
        assert [one.participant for one in store.sessions("curves")] == ["p0001"]
        given = visit(client, server, {})
    assert len(stolen) == len(given) >= 20
    assert sum(CURVES.title in text for text in given.values()) >= 5  # so these requests are as good as the page's own
    assert sum("p0001" in text for text in given.values()) >= 2
    assert list(store.sessions("curves")) == []  # the owner has withdrawn the participant


def visit(client, server, headers):
    """What each handler answers, by number; before each, a study and a participant are chosen."""
    session = uuid.uuid4().hex
    [study], [participant] = selecting(server, "lx-study-list"), selecting(server, "lx-people")
    answers = {}
    for number, fn in server.fns.items():
        if of_the_workspace(fn.fn):
            for chosen in (study, participant):
                answers[chosen] = asked(client, server, chosen, session, headers)
            answers[number] = asked(client, server, number, session, headers)
    return answers


def selecting(server, place):
    [block] = [number for number, one in server.blocks.items() if one.elem_id == place]
    return [number for number, fn in server.fns.items() if (block, "select") in fn.targets]


def of_the_workspace(function):
    return getattr(function, "__module__", "").startswith(("apps.gradio_app.study", "apps.gradio_app.owned"))


def asked(client, server, number, session, headers):
    """What a handler sends to somebody who makes up its inputs; what the server itself keeps cannot be made up."""
    chosen = "curves" if number in selecting(server, "lx-study-list") else "p0001"
    data = [made_up(component) for component in server.fns[number].inputs]
    body = {"data": data, "fn_index": number, "session_hash": session, "event_data": {"id": chosen}}
    client.post("gradio_api/queue/join", json=body, headers=headers).raise_for_status()
    lines = []
    with client.stream("GET", f"gradio_api/queue/data?session_hash={session}", headers=headers) as stream:
        for line in stream.iter_lines():
            lines.append(line)
            if '"process_completed"' in line:
                break
    return "\n".join(lines)


def made_up(component):
    if component.elem_id == "lx-top":
        return {**STATE, "model": MODELS[0]}
    return None if isinstance(component, gr.State) else component.value
