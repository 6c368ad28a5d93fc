"""Judgement of maps as figures: deletion and insertion curves, agreement of methods, randomised parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.figures.palette import DIVERGING, method_color
from engine.figures.themes import Theme, colorbar, ink, themed
from engine.metrics.agreement import Agreement
from engine.metrics.deletion_insertion import PixelCurves
from engine.metrics.randomisation import Randomisation

if TYPE_CHECKING:
    import plotly.graph_objects as go


def pixel_curves(
    curves: Mapping[str, PixelCurves],
    *,
    reference: PixelCurves | None = None,
    picture: int | None = None,
    theme: Theme = "light",
    height: int | None = None,
) -> go.Figure:
    """Deletion (left; should fall early) and insertion (right; should rise early), with their areas in the legend.

    Args:
        curves: By method.
        reference: Those of `engine.metrics.random_order`, drawn as a thin grey line.
        picture: One picture's curves; None for the mean over pictures.
        theme: Of the page behind it.
        height: In pixels.

    Raises:
        ValueError: If there are no curves.
    """
    from plotly.subplots import make_subplots

    if not curves:
        raise ValueError("There are no curves to draw; judge at least one method.")
    figure = make_subplots(1, 2, subplot_titles=("Deletion", "Insertion"), shared_yaxes=True, horizontal_spacing=0.06)
    if reference is not None:
        _add(figure, "random order", reference, picture, {"color": ink(theme).muted, "width": 1})
    for name, one in curves.items():
        _add(figure, name, one, picture, {"color": method_color(name), "width": 2})
    themed(figure, theme, height=height or 320, margin={"t": 32})
    figure.update_xaxes(title_text="pixels, %", range=[0, 100], showgrid=False)
    measure = next(iter(curves.values())).measure
    return figure.update_yaxes(title_text=measure, col=1)


def _add(figure: go.Figure, name: str, one: PixelCurves, picture: int | None, line: Mapping[str, Any]) -> None:
    """Both curves of one order of pixels, with their areas in the legend."""
    both = (one.deletion_auc, one.insertion_auc)
    areas = [float(area.mean() if picture is None else area[picture]) for area in both]
    for column, (values, area) in enumerate(zip((one.deletion, one.insertion), areas, strict=True), start=1):
        shown = values.mean(dim=0) if picture is None else values[picture]
        figure.add_scatter(
            x=one.shares.numpy() * 100,
            y=shown.numpy(),
            mode="lines",
            name=f"{name}: {areas[0]:.3f} / {areas[1]:.3f}",
            legendgroup=name,
            showlegend=column == 1,
            line=line,
            hovertemplate=f"{name}: %{{y:.3f}} at %{{x:.0f}} % (area {area:.3f})<extra></extra>",
            row=1,
            col=column,
        )


def agreement_matrix(result: Agreement, *, theme: Theme = "light", height: int | None = None) -> go.Figure:
    """Rank correlation of every pair of methods, its value written in."""
    import plotly.graph_objects as go

    names = list(result.methods)
    figure = go.Figure(
        go.Heatmap(
            z=result.matrix.numpy(),
            x=names,
            y=names,
            colorscale=DIVERGING,
            zmin=-1.0,
            zmax=1.0,
            texttemplate="%{z:.2f}",
            xgap=2,
            ygap=2,
            colorbar=colorbar("rank correlation", theme),
            hovertemplate="%{y} and %{x}: %{z:.3f}<extra></extra>",
        )
    )
    themed(figure, theme, height=height or 120 + 40 * len(names))
    figure.update_xaxes(type="category", showgrid=False, ticks="")
    return figure.update_yaxes(type="category", showgrid=False, ticks="", autorange="reversed")


def randomisation_curves(
    results: Mapping[str, Randomisation], *, theme: Theme = "light", height: int | None = None
) -> go.Figure:
    """How alike each method's maps stay while layers are drawn anew, from the output down; should fall to zero."""
    import plotly.graph_objects as go

    figure = go.Figure()
    for name, one in results.items():
        line = {"color": method_color(name), "width": 2}
        figure.add_scatter(
            x=["trained", *one.layers], y=[1.0, *one.mean.tolist()], mode="lines+markers", name=name, line=line
        )
    themed(figure, theme, height=height or 320)
    figure.update_xaxes(type="category", title_text="lowest layer drawn anew", showgrid=False)
    return figure.update_yaxes(title_text="rank correlation")
