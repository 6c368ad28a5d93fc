"""The numbers of a tested hypothesis as figures: how the effect grows with the change, and what else moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.explain.hypotheses import Result
from engine.figures.palette import MODEL_COLORS
from engine.figures.themes import Theme, ink, notice, themed

if TYPE_CHECKING:
    import plotly.graph_objects as go

RISE, FALL = MODEL_COLORS["ae"], MODEL_COLORS["vae"]  # orange and blue: told apart by colour-blind readers, too


def dose_response(result: Result, *, theme: Theme = "light", height: int | None = None) -> go.Figure:
    """Mean effect against the amount of the change, 1 for all of it; bars are 95 % (1.96 standard errors).

    Args:
        result: Of a test.
        theme: Of the page behind it.
        height: In pixels.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    figure.add_hline(y=0, line={"color": ink(theme).line, "width": 1})
    figure.add_scatter(
        x=[dose.amount for dose in result.doses],
        y=[dose.mean for dose in result.doses],
        error_y={"type": "data", "array": [1.96 * dose.standard_error for dose in result.doses], "thickness": 1.2},
        mode="lines+markers",
        line={"color": RISE if result.mean >= 0 else FALL, "width": 2},
        hovertemplate="%{x:g} of the change<br>mean effect %{y:.3f}<extra></extra>",
    )
    themed(figure, theme, height=height or 240, showlegend=False)
    figure.update_xaxes(title_text="share of the change", zeroline=False)
    return figure.update_yaxes(title_text=f"change of {with_unit(result.name, result.unit)}", zeroline=False)


def side_effects(result: Result, *, most: int = 5, theme: Theme = "light", height: int | None = None) -> go.Figure:
    """What the change does to the other readouts of the same classifier, largest first; bars are 95 %.

    Args:
        result: Of a test.
        most: How many.
        theme: Of the page behind it.
        height: In pixels.
    """
    import plotly.graph_objects as go

    shown = result.side_effects[:most]
    if not shown:
        return notice("The classifier has no other readout.", theme=theme, height=height)
    figure = go.Figure()
    figure.add_bar(
        x=[one.mean for one in shown],
        y=[one.name for one in shown],
        orientation="h",
        marker={"color": [RISE if one.mean >= 0 else FALL for one in shown]},
        error_x={"type": "data", "array": [1.96 * one.standard_error for one in shown], "thickness": 1.2},
        hovertemplate="%{y}<br>mean effect %{x:.3f}<extra></extra>",
    )
    figure.add_vline(x=0, line={"color": ink(theme).muted, "width": 1})
    themed(figure, theme, height=height or 240, showlegend=False, bargap=0.45)
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return figure.update_xaxes(title_text="mean effect", zeroline=False)


def with_unit(name: str, unit: str) -> str:
    """`age (years)`, `P(Young)`."""
    return f"{name} ({unit})" if unit else name
