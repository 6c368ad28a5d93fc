"""The ways people took: two dials of a model, from where they stood at the start to where they were left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.figures.palette import model_color
from engine.figures.themes import Theme, ink, notice, themed
from engine.study.measuring.slides import Floats, coordinates, way
from engine.study.measuring.yardsticks import Yardstick
from engine.study.response import Response
from engine.study.session import Session
from engine.study.steps import Reconstruction

if TYPE_CHECKING:
    import plotly.graph_objects as go


def slide_paths(
    sessions: Sequence[Session],
    model: str,
    yardstick: Yardstick,
    *,
    dials: tuple[int, int] | None = None,
    responses: Sequence[tuple[str, int]] | None = None,
    most: int = 40,
    theme: Theme = "light",
    height: int | None = None,
) -> go.Figure:
    """Paths of responses over two dials: a ring at the start, a line, a star at the target.

    Args:
        sessions: Of one study.
        model: Id of one of its models.
        yardstick: Of that model.
        dials: Numbers of two dials; None takes the first two that are not categories.
        responses: Which, by participant and step; None takes all with that model.
        most: Draw no more than this many, those of the first participants.
        theme: Of the page behind it.
        height: In pixels.

    Raises:
        ValueError: If the model has no such dials.
    """
    import plotly.graph_objects as go

    chosen = _chosen(yardstick, dials)
    found = _found(sessions, model, responses)[:most]
    if chosen is None or not found:
        why = "It takes two dials to draw a path." if chosen is None else f"No reconstruction with {model} yet."
        return notice(why, theme=theme, height=height)
    figure = go.Figure()
    for outcome, color, dash in (("solved", model_color(model), "solid"), ("skipped", ink(theme).muted, "dot")):
        ways = [_way(step, response, yardstick, chosen) for step, response in found if response.outcome == outcome]
        if ways:
            _draw(figure, ways, outcome, {"color": color, "width": 1.5, "dash": dash}, theme)
    themed(figure, theme, height=height or 320)
    figure.update_layout(legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"})
    first, second = (yardstick.dials[k] for k in chosen)
    figure.update_xaxes(title_text=first.name, range=_room(first.low, first.high), zeroline=False)
    return figure.update_yaxes(title_text=second.name, range=_room(second.low, second.high), zeroline=False)


def _draw(
    figure: go.Figure, ways: Sequence[tuple[Floats, Floats]], name: str, line: dict[str, Any], theme: Theme
) -> None:
    gap = np.full((1, 2), np.nan)
    lines = np.concatenate([part for way, _ in ways for part in (way, gap)])
    starts, targets = np.stack([way[0] for way, _ in ways]), np.stack([target for _, target in ways])
    figure.add_scatter(
        x=_column(lines, 0),
        y=_column(lines, 1),
        mode="lines",
        name=name,
        line=line,
        opacity=0.8,
        hoverinfo="skip",
        showlegend=True,
    )
    ring = {"symbol": "circle-open", "size": 7, "color": line["color"]}
    star = {"symbol": "star", "size": 9, "color": line["color"], "line": {"color": ink(theme).page, "width": 0.5}}
    for points, mark, what in ((starts, ring, "start"), (targets, star, "target")):
        figure.add_scatter(
            x=_column(points, 0),
            y=_column(points, 1),
            mode="markers",
            name=f"{what}, {name}",
            showlegend=False,
            marker=mark,
            hovertemplate=f"{what}, {name}<br>%{{x:.3g}}, %{{y:.3g}}<extra></extra>",
        )


def _found(
    sessions: Sequence[Session], model: str, wanted: Sequence[tuple[str, int]] | None
) -> list[tuple[Reconstruction, Response]]:
    return [
        (step, response)
        for session in sessions
        for response in session.responses
        if isinstance(step := session.plan.steps[response.step], Reconstruction)
        and step.model == model
        and (wanted is None or (session.participant, response.step) in wanted)
    ]


def _way(
    step: Reconstruction, response: Response, yardstick: Yardstick, chosen: tuple[int, int]
) -> tuple[Floats, Floats]:
    """Where two dials stood, (K + 1, 2), and where the target has them, (2,)."""
    target = np.array([step.target], dtype=np.float64)
    goal = [coordinates(target, yardstick.dials[k]) for k in chosen]
    return way(step, response.history, yardstick.dials)[:, chosen], np.concatenate(goal)


def _chosen(yardstick: Yardstick, dials: tuple[int, int] | None) -> tuple[int, int] | None:
    if dials is not None:
        if not all(0 <= k < len(yardstick.dials) for k in dials):
            raise ValueError(f"The model has the dials 0 to {len(yardstick.dials) - 1}; asked for {list(dials)}.")
        return dials
    smooth = [k for k, dial in enumerate(yardstick.dials) if dial.kind != "category"]
    return (smooth[0], smooth[1]) if len(smooth) > 1 else None


def _column(points: Floats, k: int) -> list[float | None]:
    """A column for plotly, whose JSON knows no NaN: None breaks the line."""
    return [None if np.isnan(value) else float(value) for value in points[:, k]]


def _room(low: float, high: float) -> list[float]:
    return [low - 0.05 * (high - low), high + 0.05 * (high - low)]
