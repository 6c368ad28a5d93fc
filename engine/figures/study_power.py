"""Power before a study: how often it would find its effect, against participants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.figures.palette import MODEL_COLORS
from engine.figures.themes import Theme, ink, notice, themed
from engine.study.analysis import Power

if TYPE_CHECKING:
    import plotly.graph_objects as go


def power_figure(
    curve: Sequence[Power], *, target: float = 0.8, theme: Theme = "light", height: int | None = None
) -> go.Figure:
    """Simulated power with the simulation's own interval, and the power that is asked for.

    Args:
        curve: Of `power_curve`.
        target: A dotted line is drawn here, in (0, 1).
        theme: Of the page behind it.
        height: In pixels.
    """
    import plotly.graph_objects as go

    if not curve:
        return notice("No power has been simulated yet.", theme=theme, height=height)
    figure = go.Figure()
    figure.add_scatter(
        x=[one.participants for one in curve],
        y=[100 * one.power for one in curve],
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [100 * (one.interval.high - one.power) for one in curve],
            "arrayminus": [100 * (one.power - one.interval.low) for one in curve],
            "thickness": 1,
            "width": 3,
        },
        mode="lines+markers",
        line={"color": MODEL_COLORS["vae"], "width": 2},
        hovertemplate="%{x} participants<br>power %{y:.0f} %<extra></extra>",
    )
    figure.add_hline(y=100 * target, line={"color": ink(theme).muted, "width": 1, "dash": "dot"})
    themed(figure, theme, height=height or 280, showlegend=False)
    figure.update_xaxes(title_text="participants", rangemode="tozero", zeroline=False)
    return figure.update_yaxes(title_text="power (%)", range=[-2, 102], zeroline=False)
