"""Loss terms over training steps, each on a scale of its own."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from engine.figures.palette import CATEGORIES
from engine.figures.themes import Theme, themed

if TYPE_CHECKING:
    import plotly.graph_objects as go

_NOT_TERMS = ("step", "time")
_TITLES = {"loss": "training loss", "accuracy": "training accuracy"}  # what might be taken for a figure of test data
_LOG_FROM = 5.0  # a term that falls by more than this is drawn on a logarithmic scale
_MOST_POINTS = 1500
_MOST_COLUMNS = 4


def training_curve(
    rows: Sequence[Mapping[str, float]],
    *,
    color: str = CATEGORIES[0],
    title: str = "",
    theme: Theme = "light",
    height: int | None = None,
) -> go.Figure:
    """One panel for the loss and one for each of its terms, side by side over the same steps.

    A log holds what was measured on the batches trained on, in training, and its loss and accuracy are named for it. A
    term equal to the loss in every row is left out; terms that stay positive and fall far are drawn logarithmically.

    Args:
        rows: Rows of a run's log: `step`, perhaps `time`, and the terms, each averaged since the row before.
        color: Colour of the lines, usually `model_color(id)`.
        title: Above the figure.
        theme: Of the page behind it.
        height: In pixels.

    Raises:
        ValueError: If there are no rows or rows without a step or a term.
    """
    from plotly.subplots import make_subplots

    steps, terms = _terms(rows)
    columns = len(terms) if len(terms) <= _MOST_COLUMNS else math.ceil(len(terms) / 2)
    lines = math.ceil(len(terms) / columns)
    figure = make_subplots(
        lines, columns, subplot_titles=list(terms), horizontal_spacing=0.24 / columns, vertical_spacing=0.16
    )
    for place, (name, values) in enumerate(terms.items()):
        row, column = 1 + place // columns, 1 + place % columns
        figure.add_scatter(
            x=steps,
            y=values,
            mode="lines",
            name=name,
            line={"color": color, "width": 1.6},
            hovertemplate=f"step %{{x:,}}<br>{name} %{{y:.4g}}<extra></extra>",
            showlegend=False,
            row=row,
            col=column,
        )
        kind = "log" if _spans_decades(values) else "linear"
        figure.update_yaxes(type=kind, dtick=_log_tick(values) if kind == "log" else None, row=row, col=column)
        figure.update_xaxes(title_text="step" if row == lines else None, row=row, col=column)
    themed(figure, theme, title=title, height=height or 250 * lines + 40, margin={"l": 8, "r": 12, "t": 44, "b": 8})
    figure.update_xaxes(showgrid=False, showline=True, zeroline=False, exponentformat="SI", nticks=6)
    figure.update_yaxes(zeroline=False)
    return figure.update_annotations(font_size=12)


def _terms(rows: Sequence[Mapping[str, float]]) -> tuple[npt.NDArray[np.int64], dict[str, npt.NDArray[np.float64]]]:
    if not rows:
        raise ValueError("A training curve needs at least one row of a log; got none. Train the model first.")
    names = [name for name in rows[0] if name not in _NOT_TERMS]
    if "step" not in rows[0] or not names:
        raise ValueError(f"A row of a log should have a step and at least one term; got the columns {list(rows[0])}.")
    every = math.ceil(len(rows) / _MOST_POINTS)
    kept = [*rows[:-1][::every], rows[-1]]
    columns = {name: np.array([row[name] for row in kept], dtype=np.float64) for name in names}
    if "loss" in columns:
        loss = columns["loss"]
        columns = {name: v for name, v in columns.items() if name == "loss" or not np.array_equal(v, loss)}
    return np.array([int(row["step"]) for row in kept]), {_TITLES.get(name, name): v for name, v in columns.items()}


def _spans_decades(values: npt.NDArray[np.float64]) -> bool:
    finite = values[np.isfinite(values)]
    return bool(finite.size and finite.min() > 0 and finite.max() > _LOG_FROM * finite.min())


def _log_tick(values: npt.NDArray[np.float64]) -> str:
    """Labels at 1, 2 and 5 within two decades, at whole decades beyond (plotly's words for both)."""
    finite = values[np.isfinite(values)]
    return "D2" if finite.max() < 100 * finite.min() else "1"
