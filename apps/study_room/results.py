"""A study's results: who took part, pictures, and tables, as figures and pieces of HTML for any page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from apps.study_room.room import Analysed

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from engine.figures import Theme
    from engine.study.design import TaskName

FIGURES = ("measure", "solved", "error", "ease", "stages", "paths")
TITLES = {
    "solved": "Solved within so many seconds",
    "error": "Error over time: median, middle half",
    "ease": "Rated difficulty",
    "stages": "From stage to stage",
    "paths": "Paths of two dials: start ○, target ★",
}
_HEIGHT = 250  # pixels


def headline(found: Analysed) -> str:
    """Title, counts and what to know before reading on, as HTML."""
    analysis, sessions = found.analysis, found.sessions
    gone = {reason.participant for reason in analysis.excluded}
    finished = sum(one.finished_ms is not None for one in sessions)
    facts = [
        ("took part", len(sessions)),
        ("finished", finished),
        ("analysed", len(analysis.participants)),
        ("left out", len(gone)),
        ("questions", len(analysis.questions)),
    ]
    counts = "".join(f"<li><b>{count}</b> {what}</li>" for what, count in facts)
    notes = "".join(f"<p class='lx-warn'>{escape(note)}</p>" for note in analysis.notes)
    return (
        f"<h2>{escape(found.study.title)} <code>{escape(found.study.name)}</code></h2>"
        f"<ul class='lx-counts'>{counts}</ul>{_why(found)}{notes}"
    )


def measures(found: Analysed, task: TaskName) -> list[tuple[str, str]]:
    """What can be drawn of a task: (title, name), the primary measure first."""
    from engine.study.measuring.measures import MEASURES, PRIMARY

    known = {average.measure for average in found.analysis.averages if average.task == task}
    names = [PRIMARY[task], *(name for name in MEASURES if name in known and name != PRIMARY[task])]
    return [(MEASURES[name].title, name) for name in names]


def figures(found: Analysed, *, task: TaskName, measure: str, theme: Theme) -> dict[str, go.Figure]:
    """The pictures by name, in the order of `FIGURES`; one that a study cannot have is left out."""
    from engine.figures.study_errors import error_curves
    from engine.figures.study_models import study_measure
    from engine.figures.study_order import stage_means
    from engine.figures.study_times import solve_curves

    analysis, study = found.analysis, found.study
    here: Mapping[str, Any] = {"theme": theme, "height": _HEIGHT}
    people = [one for one in found.sessions if one.participant in analysis.participants]
    drawn = {"measure": study_measure(analysis, measure, task=task, **here)}
    if "reconstruction" in study.tasks:
        drawn["solved"] = solve_curves(analysis, **here)
        drawn["error"] = error_curves(people, models=study.models, **here)
    if any(average.measure == "ease" and average.task == task for average in analysis.averages):
        drawn["ease"] = study_measure(analysis, "ease", task=task, **here)
    drawn["stages"] = stage_means(analysis, **here)
    return drawn


def paths(found: Analysed, model: str, *, theme: Theme) -> go.Figure:
    """The ways over two dials of one model."""
    from engine.figures import notice
    from engine.figures.study_paths import slide_paths

    if model not in found.yardsticks:
        return notice(f"{model} cannot be loaded, so its dials are not known.", theme=theme, height=_HEIGHT)
    people = [one for one in found.sessions if one.participant in found.analysis.participants]
    return slide_paths(people, model, found.yardsticks[model], most=12, theme=theme, height=_HEIGHT)


def primary(found: Analysed) -> str:
    """The declared contrasts as HTML."""
    from engine.figures.study_tables import contrasts_table

    return f"<h3>Declared contrasts</h3>{contrasts_table(found.analysis).to_html()}"


def further(found: Analysed) -> str:
    """Means, secondary tests, order effects, exclusions and methods as HTML."""
    from engine.figures.study_methods import methods
    from engine.figures.study_tables import exclusions_table, means_table, order_table, secondary_table

    analysis, several = found.analysis, len(found.study.tasks) > 1
    parts = []
    for task in found.study.tasks:
        of = f": {task}" if several else ""
        parts += [f"<h3>Means of participants [95 %]{of}</h3>", means_table(analysis, task).to_html()]
    parts += [
        "<h3>Secondary tests</h3>",
        secondary_table(analysis).to_html(),
        "<h3>Order</h3>",
        order_table(analysis).to_html(),
        "<h3>Left out</h3>",
        exclusions_table(analysis).to_html(),
        "<h3>Methods</h3>",
        *(f"<p>{escape(paragraph)}</p>" for paragraph in methods(analysis)),
    ]
    return "".join(parts)


def _why(found: Analysed) -> str:
    """How many are left out by which rule."""
    from engine.study.design import Exclusion

    words = {
        "min_answered": "answered too few questions",
        "min_active_s": "were active too briefly",
        "max_skipped_untouched": "skipped too many questions untouched",
        "max_clock_drift_s": "had a clock that moved",
    }
    assert set(words) == set(Exclusion.__dataclass_fields__), "a rule of exclusion has no words here"
    counts = Counter(reason.rule for reason in found.analysis.excluded)
    said = ", ".join(f"{count} {words[rule]}" for rule, count in counts.items())
    return f"<p class='lx-aside'>Left out: {said}.</p>" if said else ""
