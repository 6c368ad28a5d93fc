"""The mutual information of learned latents with true factors, as a heatmap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from engine.figures.palette import SEQUENTIAL, lettering, sampled
from engine.figures.themes import Theme, colorbar, themed

if TYPE_CHECKING:
    import plotly.graph_objects as go


def mi_matrix(
    matrix: npt.ArrayLike | Sequence[Sequence[float]],
    *,
    latents: Sequence[str] = (),
    factors: Sequence[str] = (),
    mig: float | None = None,
    theme: Theme = "light",
    height: int | None = None,
) -> go.Figure:
    """Rows are learned latents, columns true factors, cells bits with their value written in.

    Args:
        matrix: Mutual information in bits, (K, F), none negative.
        latents: Names of the rows; by default z1, z2, ...
        factors: Names of the columns; by default factor 1, factor 2, ...
        mig: The mutual information gap, written into the title.
        theme: Of the page behind it.
        height: In pixels.

    Raises:
        ValueError: If the matrix is not a table of finite numbers, or names do not fit its size.
    """
    import plotly.graph_objects as go

    values = np.asarray(matrix, dtype=np.float64)
    if values.ndim != 2 or not values.size or not np.isfinite(values).all():
        raise ValueError(f"matrix should be finite numbers (K, F); got shape {values.shape}. Measure the model again.")
    rows = _named(latents, values.shape[0], "z", "latents")
    columns = _named(factors, values.shape[1], "factor ", "factors")
    highest = max(float(values.max()), 1e-6)
    cells = go.Heatmap(
        z=values,
        x=columns,
        y=rows,
        colorscale=SEQUENTIAL,
        zmin=0.0,
        zmax=highest,
        xgap=2,
        ygap=2,
        colorbar=colorbar("bits", theme),
        hovertemplate="%{y} and %{x}: %{z:.4f} bits<extra></extra>",
    )
    shades = sampled(SEQUENTIAL)
    numbers = go.Scatter(  # a heatmap's own text has one colour, or one that plotly makes too faint
        x=columns * len(rows),
        y=[row for row in rows for _ in columns],
        mode="text",
        text=[f"{value:.2f}" for value in values.flat],
        textfont={"color": [lettering(shades[round(255 * max(0.0, value) / highest)]) for value in values.flat]},
        hoverinfo="skip",
        showlegend=False,
    )
    figure = go.Figure([cells, numbers])
    title = "Mutual information of learned latents (rows) with true factors (columns)"
    title = title if mig is None else f"{title}; MIG {mig:.4f}"
    themed(figure, theme, title=title, height=height or 110 + 44 * len(rows))
    figure.update_xaxes(type="category", showgrid=False, ticks="", side="bottom")
    return figure.update_yaxes(type="category", showgrid=False, ticks="", autorange="reversed")


def _named(names: Sequence[str], count: int, prefix: str, what: str) -> list[str]:
    if names and len(names) != count:
        raise ValueError(f"{what} should be {count} names, one for each line of the matrix; got {len(names)}.")
    return list(names) or [f"{prefix}{k + 1}" for k in range(count)]
