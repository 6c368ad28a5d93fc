"""Page Study results: what came of a study, as in its report on one page, and the answers as files; for its owner."""

from __future__ import annotations

import functools
import io
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import streamlit as st

from apps.owner import can_enter, how_to_enter, is_owner
from apps.refusals import told
from apps.report_pages import models
from apps.study_room.exports import report, tables
from apps.study_room.room import StudyRoom

if TYPE_CHECKING:
    from apps.study_room.room import Analysed, Row
    from engine.figures import Theme
    from engine.study.design import TaskName

CHART = {"displayModeBar": False, "displaylogo": False}
_DOTS = "a dot a participant, their mean, 95 %"
CAPTIONS = {
    "solved": "Solved within so many seconds",
    "error": "Error over time: median and middle half",
    "ease": f"How difficult participants found it: {_DOTS}",
    "stages": "From stage to stage: mean and 95 %",
}
STYLE = """<style>
.study-words h3 { font-size: 1.25rem; padding: 1rem 0 0.25rem; break-after: avoid; }
.study-words h3:first-child { padding-top: 0; }
.study-words table { margin: 0; border-collapse: collapse; font-size: 0.85rem; font-variant-numeric: tabular-nums; }
.study-words :is(th, td) { text-align: left; vertical-align: top; padding: 0.3rem 1rem 0.3rem 0;
  border: 0; border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); }
.study-words th { font-weight: 600; opacity: 0.75; }
.study-words td:not(:first-child):not(:last-child) { white-space: nowrap; }
@media print {
  .stTextInput, .stCheckbox { display: none !important; }
  .study-words, .study-words * { color: #1b1f24 !important; }
  .study-words { zoom: 0.8; }
  .stPlotlyChart .errorbars path { stroke: #1b1f24 !important; }
  .stHorizontalBlock { display: flex !important; flex-wrap: nowrap !important; break-inside: avoid; }
}
</style>"""


def page() -> None:
    """Draws the page."""
    st.html(STYLE)
    if not _is_owner():
        _door()
        return
    try:
        rows = [row for row in room().listed() if row.began]
    except Exception as error:
        st.error(told(error).text)
        return
    if not rows:
        st.header("Study results", anchor=False)
        st.info("Nobody has taken part in a study yet. Page Quiz lists the studies with the links to invite people by.")
        return
    name, version = _chosen(rows)
    try:
        found = _analysed(name, version)
    except Exception as error:
        st.header("Study results", anchor=False)
        st.error(told(error).text)
        return
    _report(found, name, version)


@functools.cache
def room() -> StudyRoom:
    """The studies of this process."""
    return StudyRoom(models.shelf())


def _is_owner() -> bool:
    """Whether the page is the owner's; Streamlit tells no address for this machine's own (1.67)."""
    headers = {name.lower(): value for name, value in st.context.headers.items()}
    # Browsers name the page's address themselves; a proxy on this machine may write its own into `host`.
    headers["host"] = urlsplit(headers.get("origin", "")).netloc
    given = str(st.session_state.get("owner_token_given", ""))
    return is_owner(headers, st.context.ip_address or "127.0.0.1", given)


def _door() -> None:
    st.header("Study results", anchor=False)
    st.info(how_to_enter())
    if not can_enter():
        return
    with st.form("door", border=False):
        given = st.text_input("Owner's token", type="password", key="owner_token")
        if st.form_submit_button("Enter"):
            st.session_state["owner_token_given"] = given  # widgets' own values go when another page is looked at
            if _is_owner():
                st.rerun()
            st.error("This is not the owner's token.")


def _chosen(rows: list[Row]) -> tuple[str, int | None]:
    """The study to show, and one version of its file or None for all of them."""
    titles = {row.name: f"{row.title or row.name} ({row.name})" for row in rows}
    name = st.sidebar.selectbox("Study", list(titles), format_func=titles.__getitem__, key="study", bind="query-params")
    versions = dict(room().versions(name))
    if len(versions) < 2:
        return name, None
    words: dict[int | None, str] = {None: "All, judged by the newest"}
    words |= {number: f"{number}: {count} took part" for number, count in versions.items()}
    version: int | None = st.sidebar.selectbox(
        "Version of its file", list(words), format_func=words.__getitem__, key=f"version {name}"
    )
    return name, version


