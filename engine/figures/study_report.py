"""A study's results as one HTML page that needs nothing else: methods, exclusions, tests, order effects, figures."""

from __future__ import annotations

import html
from collections.abc import Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING

from engine.figures.study_errors import error_curves
from engine.figures.study_methods import methods
from engine.figures.study_models import axis_title, short, study_measure
from engine.figures.study_order import stage_means
from engine.figures.study_paths import slide_paths
from engine.figures.study_times import solve_curves
from engine.study.analysis import Analysis, Average, Interval
from engine.study.measures import MEASURES, PRIMARY, measured_in
from engine.study.session import Session
from engine.study.yardsticks import Yardsticks

if TYPE_CHECKING:
    import plotly.graph_objects as go

_WIDTH, _HEIGHT = 342, 264  # pixels of a figure: two side by side on a printed page
_LEFT_OUT = {"category_changes", "start_agreement", "final_agreement", "final_error", "dial_switches", "reversals"}
_SHOWN = [name for name in MEASURES if name not in _LEFT_OUT]
_NONE = "–"
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
        _primary(analysis),
        *_averages(analysis),
        "<h2>Figures</h2>",
        _figures(analysis, sessions, yardsticks),
        "<h2>Secondary tests</h2>",
        _secondary(analysis),
        "<h2>Order</h2>",
        _order(analysis),
        "<h2>Left out</h2>",
        _excluded(analysis),
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


def _primary(analysis: Analysis) -> str:
    several = len(analysis.study.tasks) > 1
    rows = []
    for test in analysis.primary:
        factor = 100 if MEASURES[test.measure].share else 1
        what = f"{short(test.first)} – {short(test.second)}"
        means = _NONE if test.first_mean is None else (
            f"{_number(test.first_mean, factor)} – {_number(test.second_mean, factor)}"
        )
        unit = "%" if factor == 100 else MEASURES[test.measure].unit
        name = MEASURES[test.measure].title + (f", {test.task}" if several else "") + (f" ({unit})" if unit else "")
        rows.append(
            [
                name,
                what,
                means,
                _number(test.difference, factor) + _interval(test.interval, factor),
                _number(test.effect),
                _p(test.p),
                _p(test.p_holm),
                str(test.participants) if test.participants else _NONE,
                test.note,
            ]
        )
    head = ["measure", "contrast", "means", "difference [95 %]", "d", "p", "p, Holm", "n", ""]
    return _table(head, rows) if rows else "<p>None is declared.</p>"


def _averages(analysis: Analysis) -> list[str]:
    parts = []
    for task in analysis.study.tasks:
        here = {(a.model, a.measure): a for a in analysis.averages if a.task == task}
        shown = [name for name in _SHOWN if measured_in(task, name) and any(m == name for _, m in here)]
        if not shown:
            continue
        rows = [
            [axis_title(name), *(_cell(here.get((model, name))) for model in analysis.study.models)] for name in shown
        ]
        heading = f"Means of participants [95 %]{f': {task}' if len(analysis.study.tasks) > 1 else ''}"
        parts += [f"<h2>{_text(heading)}</h2>", _table(["", *map(short, analysis.study.models)], rows)]
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


def _secondary(analysis: Analysis) -> str:
    several = len(analysis.study.tasks) > 1
    rows = [
        [
            f"{test.method}: {MEASURES[test.measure].title}" + (f", {test.task}" if several else ""),
            f"{short(test.first)} – {short(test.second)}",
            f"{test.effect} {_number(test.estimate)}{_interval(test.interval)}" if test.estimate is not None else _NONE,
            _p(test.p),
            _p(test.p_holm),
            str(test.participants) if test.participants else _NONE,
            {True: "yes", False: "no", None: ""}[test.converged],
            test.note,
        ]
        for test in analysis.secondary
    ]
    head = ["test", "contrast", "estimate [95 %]", "p", "p, Holm", "n", "converged", ""]
    return _table(head, rows) if rows else "<p>No pair of models is declared.</p>"


def _order(analysis: Analysis) -> str:
    several = len(analysis.study.tasks) > 1
    rows = [
        [
            "stage as a factor" + (f", {factor.task}" if several else ""),
            _NONE if factor.statistic is None else f"χ²({factor.freedom}) = {factor.statistic:.2f}",
            _p(factor.p),
            factor.note,
        ]
        for factor in analysis.order.factors
    ]
    for trend in analysis.order.trends:
        of = MEASURES[trend.measure]
        factor = 100 if of.share else 1
        name = f"{of.title} ({'%' if of.share else of.unit}) per {trend.over}" + (f", {trend.task}" if several else "")
        slope = _number(trend.slope, factor) + _interval(trend.interval, factor)
        rows.append([name, slope, _p(trend.p), trend.note])
    return _table(["effect", "estimate [95 %]", "p", ""], rows)


def _excluded(analysis: Analysis) -> str:
    if not analysis.excluded:
        return "<p>Nobody.</p>"
    return _table(["participant", ""], [[reason.participant, reason.reason] for reason in analysis.excluded])


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table whose columns without a word are left out."""
    kept = [k for k in range(len(head)) if k == 0 or any(row[k] for row in rows)]
    top = "".join(f"<th>{_text(head[k])}</th>" for k in kept)
    body = "".join("<tr>" + "".join(f"<td>{_text(row[k])}</td>" for k in kept) + "</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _cell(average: Average | None) -> str:
    if average is None:
        return _NONE
    factor = 100 if MEASURES[average.measure].share else 1
    return _number(average.mean, factor) + _interval(average.interval, factor)


def _number(value: float | None, factor: float = 1) -> str:
    if value is None:
        return _NONE
    scaled = factor * value
    text = f"{scaled:,.0f}" if abs(scaled) >= 1000 else f"{scaled:.1f}" if factor == 100 else f"{scaled:.3g}"
    return text.replace("-", "−")


def _interval(interval: Interval | None, factor: float = 1) -> str:
    return "" if interval is None else f" [{_number(interval.low, factor)}, {_number(interval.high, factor)}]"


def _p(value: float | None) -> str:
    if value is None:
        return _NONE
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


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
