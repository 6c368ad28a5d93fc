"""One measure of a study, model beside model: every participant a dot, their mean with its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.figures.palette import model_color
from engine.figures.themes import Theme, ink, notice, themed
from engine.study.analysis import Analysis, Average
from engine.study.design import TaskName
from engine.study.measuring.measures import MEASURES

if TYPE_CHECKING:
    import plotly.graph_objects as go

_WIDTH = 0.5  # of the band the dots fill, where 1 is the distance between two models
_ROWS = 25  # dots closer than this part of the span stand side by side


def study_measure(
    analysis: Analysis,
    measure: str = "completion",
    *,
    task: TaskName | None = None,
    theme: Theme = "light",
    height: int | None = None,
) -> go.Figure:
    """A measure by model: participants' means as dots, their mean with its 95 % interval as a mark.

    Args:
        analysis: Of the study.
        measure: Name in `MEASURES`.
        task: Whose participants; None takes the study's first task.
        theme: Of the page behind it.
        height: In pixels.
    """
    import plotly.graph_objects as go

    task = task or analysis.study.tasks[0]
    averages = [a for a in analysis.averages if (a.task, a.measure) == (task, measure)]
    if not averages:
        return notice(f"No participant has data on {MEASURES[measure].title} yet.", theme=theme, height=height)
    of = MEASURES[measure]
    factor = 100 if of.share else 1
    figure = go.Figure()
    for place, average in enumerate(averages):
        color = model_color(average.model)
        values = factor * _values(analysis, average)
        figure.add_scatter(
            x=place + _spread(values),
            y=values,
            mode="markers",
            marker={"color": color, "size": 6, "opacity": 0.45},
            hovertemplate=f"{short(average.model)}<br>%{{y:.3g}}<extra></extra>",
        )
        figure.add_scatter(
            x=[place],
            y=[factor * average.mean],
            error_y=_bars(average, factor, ink(theme).text),
            mode="markers",
            marker={"color": color, "size": 11, "symbol": "diamond", "line": {"color": ink(theme).text, "width": 1.5}},
            hovertemplate=f"{short(average.model)}<br>mean %{{y:.3g}}<extra></extra>",
        )
    themed(figure, theme, height=height or 280, showlegend=False)
    names = [f"{short(a.model)}<br>n = {a.participants}" for a in averages]
    figure.update_xaxes(
        tickvals=list(range(len(averages))), ticktext=names, range=[-0.6, len(averages) - 0.4], showgrid=False
    )
    return figure.update_yaxes(title_text=axis_title(measure), range=[-4, 104] if of.share else None, zeroline=False)


def axis_title(measure: str) -> str:
    """What a measure's axis is called, with its unit."""
    of = MEASURES[measure]
    unit = "%" if of.share else of.unit
    return f"{of.title} ({unit})" if unit else of.title


def short(model: str) -> str:
    """A model's name without its data set, which all models of a study share."""
    return model.split("/", 1)[-1]


def _values(analysis: Analysis, average: Average) -> np.ndarray:
    means = analysis.means
    here = means[(means["task"] == average.task) & (means["model"] == average.model)]
    return np.sort(here[average.measure].dropna().to_numpy(dtype=np.float64))


def _spread(values: np.ndarray) -> np.ndarray:
    """Puts dots of nearly the same height side by side, centred; (n,) sorted values to shifts (n,)."""
    span = float(np.ptp(values)) or 1.0
    _, group, counts = np.unique(np.round(_ROWS * values / span), return_inverse=True, return_counts=True)
    first = np.concatenate([[0], np.cumsum(counts)[:-1]])
    rank = np.arange(len(values)) - first[group]  # neighbours share a group, because the values are sorted
    step = _WIDTH / max(int(counts.max()), 8)
    return (rank - (counts[group] - 1) / 2) * step


def _bars(average: Average, factor: float, color: str) -> dict[str, object]:
    if average.interval is None:
        return {"visible": False}
    return {
        "type": "data",
        "symmetric": False,
        "array": [factor * (average.interval.high - average.mean)],
        "arrayminus": [factor * (average.mean - average.interval.low)],
        "color": color,
        "thickness": 1.5,
        "width": 7,
    }
