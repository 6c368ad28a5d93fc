"""Error over time: the median question of each model and the middle half of all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from engine.figures.palette import model_color
from engine.figures.study_models import short
from engine.figures.themes import Theme, notice, themed
from engine.study.session import Session
from engine.study.steps import Reconstruction

if TYPE_CHECKING:
    import plotly.graph_objects as go

Floats = npt.NDArray[np.float64]

_POINTS = 160
_QUARTILES = (0.25, 0.5, 0.75)


def error_curves(
    sessions: Sequence[Session],
    *,
    models: Sequence[str] = (),
    seconds: float | None = None,
    theme: Theme = "light",
    height: int | None = None,
) -> go.Figure:
    """Median error and its quartiles over time, by model; a question that is over keeps its last error.

    Args:
        sessions: Of one study, usually without those that are excluded.
        models: Which, in this order; by default all, by name.
        seconds: How far to draw; None until nine of ten questions were over.
        theme: Of the page behind it.
        height: In pixels.
    """
    import plotly.graph_objects as go

    found = _histories(sessions)
    if not found:
        return notice("No history of a reconstruction has been stored yet.", theme=theme, height=height)
    lasted = [times[-1] for histories in found.values() for times, _ in histories]
    grid = np.linspace(0.0, seconds or float(np.quantile(lasted, 0.9)) or 1.0, _POINTS)
    figure = go.Figure()
    for model in models or sorted(found):
        if model not in found:
            continue
        histories = found[model]
        drawn = [held(times, errors, grid) for times, errors in histories]
        low, middle, high = np.quantile(drawn, _QUARTILES, axis=0)
        color, name = model_color(model), short(model)
        figure.add_scatter(
            x=np.concatenate([grid, grid[::-1]]),
            y=np.concatenate([high, low[::-1]]),
            fill="toself",
            fillcolor=_faint(color),
            line={"width": 0},
            hoverinfo="skip",
            showlegend=False,
            legendgroup=name,
        )
        figure.add_scatter(
            x=grid,
            y=middle,
            mode="lines",
            name=name,
            legendgroup=name,
            line={"color": color, "width": 2},
            hovertemplate=f"{name}<br>median error %{{y:.3g}} after %{{x:.1f}} s<extra></extra>",
        )
    themed(figure, theme, height=height or 280)
    figure.update_layout(legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"})
    figure.update_xaxes(title_text="seconds since the question appeared", zeroline=False)
    return figure.update_yaxes(title_text="summed squared error", rangemode="tozero", zeroline=False)


def held(times: Floats, values: Floats, at: Floats) -> Floats:
    """Values that hold from their time, (K,), until the next one, read at other times, (P,); the first holds before."""
    return values[np.clip(np.searchsorted(times, at, side="right") - 1, 0, None)]


def _histories(sessions: Sequence[Session]) -> dict[str, list[tuple[Floats, Floats]]]:
    """Times in seconds and errors of every reconstruction with a history, by model."""
    found: dict[str, list[tuple[Floats, Floats]]] = {}
    for session in sessions:
        for response in session.responses:
            step, history = session.plan.steps[response.step], response.history
            if isinstance(step, Reconstruction) and history.t_ms:
                found.setdefault(step.model, []).append((np.array(history.t_ms) / 1000, np.array(history.error)))
    return found


def _faint(color: str) -> str:
    red, green, blue = (int(color[k : k + 2], 16) for k in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.16)"
