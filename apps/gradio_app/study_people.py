"""Tab Participants of workspace Study: a table, one participant's answers played again, and withdrawal."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from apps.gradio_app.components import page_component
from apps.gradio_app.owned import owned, owned_event, owned_steps
from apps.study_room import people
from apps.study_room.imports import NAME

if TYPE_CHECKING:
    from apps.gradio_app.study_panel import Parts
    from apps.gradio_app.study_results import Shown

PRIVATE: dict[str, Any] = {"api_visibility": "private"}
_NONE: dict[str, Any] = {"label": "Participants", "columns": [], "rows": []}


def build(parts: Parts, tab: gr.Tab, results: Shown) -> None:
    """Puts down the components and wires them; the table is read when the tab is opened or another study chosen."""
    room = parts.room
    who = gr.State("")
    with gr.Column(elem_classes="lx-study-page"):
        table = page_component("table", elem_id="lx-people")
        with gr.Row(elem_classes=["lx-data-controls", "lx-study-controls"], equal_height=True, visible=False) as bar:
            question = gr.Dropdown([], label="Answer", min_width=260)
            with gr.Row(elem_classes="lx-pager"):
                film = gr.Button("Make film", size="sm", min_width=90)
                withdraw = gr.Button("Withdraw …", size="sm", min_width=90)
        with gr.Row(visible=False, elem_classes="lx-study-ask") as ask:
            words = gr.HTML(apply_default_css=False)
            yes = gr.Button("Withdraw", size="sm", variant="stop", min_width=90)
            no = gr.Button("Keep", size="sm", min_width=90)
        files = gr.File(label="Film", visible=False, interactive=False, height=60)
        replay = page_component("replay", elem_id="lx-replay")

    def fill(state: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401 - values of components
        if state.get("workspace") != "Study":
            return gr.skip()
        shown = _NONE | {"key": "An imported log is not stored."} if name == NAME else people.table(room, name)
        return [shown, "", gr.update(visible=False), gr.update(visible=False), gr.update(visible=False), None]

    def choose(data: Mapping[str, Any], name: str) -> list[Any]:
        session = room.session(name, str(data.get("id") or ""))
        offered = people.replayable(session)
        first = people.replay(room, session, offered[0][1]) if offered else None
        return [
            session.participant,
            gr.update(visible=True),
            gr.update(choices=offered, value=offered[0][1] if offered else None, interactive=bool(offered)),
            gr.update(visible=False),
            gr.update(visible=False, value=None),
            first or {"message": "This participant has no reconstruction to play."},
        ]

    def play(name: str, participant: str, step: int | None) -> Any:  # noqa: ANN401 - a value or an update
        if step is None:
            return gr.skip()
        return people.replay(room, room.session(name, people.require(participant)), int(step))

    def filmed(name: str, participant: str, step: int | None) -> Iterator[Any]:
        if step is None:
            yield gr.skip()
            return
        file, data = people.film(room, room.session(name, people.require(participant)), int(step))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / file
            path.write_bytes(data)
            yield gr.update(value=str(path), visible=True)

    def asked(name: str, participant: str) -> list[Any]:
        session = room.session(name, people.require(participant))
        return [gr.update(visible=True), people.consequences(session), gr.update(value=f"Withdraw {participant}")]

    def withdrawn(name: str, participant: str) -> list[Any]:
        gr.Info(room.withdraw(name, people.require(participant)))
        hidden = gr.update(visible=False)
        return [people.table(room, name), "", hidden, hidden, gr.update(visible=False, value=None), None]

    token, name = parts.token, parts.chosen
    emptied = [table, who, bar, ask, files, replay]
    gr.on(
        [tab.select, parts.chosen.change],
        owned(fill, quiet=True),
        [token, parts.session.state, name],
        emptied,
        show_progress="hidden",
        **PRIVATE,
    )
    table.select(
        owned_event(choose),
        [token, name],
        [who, bar, question, ask, files, replay],
        trigger_mode="multiple",
        show_progress="hidden",
        **PRIVATE,
    )
    question.input(owned(play), [token, name, who, question], replay, show_progress="hidden", **PRIVATE)
    film.click(owned_steps(filmed), [token, name, who, question], files, show_progress_on=bar, **PRIVATE)
    withdraw.click(owned(asked), [token, name, who], [ask, words, yes], show_progress="hidden", **PRIVATE)
    no.click(lambda: gr.update(visible=False), None, ask, show_progress="hidden", queue=False, **PRIVATE)
    yes.click(owned(withdrawn), [token, name, who], emptied, show_progress_on=ask, **PRIVATE).then(
        results.handler, results.asked, results.shown, show_progress="hidden", trigger_mode="multiple", **PRIVATE
    )