def _analysed(name: str, version: int | None) -> Analysed:
    with st.spinner("Analysing the answers …", show_time=True):
        return room().analysed(name, version)


def _report(found: Analysed, name: str, version: int | None) -> None:
    from apps.study_room.results import further, primary

    analysis, study = found.analysis, found.study
    st.header(study.title, anchor=False)
    gone = len({reason.participant for reason in analysis.excluded})
    ended = sum(one.finished_ms is not None for one in found.sessions)
    facts = [f"Study `{study.name}`", f"{len(found.sessions)} took part", f"{ended} finished", f"{gone} left out"]
    st.caption(" · ".join([*facts, f"{len(analysis.participants)} analysed with {len(analysis.questions)} questions"]))
    for note in analysis.notes:
        st.warning(note)
    _downloads(found, name, version)
    st.html(f'<div class="study-words">{primary(found)}</div>')
    for task in study.tasks:
        st.html(f'<div class="study-words"><h3>Pictures{f": {task}" if len(study.tasks) > 1 else ""}</h3></div>')
        _pictures(found, task)
    st.html(f'<div class="study-words">{further(found)}</div>')


def _pictures(found: Analysed, task: TaskName) -> None:
    """The figures of a task, two beside each other."""
    from apps.study_room.results import figures, paths
    from engine.figures.study_models import study_measure
    from engine.study.measuring.measures import MEASURES, PRIMARY

    theme: Theme = "dark" if st.context.theme.type == "dark" else "light"
    primary, time = PRIMARY[task], "active_s" if task == "reconstruction" else "response_s"
    known = figures(found, task=task, measure=primary, theme=theme)
    first = known.pop("measure")
    of_time = study_measure(found.analysis, time, task=task, theme=theme, height=first.layout.height)
    titles = [MEASURES[name].title.capitalize() for name in (primary, time)]
    drawn = [(f"{title}: {_DOTS}", one) for title, one in zip(titles, (first, of_time), strict=True)]
    # What is not of one task stands with the first.
    drawn += [(CAPTIONS[name], one) for name, one in known.items() if name == "ease" or task == found.study.tasks[0]]
    if task == "reconstruction":
        drawn += [
            (f"Ways over two dials of {model}: ring at the start, star at the target", paths(found, model, theme=theme))
            for model in found.study.models
            if model in found.yardsticks
        ]
    for at in range(0, len(drawn), 2):
        for column, (caption, figure) in zip(st.columns(2), drawn[at : at + 2], strict=False):
            with column:
                st.plotly_chart(figure, width="stretch", theme=None, config=CHART, key=f"{task} {caption}")
                st.caption(caption)


def _downloads(found: Analysed, name: str, version: int | None) -> None:
    """The report as a page of its own, the answers as tables."""
    first, second, third = st.columns([1, 1, 2], vertical_alignment="center")
    save = ":material/download:"
    of = name if version is None else f"{name}-{version}"
    document = functools.partial(packed, functools.partial(report, found))
    first.download_button("Report (HTML)", document, f"{of}_report.html", "text/html", icon=save)
    anonymised = third.checkbox(
        "Without what could lead to a person",
        value=True,
        key="anonymised",
        help="Leaves out tokens, completion codes, free text and the times of day.",
    )
    write = functools.partial(tables, room(), name, format="csv", anonymised=anonymised)
    second.download_button(
        "Answers (CSV)", functools.partial(packed, write), f"{name}.zip", "application/zip", icon=save
    )


def packed(write: Callable[[Path], list[Path]]) -> bytes:
    """What was written into a folder: the file itself, or several as a ZIP file.

    Args:
        write: Takes the folder and tells the files.
    """
    with tempfile.TemporaryDirectory() as folder:
        files = write(Path(folder))
        if len(files) == 1:
            return files[0].read_bytes()
        whole = io.BytesIO()
        with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in files:
                archive.write(path, path.name)
        return whole.getvalue()
