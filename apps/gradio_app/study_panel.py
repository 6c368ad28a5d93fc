"""Workspace Study, for the owner of this server: results, participants, new studies, exports."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import gradio as gr

from apps.gradio_app import study_export, study_people, study_plan, study_results
from apps.gradio_app.components import page_component
from apps.gradio_app.owned import allowed, owned, owned_event
from apps.gradio_app.session import Session
from apps.owner import can_enter, how_to_enter, is_owner
from apps.study_room.imports import NAME
from apps.study_room.room import StudyRoom

if TYPE_CHECKING:
    from apps.study_room.imports import ImportedLog

# Each of several quick events is answered: the last one counts.
PRIVATE: dict[str, Any] = {"api_visibility": "private", "trigger_mode": "multiple"}
_WRONG_S = 1.0  # how long a wrong token takes


@dataclass(frozen=True)
class Parts:
    """What the tabs share: the room, and the components whose values they read or change.

    Attributes:
        room: Answers what they ask.
        session: Of the page.
        token: The owner's token, once it was given.
        chosen: Name of the study.
        imported: A log that was read and not stored (`ImportedLog`), or None.
        tabs: The four tabs, so that one can bring another to the front.
        list: The studies.
    """

    room: StudyRoom
    session: Session
    token: gr.State
    chosen: gr.State
    imported: gr.State
    tabs: gr.Tabs
    list: gr.HTML


def build(session: Session) -> StudyRoom:
    """Puts down the workspace and wires it; nothing is read before its owner looks."""
    room = StudyRoom(session.shelf)
    token, chosen, imported = gr.State(""), gr.State(""), gr.State(None)
    with gr.Column(visible=False, elem_classes="lx-study-door") as door:
        words = gr.HTML(apply_default_css=False)
        secret = gr.Textbox(label="Owner's token", type="password", max_lines=1)
        enter = gr.Button("Enter", size="sm", variant="primary")
    with gr.Row(visible=False, elem_classes="lx-study") as inside:
        listed = page_component("study_list", elem_id="lx-study-list")
        with gr.Tabs(elem_id="lx-study-tabs", elem_classes="lx-models") as tabs:
            parts = Parts(room, session, token, chosen, imported, tabs, listed)
            with gr.Tab("Results", id="results"):
                results = study_results.build(parts)
            with gr.Tab("Participants", id="participants") as participants:
                study_people.build(parts, participants, results)
            with gr.Tab("Plan a study", id="plan") as plan:
                study_plan.build(parts, plan)
            with gr.Tab("Export and import", id="export"):
                study_export.build(parts, results)

    def opened(request: gr.Request, given: str, state: Mapping[str, Any], *_: Any) -> Any:  # noqa: ANN401 - values
        if state.get("workspace") != "Study":
            return gr.skip()
        if not allowed(request, given):
            return [gr.update(visible=True), gr.update(visible=False), _door_words(), *_door_fields()]
        return [gr.update(visible=False), gr.update(visible=True), gr.skip(), gr.skip(), gr.skip()]

    def entered(request: gr.Request, given: str) -> str:
        if not is_owner({}, None, given):
            time.sleep(_WRONG_S)
            raise gr.Error("That is not the owner's token.", print_exception=False)
        return given

    def look(state: Mapping[str, Any], name: str, log: Any) -> Any:  # noqa: ANN401 - values of components
        if state.get("workspace") != "Study":
            return gr.skip()
        value = listing(room, name, log)
        return [value, value["selected"]]

    def choose(data: Mapping[str, Any]) -> str:
        return str(data.get("id") or "")

    asked = [token, session.state, chosen, imported]
    drawn = {"show_progress_on": results.shown[0], **PRIVATE}
    doors = [door, inside, words, secret, enter]
    session.listen("opened", opened, asked, doors, show_progress="hidden").then(
        owned(look, quiet=True), asked, [listed, chosen], show_progress="hidden", **PRIVATE
    ).then(results.handler, results.asked, results.shown, **drawn)
    gr.on([enter.click, secret.submit], entered, secret, token, show_progress="hidden", **PRIVATE).success(
        opened, asked, doors, show_progress="hidden", **PRIVATE
    ).then(owned(look, quiet=True), asked, [listed, chosen], show_progress="hidden", **PRIVATE).then(
        results.handler, results.asked, results.shown, **drawn
    )
    listed.select(
        owned_event(choose), token, chosen, show_progress="hidden", **PRIVATE
    ).then(results.handler, results.asked, results.shown, **drawn)
    session.listen("themed", results.handler, results.asked, results.shown, show_progress="hidden")
    return room


def listing(room: StudyRoom, chosen: str, log: ImportedLog | None) -> dict[str, Any]:
    """The studies as `page/study_list.js` draws them, with the chosen one, or the first."""
    rows = [
        {
            "id": one.name,
            "title": one.title or one.name,
            "detail": one.name + ("" if one.own or one.began else ", ready-made"),
            "count": f"{one.began} took part, {one.finished} finished" if one.began else "nobody took part yet",
            "problem": one.problem,
            "busy": one.began > 0,
        }
        for one in room.listed()
    ]
    if log is not None:
        count = f"{len(log.found.sessions)} sessions, not stored"
        rows.insert(0, {"id": NAME, "title": "Imported log", "detail": log.file, "count": count, "busy": True})
    names = [row["id"] for row in rows]
    return {"rows": rows, "selected": chosen if chosen in names else (names[0] if names else "")}


def _door_words() -> str:
    return f"<h2>Study</h2><p>{escape(how_to_enter())}</p>"


def _door_fields() -> tuple[Any, Any]:
    return gr.update(visible=can_enter()), gr.update(visible=can_enter())
