"""Codes of examples as points, coloured by a label or a factor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt
from torch import Tensor

from engine.figures.palette import CATEGORIES, CYCLIC, SEQUENTIAL, category_colors
from engine.figures.plane import Plane
from engine.figures.themes import Theme, colorbar, themed

if TYPE_CHECKING:
    import plotly.graph_objects as go

Scale = Literal["label", "amount", "angle"]


def latent_scatter(
    seen: Plane,
    *,
    values: Tensor | npt.ArrayLike | None = None,
    value_name: str = "",
    classes: Sequence[str] = (),
    scale: Scale | None = None,
    theme: Theme = "light",
    height: int | None = None,
) -> go.Figure:
    """A scatter whose points carry their row in `customdata`, so that a page can show the example under the pointer.

    Args:
        seen: Where the codes fall, (N, 2), with the titles of both axes.
        values: Label or factor of each point, (N,); None draws all alike.
        value_name: What the values are: legend or colour bar title.
        classes: Names of the labels 0, 1, ...
        scale: `label`: one colour each; `amount`: a perceptually uniform map; `angle`: a map whose ends meet. By
            default `label` where there are classes, else `amount`.
        theme: Of the page behind it.
        height: In pixels.

    Raises:
        ValueError: If there is not one finite value for each point.
    """
    import plotly.graph_objects as go

    points, rows = seen.points, np.arange(len(seen.points))
    figure = go.Figure()
    if values is None:
        _points(figure, points, rows, {"color": CATEGORIES[0]})
    else:
        numbers = _numbers(values, len(points))
        if (scale or ("label" if classes else "amount")) == "label":
            _by_label(figure, points, rows, numbers, value_name, classes)
        else:
            map_name = CYCLIC if scale == "angle" else SEQUENTIAL
            marker = {"color": numbers, "colorscale": map_name, "colorbar": colorbar(value_name, theme)}
            _points(figure, points, rows, marker, text=[f"{value_name} {number:.4g}" for number in numbers])
    themed(figure, theme, height=height or 460, hovermode="closest")
    figure.update_xaxes(title_text=seen.x_title, zeroline=True)
    return figure.update_yaxes(title_text=seen.y_title, zeroline=True)


def _by_label(
    figure: go.Figure,
    points: npt.NDArray[np.float64],
    rows: npt.NDArray[np.int64],
    numbers: npt.NDArray[np.float64],
    value_name: str,
    classes: Sequence[str],
) -> None:
    labels = sorted({int(number) for number in numbers})
    names = classes if classes and labels[-1] < len(classes) else [str(k) for k in range(labels[-1] + 1)]
    colors = category_colors(labels[-1] + 1)
    for label in labels:
        mine = numbers == label
        text = [f"{value_name} {names[label]}".strip()] * int(mine.sum())
        _points(figure, points[mine], rows[mine], {"color": colors[label]}, name=names[label], text=text)
    figure.update_layout(legend_title_text=value_name, showlegend=True)


def _points(
    figure: go.Figure,
    points: npt.NDArray[np.float64],
    rows: npt.NDArray[np.int64],
    marker: dict[str, object],
    *,
    name: str = "",
    text: Sequence[str] = (),
) -> None:
    lines = "%{text}<br>" if text else ""
    figure.add_scatter(
        x=points[:, 0],
        y=points[:, 1],
        mode="markers",
        marker={"size": 6, "opacity": 0.8, **marker},
        customdata=rows,
        name=name,
        text=list(text) or None,
        hovertemplate=lines + "row %{customdata}<br>%{x:.3g}, %{y:.3g}<extra></extra>",
        showlegend=bool(name),
    )


def _numbers(values: Tensor | npt.ArrayLike, count: int) -> npt.NDArray[np.float64]:
    array = values.detach().cpu().numpy() if isinstance(values, Tensor) else np.asarray(values)
    numbers = array.astype(np.float64)
    if numbers.shape != (count,) or not np.isfinite(numbers).all():
        raise ValueError(f"values should be {count} finite numbers, one for each point; got shape {numbers.shape}.")
    return numbers
