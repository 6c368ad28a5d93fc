"""Walks along the axes of a model, laid out for reading and printing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from engine.figures import cells
from engine.figures.picture import CURVE_COLOR, pixels
from engine.figures.themes import Theme
from engine.images import encode_png, grid
from engine.interfaces import Space

if TYPE_CHECKING:
    import plotly.graph_objects as go


def traversal_grid(
    walks: Sequence[Tensor],
    *,
    names: Sequence[str],
    values: Sequence[Sequence[float | str]],
    space: Space,
    color: str = CURVE_COLOR,
    theme: Theme = "light",
    cell: int = 84,
) -> go.Figure:
    """One row an axis: what the model draws at each value, with the value below; series become small curves.

    Args:
        walks: Decoded examples of each axis, (V, *space.shape) each; rows may differ in length.
        names: Names of the axes.
        values: What is written below each picture: the axis' value, or a category's name.
        space: What the examples are.
        color: Of drawn series.
        theme: Of the page behind it.
        cell: Height of a picture in pixels.

    Raises:
        ValueError: If names, values and walks do not belong together.
    """
    lengths = [len(walk) for walk in walks]
    if not walks or len(names) != len(walks) or [len(row) for row in values] != lengths or 0 in lengths:
        raise ValueError(
            f"A traversal needs a name and as many values as pictures for each walk; got {len(walks)} walks of "
            f"{lengths} pictures, {len(names)} names and {[len(row) for row in values]} values."
        )
    figure = cells.sheet(len(walks), max(lengths), names=names, notes=True, theme=theme, cell=cell)
    for row, (walk, texts) in enumerate(zip(walks, values, strict=True)):
        cells.draw(figure, row, walk, space, notes=True, color=color)
        cells.write(figure, row, [_written(text) for text in texts], theme)
    return figure


def traversal_strip(walk: Tensor, space: Space, *, gap: int = 2, size: int = 64, color: str = CURVE_COLOR) -> bytes:
    """One walk, (V, *space.shape), side by side as PNG bytes; for thumbnails."""
    if not len(walk):
        raise ValueError("A strip needs at least one picture; got none.")
    if space.kind == "image":
        joined = grid(walk, columns=len(walk), gap=gap, fill=0.5)
        return encode_png((joined.clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).cpu().numpy())
    drawn = [torch.from_numpy(pixels(x, space, size=size, color=color)) for x in walk]
    between = drawn[0].new_zeros(size, gap, 4)
    row = [part for one in drawn for part in (one, between)][:-1]
    return encode_png(torch.cat(row, dim=1).numpy())


def _written(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.2f}".replace("-", "\N{MINUS SIGN}")
