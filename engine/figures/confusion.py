"""What a classifier takes for what: a matrix of classes, or how right it is about each attribute."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from engine.figures.palette import SEQUENTIAL, lettering, sampled
from engine.figures.themes import Theme, colorbar, ink, themed

if TYPE_CHECKING:
    import plotly.graph_objects as go


def confusion(
    counts: npt.ArrayLike | Sequence[Sequence[float]],
    *,
    classes: Sequence[str],
    theme: Theme = "light",
    height: int | None = None,
) -> go.Figure:
    """Rows are true classes, columns what was said, cells the share of the row with the number of examples in hover.

    Args:
        counts: Examples, (M, M).
        classes: Their M names.
        theme: Of the page behind it.
        height: In pixels.

    Raises:
        ValueError: If there is not a row and a column for each class.
    """
    import plotly.graph_objects as go

    matrix = np.asarray(counts, dtype=np.float64)
    if matrix.shape != (len(classes), len(classes)):
        raise ValueError(f"counts should have a row and a column for each of {len(classes)} classes; got "
                         f"{matrix.shape}.")  # fmt: skip
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    names = list(classes)
    cells = go.Heatmap(
        z=100 * shares,
        x=names,
        y=names,
        customdata=matrix,
        colorscale=SEQUENTIAL,
        zmin=0.0,
        zmax=100.0,
        xgap=1,
        ygap=1,
        colorbar=colorbar("%", theme),
        hovertemplate="true %{y}, said %{x}: %{customdata:,.0f} examples, %{z:.2f} %<extra></extra>",
    )
    shades = sampled(SEQUENTIAL)
    numbers = go.Scatter(
        x=names * len(names),
        y=[row for row in names for _ in names],
        mode="text",
        text=[f"{100 * share:.3g}" if share else "" for share in shares.flat],
        textfont={"color": [lettering(shades[round(255 * share)]) for share in shares.flat], "size": 11},
        hoverinfo="skip",
        showlegend=False,
    )
    figure = go.Figure([cells, numbers])
    title = f"True classes (rows) and what the classifier says (columns), % of {matrix.sum():,.0f} held-out examples"
    themed(figure, theme, title=title, height=height or 130 + 36 * len(names))
    figure.update_xaxes(type="category", showgrid=False, ticks="", side="bottom")
    return figure.update_yaxes(type="category", showgrid=False, ticks="", autorange="reversed")


def attribute_scores(
    counts: npt.ArrayLike | Sequence[Sequence[float]],
    *,
    attributes: Sequence[str],
    theme: Theme = "light",
    color: str = "#0077bb",
    height: int | None = None,
) -> go.Figure:
    """Accuracy of each attribute beside that of always giving the commoner answer, best gain on top.

    Args:
        counts: True no, false yes, false no and true yes of each attribute, (M, 4).
        attributes: Their M names.
        theme: Of the page behind it.
        color: Of the accuracies.
        height: In pixels.

    Raises:
        ValueError: If there are not four counts for each attribute.
    """
    import plotly.graph_objects as go

    table = np.asarray(counts, dtype=np.float64)
    if table.shape != (len(attributes), 4):
        raise ValueError(f"counts should be four numbers for each of {len(attributes)} attributes; got {table.shape}.")
    total = np.maximum(table.sum(axis=1), 1)
    accuracy = 100 * (table[:, 0] + table[:, 3]) / total
    yes = 100 * (table[:, 2] + table[:, 3]) / total
    baseline = np.maximum(yes, 100 - yes)
    order = np.argsort(accuracy - baseline)
    names = [attributes[place].replace("_", " ") for place in order]
    figure = go.Figure()
    for label, values, symbol, shade in (
        ("always the commoner answer", baseline, "line-ns-open", ink(theme).muted),
        ("this classifier", accuracy, "circle", color),
    ):
        figure.add_trace(
            go.Scatter(
                x=values[order],
                y=names,
                customdata=yes[order],
                mode="markers",
                name=label,
                marker={"symbol": symbol, "color": shade, "size": 9, "line": {"width": 2, "color": shade}},
                hovertemplate="%{y}, " + label + ": %{x:.1f} %; %{customdata:.1f} % have it<extra></extra>",
            )
        )
    title = f"Accuracy in % on {total[0]:,.0f} held-out examples"
    themed(figure, theme, title=title, height=height or 130 + 17 * len(names), showlegend=True)
    figure.update_xaxes(range=[min(50.0, float(accuracy.min()) - 2), 101])
    return figure.update_yaxes(type="category", showgrid=True, ticks="", dtick=1, tickfont={"size": 11})
