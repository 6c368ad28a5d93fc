"""An analysis in tables of words, as the report and both apps print them: contrasts, means, further tests, order."""

from __future__ import annotations

import html
from dataclasses import dataclass

from engine.figures.study_models import axis_title, short
from engine.statistics import Interval
from engine.study.analysis import Analysis, Average
from engine.study.design import TaskName
from engine.study.measuring.measures import MEASURES, measured_in

NONE = "–"
_LEFT_OUT = {"category_changes", "start_agreement", "final_agreement", "final_error", "dial_switches", "reversals"}
_SHOWN = [name for name in MEASURES if name not in _LEFT_OUT]


@dataclass(frozen=True)
class Table:
    """Words in rows.

    Attributes:
        head: Titles of the columns.
        rows: Each as long as the head.
        empty: What to say where there are no rows.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    empty: str = ""

    def to_html(self) -> str:
        """The table, escaped, without the columns that hold no word; a paragraph where there are no rows."""
        if not self.rows:
            return f"<p>{html.escape(self.empty)}</p>"
        kept = [k for k in range(len(self.head)) if k == 0 or any(row[k] for row in self.rows)]
        top = "".join(f"<th>{html.escape(self.head[k])}</th>" for k in kept)
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(row[k])}</td>" for k in kept) + "</tr>" for row in self.rows
        )
        return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def contrasts_table(analysis: Analysis) -> Table:
    """The declared contrasts: means, difference with interval, effect, p-values."""
    several = len(analysis.study.tasks) > 1
    rows = []
    for test in analysis.primary:
        factor = 100 if MEASURES[test.measure].share else 1
        unit = "%" if factor == 100 else MEASURES[test.measure].unit
        means = NONE if test.first_mean is None else (
            f"{number(test.first_mean, factor)} – {number(test.second_mean, factor)}"
        )
        rows.append(
            (
                MEASURES[test.measure].title + (f", {test.task}" if several else "") + (f" ({unit})" if unit else ""),
                f"{short(test.first)} – {short(test.second)}",
                means,
                number(test.difference, factor) + _interval(test.interval, factor),
                number(test.effect),
                p_value(test.p),
                p_value(test.p_holm),
                str(test.participants) if test.participants else NONE,
                test.note,
            )
        )
    head = ("measure", "contrast", "means", "difference [95 %]", "d", "p", "p, Holm", "n", "")
    return Table(head, tuple(rows), "None is declared.")


def means_table(analysis: Analysis, task: TaskName) -> Table:
    """Means of participants with a task, a row a measure, a column a model."""
    here = {(a.model, a.measure): a for a in analysis.averages if a.task == task}
    shown = [name for name in _SHOWN if measured_in(task, name) and any(m == name for _, m in here)]
    rows = [
        (axis_title(name), *(_cell(here.get((model, name))) for model in analysis.study.models)) for name in shown
    ]
    return Table(("", *map(short, analysis.study.models)), tuple(rows), "Nobody has answered a question yet.")


def secondary_table(analysis: Analysis) -> Table:
    """The further tests of the same pairs of models."""
    several = len(analysis.study.tasks) > 1
    rows = [
        (
            f"{test.method}: {MEASURES[test.measure].title}" + (f", {test.task}" if several else ""),
            f"{short(test.first)} – {short(test.second)}",
            f"{test.effect} {number(test.estimate)}{_interval(test.interval)}" if test.estimate is not None else NONE,
            p_value(test.p),
            p_value(test.p_holm),
            str(test.participants) if test.participants else NONE,
            {True: "yes", False: "no", None: ""}[test.converged],
            test.note,
        )
        for test in analysis.secondary
    ]
    head = ("test", "contrast", "estimate [95 %]", "p", "p, Holm", "n", "converged", "")
    return Table(head, tuple(rows), "No pair of models is declared.")


def order_table(analysis: Analysis) -> Table:
    """Order effects: the stage as a factor, and trends."""
    several = len(analysis.study.tasks) > 1
    rows = [
        (
            "stage as a factor" + (f", {factor.task}" if several else ""),
            NONE if factor.statistic is None else f"χ²({factor.freedom}) = {factor.statistic:.2f}",
            p_value(factor.p),
            factor.note,
        )
        for factor in analysis.order.factors
    ]
    for trend in analysis.order.trends:
        of = MEASURES[trend.measure]
        scale = 100 if of.share else 1
        name = f"{of.title} ({'%' if of.share else of.unit}) per {trend.over}" + (f", {trend.task}" if several else "")
        rows.append((name, number(trend.slope, scale) + _interval(trend.interval, scale), p_value(trend.p), trend.note))
    return Table(("effect", "estimate [95 %]", "p", ""), tuple(rows), "Nothing is known of order yet.")


def exclusions_table(analysis: Analysis) -> Table:
    """Who is left out, and why."""
    rows = tuple((reason.participant, reason.reason) for reason in analysis.excluded)
    return Table(("participant", ""), rows, "Nobody.")


def number(value: float | None, factor: float = 1) -> str:
    """A value times a factor with a few digits; a dash for None."""
    if value is None:
        return NONE
    scaled = factor * value
    text = f"{scaled:,.0f}" if abs(scaled) >= 1000 else f"{scaled:.1f}" if factor == 100 else f"{scaled:.3g}"
    return text.replace("-", "−")


def p_value(value: float | None) -> str:
    """A p-value with three decimals; a dash for None."""
    if value is None:
        return NONE
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _cell(average: Average | None) -> str:
    if average is None:
        return NONE
    factor = 100 if MEASURES[average.measure].share else 1
    return number(average.mean, factor) + _interval(average.interval, factor)


def _interval(interval: Interval | None, factor: float = 1) -> str:
    return "" if interval is None else f" [{number(interval.low, factor)}, {number(interval.high, factor)}]"
