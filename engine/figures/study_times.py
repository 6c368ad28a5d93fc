"""How fast targets were reached: the share of questions solved against seconds, one line a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.figures.palette import model_color
from engine.figures.study_models import short
from engine.figures.themes import Theme, notice, themed
from engine.study.analysis import Analysis

if TYPE_CHECKING:
    import plotly.graph_objects as go


def solve_curves(analysis: Analysis, *, theme: Theme = "light", height: int | None = None) -> go.Figure:
    """The share of reconstructions solved within so many seconds; those that were skipped never are.

    A question counts from when the threshold was first reached, or, where the threshold is not known, from when the
    solved question was left.

    Args:
        analysis: Of the study.
        theme: Of the page behind it.
        height: In pixels.
    """
    import plotly.graph_objects as go

    rows = analysis.questions[analysis.questions["completion"].notna()]
    if not len(rows):
        return notice("No reconstruction has been answered yet.", theme=theme, height=height)
    figure = go.Figure()
    taken = rows["crossing_s"].fillna(rows["response_s"]).where(rows["completion"] == 1)
    end = 1.05 * float((taken if taken.notna().any() else rows["response_s"]).max())
    for model in [model for model in analysis.study.models if (rows["model"] == model).any()]:
        here = rows[rows["model"] == model]
        seconds = np.sort(taken[here.index].dropna().to_numpy(dtype=np.float64))
        shares = 100 * np.arange(len(seconds) + 1) / len(here)
        figure.add_scatter(
            x=[0.0, *seconds.tolist(), end],
            y=[*shares.tolist(), float(shares[-1])],
            mode="lines",
            name=short(model),
            line={"color": model_color(model), "width": 2, "shape": "hv"},
            hovertemplate=f"{short(model)}<br>%{{y:.0f}} % within %{{x:.1f}} s<extra></extra>",
        )
    themed(figure, theme, height=height or 280)
    figure.update_layout(legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"})
    figure.update_xaxes(title_text="seconds since the question appeared", rangemode="tozero", zeroline=False)
    return figure.update_yaxes(title_text="solved (%)", range=[-2, 102], zeroline=False)
