"""A table of small pictures or curves on one sheet, with names beside the rows and notes below the cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor

from engine.figures.picture import CURVE_COLOR, data_uri, picture_png, unit_height
from engine.figures.themes import Theme, ink, themed
from engine.interfaces import Space

if TYPE_CHECKING:
    import plotly.graph_objects as go

_ROOM = 0.94  # share of a cell that its picture fills
_SHARP = 168  # pictures are enlarged to about so many pixels, which keeps the edges of their pixels in print


def sheet(rows: int, columns: int, *, names: Sequence[str], notes: bool, theme: Theme, cell: int) -> go.Figure:
    """An empty table: cell (r, c) spans x in [c, c + 1] and, downwards, y in [p r, p r + 1] with p = pitch(notes).

    Args:
        rows: Number of rows.
        columns: Number of columns.
        names: Names of the rows, written to their left.
        notes: Whether there is a line of text below each cell.
        theme: Of the page behind it.
        cell: Height of a cell in pixels.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    themed(figure, theme, height=round(rows * pitch(notes) * cell) + 24, showlegend=False, hovermode=False)
    middle = [pitch(notes) * r + 0.5 for r in range(rows)]
    plain = {"showgrid": False, "zeroline": False, "showline": False, "ticks": "", "fixedrange": True}
    figure.update_xaxes(range=[0, columns], showticklabels=False, constrain="domain", **plain)
    figure.update_yaxes(
        range=[pitch(notes) * rows, 0],
        tickvals=middle,
        ticktext=list(names),
        tickfont={"color": ink(theme).text, "size": 12},
        scaleanchor="x",
        constrain="domain",
        **plain,
    )
    return figure


def pitch(notes: bool) -> float:
    """Distance of two rows, in cell heights."""
    return 1.24 if notes else 1.04


def draw(
    figure: go.Figure, row: int, examples: Tensor, space: Space, *, notes: bool = False, color: str = CURVE_COLOR
) -> None:
    """Fills one row, from the left, with examples (N, *space.shape)."""
    top = pitch(notes) * row
    if space.kind == "series":
        _curves(figure, top, examples, space, color)
        return
    scale = max(1, round(_SHARP / max(space.shape[1:])))
    for column, x in enumerate(examples):
        image(figure, picture_png(x, space, scale=scale), column, top)


def image(figure: go.Figure, png: bytes, column: int, top: float) -> None:
    """Puts an encoded picture into the cell whose upper left corner is (column, top)."""
    figure.add_layout_image(
        source=data_uri(png),
        xref="x",
        yref="y",
        x=column + 0.5,
        y=top + 0.5,
        sizex=_ROOM,
        sizey=_ROOM,
        xanchor="center",
        yanchor="middle",
        sizing="contain",
        layer="above",
    )


def write(figure: go.Figure, row: int, texts: Sequence[str], theme: Theme, *, emphasised: int | None = None) -> None:
    """Writes a line below each cell of a row; one of them may stand out."""
    colors = ink(theme)
    figure.add_scatter(
        x=[column + 0.5 for column in range(len(texts))],
        y=[pitch(True) * row + 1.1] * len(texts),
        mode="text",
        text=[f"<b>{text}</b>" if place == emphasised else text for place, text in enumerate(texts)],
        textfont={"size": 10, "color": [colors.text if k == emphasised else colors.muted for k in range(len(texts))]},
        cliponaxis=False,
    )


def _curves(figure: go.Figure, top: float, examples: Tensor, space: Space, color: str) -> None:
    x: list[float | None] = []
    y: list[float | None] = []
    for column, series in enumerate(examples):
        across = column + 0.5 + _ROOM * (np.linspace(0, 1, len(series)) - 0.5)
        x += [*across.tolist(), None]
        y += [*(top + 0.5 - _ROOM * (unit_height(series, space) - 0.5)).tolist(), None]
    figure.add_scatter(x=x, y=y, mode="lines", line={"color": color, "width": 1.5}, connectgaps=False)
