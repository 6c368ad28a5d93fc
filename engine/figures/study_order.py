"""Order effects: the primary measure from stage to stage, whatever the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.figures.palette import method_color
from engine.figures.study_models import axis_title
from engine.figures.themes import Theme, notice, themed
from engine.study.analysis import Analysis
from engine.study.measuring.measures import PRIMARY

if TYPE_CHECKING:
    import plotly.graph_objects as go


def stage_means(analysis: Analysis, *, theme: Theme = "light", height: int | None = None) -> go.Figure:
    """Means by stage with their intervals, one line a task.

    Args:
        analysis: Of the study.
        theme: Of the page behind it.
        height: In pixels.
    """
    import plotly.graph_objects as go

    if not analysis.order.stages:
        return notice("No stage has been answered yet.", theme=theme, height=height)
    figure = go.Figure()
    for task in analysis.study.tasks:
        rows = [row for row in analysis.order.stages if row.task == task]
        around = [row.interval for row in rows]
        figure.add_scatter(
            x=[row.stage + 1 for row in rows],
            y=[100 * row.mean for row in rows],
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [100 * (a.high - row.mean) if a else 0 for a, row in zip(around, rows, strict=True)],
                "arrayminus": [100 * (row.mean - a.low) if a else 0 for a, row in zip(around, rows, strict=True)],
                "thickness": 1.5,
                "width": 6,
            },
            mode="lines+markers",
            name=task,
            line={"color": method_color(task), "width": 2},
            marker={"size": 8},
            hovertemplate=f"{task}, stage %{{x}}<br>%{{y:.0f}} %<extra></extra>",
        )
    themed(figure, theme, height=height or 280, showlegend=len(analysis.study.tasks) > 1)
    titles = dict.fromkeys(axis_title(PRIMARY[task]) for task in analysis.study.tasks)
    figure.update_layout(legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"})
    figure.update_xaxes(title_text="stage", dtick=1, showgrid=False)
    return figure.update_yaxes(title_text=" or ".join(titles), range=[-4, 104], zeroline=False)
