"""Tab Export and import of workspace Study: answers as files, the report, and the original study's log."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from apps.gradio_app.owned import owned_progress, owned_steps
from apps.gradio_app.study_results import ALL
from apps.refusals import RefusedError
from apps.study_room import exports, imports
from apps.study_room.room import Analysed

if TYPE_CHECKING:
    from apps.gradio_app.study_panel import Parts
    from apps.gradio_app.study_results import Shown
    from apps.study_room.room import Report

PRIVATE: dict[str, Any] = {"api_visibility": "private"}
_ABOUT_TABLES = "Sessions, answers and every slider event as three tables, with a dictionary that explains each column."
_ABOUT_JSPSYCH = "One row a step, in the columns of jsPsych. Free answers are in it as they were written."
_ABOUT_REPORT = "Results, figures and methods as one HTML page that needs nothing else, for the screen and for paper."
_ABOUT_LOG = (
    "Events of the original interactive reconstruction study, as JSON, one a line or one list, at most 20 MB. They are "
    "analysed as a study of their own and are not stored."
)


def build(parts: Parts, results: Shown) -> None:
    """Puts down the components and wires them."""
    room = parts.room
    with gr.Column(elem_classes="lx-study-page"):
        with gr.Row(elem_classes="lx-study-cards"):
            with gr.Column(elem_classes="lx-study-card", min_width=260):
                gr.HTML(f"<h3>Tables</h3><p class='lx-aside'>{_ABOUT_TABLES}</p>", apply_default_css=False)
                format = gr.Radio(list(exports.FORMATS), value="CSV", show_label=False)
                anonymised = gr.Checkbox(True, label="Anonymised: no tokens, codes, free text or times of day")
                tables = gr.Button("Make tables", size="sm")
                table_files = gr.File(show_label=False, visible=False, interactive=False)
            with gr.Column(elem_classes="lx-study-card", min_width=260):
                gr.HTML(f"<h3>jsPsych</h3><p class='lx-aside'>{_ABOUT_JSPSYCH}</p>", apply_default_css=False)
                histories = gr.Checkbox(False, label="With every slider event")
                jspsych = gr.Button("Make jsPsych table", size="sm")
                jspsych_files = gr.File(show_label=False, visible=False, interactive=False)
            with gr.Column(elem_classes="lx-study-card", min_width=260):
                gr.HTML(f"<h3>Report</h3><p class='lx-aside'>{_ABOUT_REPORT}</p>", apply_default_css=False)
                report = gr.Button("Make report", size="sm")
                report_files = gr.File(show_label=False, visible=False, interactive=False)
        with gr.Column(elem_classes="lx-study-card"):
            gr.HTML(f"<h3>Import</h3><p class='lx-aside'>{_ABOUT_LOG}</p>", apply_default_css=False)
            log = gr.File(label="Log of events", file_types=[".json", ".jsonl", ".txt"], height=110)
            notices = gr.HTML(apply_default_css=False, elem_id="lx-import-notices")

    def found(name: str, held: imports.ImportedLog | None, version: object) -> Analysed:
        if name == imports.NAME and held is not None:
            return held.found
        offered = [number for number, _ in room.versions(name)]
        if not offered:
            raise RefusedError("Nobody has taken part yet, so there is nothing to write.")
        chosen = None if version == ALL and len(offered) > 1 else version if version in offered else offered[0]
        return room.analysed(name, chosen)

    def make_tables(name: str, held: Any, version: object, kind: str, private: bool) -> Iterator[Any]:  # noqa: ANN401
        if name == imports.NAME:
            raise RefusedError("An imported log is not stored; its jsPsych table and its report can be made.")
        yield from _made(lambda folder: exports.tables(room, name, folder, format=kind, anonymised=private))

    def make_jspsych(name: str, held: Any, version: object, events: bool) -> Iterator[Any]:  # noqa: ANN401
        sessions = held.found.sessions if name == imports.NAME and held is not None else room.sessions(name)
        if not sessions:
            raise RefusedError("Nobody has taken part yet, so there is nothing to write.")
        yield from _made(lambda folder: exports.jspsych(sessions, name, folder, histories=events))

    def make_report(name: str, held: Any, version: object) -> Iterator[Any]:  # noqa: ANN401
        analysed = found(name, held, version)
        yield from _made(lambda folder: exports.report(analysed, folder))

    def read(report: Report, path: str | None) -> Any:  # noqa: ANN401 - values of components
        if not path:
            return gr.skip()
        held = imports.imported(room, Path(path), report=report)
        from apps.gradio_app.study_panel import listing

        return [held, imports.NAME, listing(room, imports.NAME, held), notices_html(held), gr.Tabs(selected="results")]

    version = results.asked[4]
    asked = [parts.token, parts.chosen, parts.imported, version]
    for button, make, more, files in (
        (tables, make_tables, [format, anonymised], table_files),
        (jspsych, make_jspsych, [histories], jspsych_files),
        (report, make_report, [], report_files),
    ):
        button.click(owned_steps(make), [*asked, *more], files, show_progress_on=files, **PRIVATE)
    hidden = gr.update(visible=False, value=None)
    parts.chosen.change(
        lambda: [hidden] * 3,
        None,
        [table_files, jspsych_files, report_files],
        show_progress="hidden",
        queue=False,
        **PRIVATE,
    )
    log.upload(
        owned_progress(read),
        [parts.token, log],
        [parts.imported, parts.chosen, parts.list, notices, parts.tabs],
        show_progress_on=notices,
        **PRIVATE,
    ).then(
        results.handler, results.asked, results.shown, show_progress="hidden", trigger_mode="multiple", **PRIVATE
    )


def notices_html(held: imports.ImportedLog) -> str:
    """What was dropped, mended or set aside on the way, most of it as a list."""
    rows = "".join(f"<li>{escape(str(notice))}</li>" for notice in held.notices[:200])
    more = f"<li>and {len(held.notices) - 200} more</li>" if len(held.notices) > 200 else ""
    count = len(held.found.sessions)
    head = f"<p><b>{escape(held.file)}</b>: {count} {'session' if count == 1 else 'sessions'} read, "
    remarks = {0: "no remarks", 1: "one remark"}.get(len(held.notices), f"{len(held.notices)} remarks")
    return f"{head}{remarks}.</p><ul class='lx-problems'>{rows}{more}</ul>"


def _made(write: Callable[[Path], list[Path]]) -> Iterator[Any]:
    """Files that are there until the component has its own copies."""
    with tempfile.TemporaryDirectory() as folder:
        yield gr.update(value=[str(path) for path in write(Path(folder))], visible=True)
