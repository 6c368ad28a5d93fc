"""A study's results as one HTML page that needs nothing else: methods, exclusions, tests, order effects, figures."""

from __future__ import annotations

import html
from collections.abc import Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING

from engine.figures.study_errors import error_curves
from engine.figures.study_methods import methods
from engine.figures.study_models import short, study_measure
from engine.figures.study_order import stage_means
from engine.figures.study_paths import slide_paths
from engine.figures.study_tables import contrasts_table, exclusions_table, means_table, order_table, secondary_table
from engine.figures.study_times import solve_curves
from engine.study.analysis import Analysis
from engine.study.measuring.measures import MEASURES, PRIMARY
from engine.study.measuring.yardsticks import Yardsticks
from engine.study.session import Session

if TYPE_CHECKING:
    import plotly.graph_objects as go

_WIDTH, _HEIGHT = 342, 264  # pixels of a figure: two side by side on a printed page
_MOST_PATHS = 12
_PATHS = "Slide paths with {}, two dials: ring at the start, star at the target"


def study_report(analysis: Analysis, sessions: Sequence[Session], yardsticks: Yardsticks) -> str:
    """The report as one HTML document, for the screen and for paper; it asks for nothing from anywhere.

    Args:
        analysis: Of the study.
        sessions: Of the study; those excluded are not drawn.
        yardsticks: By model id; models without one have no picture of slide paths.
    """
    study = analysis.study
    parts = [
        f"<h1>{_text(study.title)}</h1>",
        f"<p class='muted'>Study “{_text(study.name)}” · {_people(analysis)}</p>",
        *(f"<p class='note'>{_text(note)}</p>" for note in analysis.notes),
        "<h2>Declared contrasts</h2>",
        contrasts_table(analysis).to_html(),
        *_averages(analysis),
        "<h2>Figures</h2>",
        _figures(analysis, sessions, yardsticks),
        "<h2>Secondary tests</h2>",
        secondary_table(analysis).to_html(),
        "<h2>Order</h2>",
        order_table(analysis).to_html(),
        "<h2>Left out</h2>",
        exclusions_table(analysis).to_html(),
        "<h2>Methods</h2>",
        *(f"<p>{_text(paragraph)}</p>" for paragraph in methods(analysis)),
        f"<p class='muted'>{_text(_made_with(analysis))}</p>",
    ]
    head = f"<meta charset='utf-8'><title>{_text(study.title)}</title><style>{_STYLE}</style>"
    return f"<!doctype html>\n<html lang='en'><head>{head}</head><body><main>{''.join(parts)}</main></body></html>\n"


def _people(analysis: Analysis) -> str:
    gone = len({reason.participant for reason in analysis.excluded})
    tasks = _tasks_of(analysis)
    by_task = f" ({', '.join(f'{task} {count}' for task, count in tasks.items())})" if len(tasks) > 1 else ""
    return f"{len(analysis.participants)} participants{by_task}, {gone} left out, {len(analysis.questions)} questions"


def _tasks_of(analysis: Analysis) -> dict[str, int]:
    counts = analysis.questions.groupby("task")["participant"].nunique()
    return {task: int(counts.get(task, 0)) for task in analysis.study.tasks}


def _averages(analysis: Analysis) -> list[str]:
    parts = []
    for task in analysis.study.tasks:
        table = means_table(analysis, task)
        if table.rows:
            heading = f"Means of participants [95 %]{f': {task}' if len(analysis.study.tasks) > 1 else ''}"
            parts += [f"<h2>{_text(heading)}</h2>", table.to_html()]
    return parts


def _figures(analysis: Analysis, sessions: Sequence[Session], yardsticks: Yardsticks) -> str:
    study = analysis.study
    people = [session for session in sessions if session.participant in analysis.participants]
    drawn: list[tuple[str, go.Figure]] = []
    for task in study.tasks:
        of = f" ({task})" if len(study.tasks) > 1 else ""
        drawn += [
            (f"{MEASURES[name].title}{of}: participants, mean, 95 %", study_measure(analysis, name, task=task))
            for name in (PRIMARY[task], "active_s" if task == "reconstruction" else "response_s", "ease")
            if any((a.task, a.measure) == (task, name) for a in analysis.averages)
        ]
    if "reconstruction" in study.tasks and len(analysis.questions):
        drawn += [
            ("Solved within so many seconds", solve_curves(analysis)),
            ("Error over time: median and middle half", error_curves(people, models=study.models)),
        ]
        drawn += [
            (_PATHS.format(short(model)), slide_paths(people, model, yardsticks[model], most=_MOST_PATHS))
            for model in study.models
            if model in yardsticks
        ]
    if analysis.order.stages:
        drawn.append(("From stage to stage: mean and 95 %", stage_means(analysis)))
    if not drawn:
        return "<p>There is nothing to draw yet.</p>"
    cells = [_drawn(figure, caption, script=place == 0) for place, (caption, figure) in enumerate(drawn)]
    return f"<div class='figures'>{''.join(cells)}</div>"


def _drawn(figure: go.Figure, caption: str, *, script: bool) -> str:
    figure.update_layout(width=_WIDTH, height=_HEIGHT)
    body = figure.to_html(
        full_html=False, include_plotlyjs=script, config={"displayModeBar": False, "displaylogo": False}
    )
    return f"<figure>{body}<figcaption>{_text(caption)}</figcaption></figure>"


def _made_with(analysis: Analysis) -> str:
    libraries = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "statsmodels"))
    return f"Seed {analysis.seed}; {libraries}."


def _text(words: str) -> str:
    return html.escape(words)


_STYLE = """
:root { color-scheme: light; }
body { margin: 0; background: #fff; color: #1b1f24; font: 13px/1.45 system-ui, 'Segoe UI', Roboto, sans-serif; }
main { width: 700px; margin: 24px auto; }
h1 { font-size: 22px; margin: 0 0 2px; }
h2 { font-size: 14px; margin: 18px 0 6px; break-after: avoid; }
p { margin: 4px 0; }
.muted { color: #5b6470; }
.note { border-left: 3px solid #f56100; padding-left: 8px; }
table { border-collapse: collapse; width: 100%; font-size: 12px; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 3px 8px 3px 0; border-bottom: 1px solid #d9dde3; vertical-align: top; }
th { font-weight: 600; color: #5b6470; }
td:not(:first-child):not(:last-child) { white-space: nowrap; }
tr { break-inside: avoid; }
.figures { display: grid; grid-template-columns: 1fr 1fr; gap: 12px 16px; }
figure { margin: 0; break-inside: avoid; }
figcaption { color: #5b6470; font-size: 12px; }
@page { size: A4; margin: 12mm; }
@media print { main { margin: 0 auto; } }
"""
