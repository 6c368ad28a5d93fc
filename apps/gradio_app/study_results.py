"""Tab Results of workspace Study: who took part, pictures, the declared contrasts, further tests folded below."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import gradio as gr

from apps.gradio_app.owned import owned_progress
from apps.study_room import results
from apps.study_room.imports import NAME
from apps.study_room.room import Analysed, Report, StudyRoom

if TYPE_CHECKING:
    from apps.gradio_app.study_panel import Parts
    from apps.study_room.imports import ImportedLog

ALL = "all versions, judged by the newest"
PRIVATE: dict[str, Any] = {"api_visibility": "private"}
_READING = "<p class='lx-aside' role='status'>Reading the answers and measuring them …</p>"


@dataclass(frozen=True)
class Shown:
    """How other tabs have the results drawn: a handler with its inputs and outputs."""

    handler: Callable[..., Any]
    asked: list[Any]
    shown: list[Any]


def build(parts: Parts) -> Shown:
    """Puts down the components and wires them."""
    with gr.Column(elem_classes="lx-study-page"):
        head = gr.HTML(_READING, apply_default_css=False, elem_classes="lx-study-head")
        with gr.Row(elem_classes=["lx-data-controls", "lx-study-controls"], equal_height=True):
            measure = _choice([("completion rate", "completion")], "completion", "Measure")
            task = _choice(["reconstruction"], "reconstruction", "Task")
            version = _choice([ALL], ALL, "Version of the file")
            model = _choice([], None, "Paths with")
            with gr.Row(elem_classes="lx-pager"):
                anew = gr.Button("Compute anew", size="sm", min_width=110)
        with gr.Row(elem_classes="lx-study-plots"):
            plots = [
                # Hidden until there is something to draw, or the first look is one at empty frames.
                gr.Plot(show_label=False, container=False, elem_classes="lx-study-plot", min_width=260, visible=False)
                for _ in results.FIGURES
            ]
        primary = gr.HTML(apply_default_css=False, elem_classes="lx-study-tables")
        with gr.Accordion("Means, secondary tests, order, exclusions, methods", open=False):
            more = gr.HTML(apply_default_css=False, elem_classes="lx-study-tables")
    asked = [parts.token, parts.session.state, parts.chosen, parts.imported, version, task, measure, model]
    shown = [head, version, task, measure, model, *plots, primary, more]

    def show(report: Report, *values: Any) -> Any:  # noqa: ANN401 - values of components
        if values[0].get("workspace") != "Study":
            return gr.skip()
        return view(parts.room, *values, report=report)

    def afresh(report: Report, *values: Any) -> Any:  # noqa: ANN401 - values of components
        parts.room.forget()
        return view(parts.room, *values, report=report)

    handler = owned_progress(show, quiet=True)
    on_plots: dict[str, Any] = {"show_progress_on": head, **PRIVATE}
    for control in (measure, task, version, model):
        control.input(handler, asked, shown, trigger_mode="always_last", **on_plots)
    anew.click(owned_progress(afresh), asked, shown, **on_plots)
    return Shown(handler, asked, shown)


def view(
    room: StudyRoom,
    state: Mapping[str, Any],
    name: str,
    log: ImportedLog | None,
    version: str | int,
    task: str,
    measure: str,
    model: str | None,
    *,
    report: Report | None = None,
) -> list[Any]:
    """New values of all components of the tab."""
    kept: str | int
    versions: list[Any]
    if name == NAME and log is not None:
        found, versions, kept = log.found, [ALL], ALL
    elif not name or not room.versions(name):
        return _nobody(room, name)
    else:
        offered = room.versions(name)
        versions = [(f"version {number}: {count} took part", number) for number, count in offered]
        versions += [(ALL, ALL)] if len(offered) > 1 else []
        kept = version if version in [value for _, value in versions] else offered[0][0]
        found = room.analysed(name, None if kept == ALL else int(kept), report=report)
    return _drawn(found, versions, kept, task, measure, model, "dark" if state.get("theme") == "dark" else "light")


def _drawn(
    found: Analysed, versions: list[Any], version: object, task: str, measure: str, model: str | None, theme: Any  # noqa: ANN401
) -> list[Any]:
    tasks: list[Any] = list(found.study.tasks)
    task = task if task in tasks else tasks[0]
    offered = results.measures(found, task)  # type: ignore[arg-type] # one of the study's tasks
    measure = measure if measure in [name for _, name in offered] else offered[0][1]
    pictures: dict[str, Any] = results.figures(found, task=task, measure=measure, theme=theme)  # type: ignore[arg-type]
    walked = [one for one in found.study.models if one in found.yardsticks] if "reconstruction" in tasks else []
    model = model if model in walked else (walked[0] if walked else None)
    if model:
        pictures["paths"] = results.paths(found, model, theme=theme)
    for name, one in pictures.items():
        _entitle(one, results.TITLES.get(name) or dict((key, title) for title, key in offered)[measure].capitalize())
    plots = [
        gr.update(value=pictures[name], visible=True) if name in pictures else gr.update(value=None, visible=False)
        for name in results.FIGURES
    ]
    return [
        results.headline(found),
        gr.update(choices=versions, value=version, visible=len(versions) > 1),
        gr.update(choices=tasks, value=task, visible=len(tasks) > 1),
        gr.update(choices=offered, value=measure, visible=True),
        gr.update(choices=walked, value=model, visible=len(walked) > 1),
        *plots,
        results.primary(found),
        results.further(found),
    ]


def _choice(choices: list[Any], value: str | None, label: str) -> gr.Dropdown:
    # Any value is taken, and `view` minds what there is: one of the study before may be on its way when another is
    # chosen, which Gradio would refuse.
    return gr.Dropdown(choices, value=value, label=label, allow_custom_value=True, visible=False)


def _entitle(figure: Any, title: str) -> None:  # noqa: ANN401 - plotly's own
    """A title above the legend."""
    above = 46 if figure.layout.showlegend is not False and len(figure.data) > 1 else 30
    place = {"x": 0, "xref": "paper", "xanchor": "left", "y": 0.98, "yanchor": "top"}
    figure.update_layout(title={"text": title, "font": {"size": 13}, **place}, margin={"t": above})


def _nobody(room: StudyRoom, name: str) -> list[Any]:
    problem = next((row.problem for row in room.listed() if row.name == name), None)
    said = (
        f"<pre class='lx-study-problem'>{escape(problem)}</pre>"
        if problem
        else "<p class='lx-aside'>Nobody has taken part yet. Workspace Quiz has the link to send to participants.</p>"
    )
    hidden = gr.update(visible=False)
    empty = [gr.update(value=None, visible=False) for _ in results.FIGURES]
    return [f"<h2><code>{escape(name)}</code></h2>{said}", hidden, hidden, hidden, hidden, *empty, "", ""]
