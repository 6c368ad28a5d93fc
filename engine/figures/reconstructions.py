"""Examples above what a model makes of them, and the difference."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.figures import cells
from engine.figures.palette import DIVERGING, DIVERGING_ON_DARK, MODEL_COLORS, diverging_limit, sampled
from engine.figures.themes import Theme, ink
from engine.images import encode_png
from engine.interfaces import Space

if TYPE_CHECKING:
    import plotly.graph_objects as go

_SERIES_A_ROW = 5


def reconstructions(
    x: Tensor, x_hat: Tensor, space: Space, *, theme: Theme = "light", color: str = MODEL_COLORS["vae"], cell: int = 84
) -> go.Figure:
    """Rows of examples, reconstructions and, for images, signed differences; series share a cell with theirs.

    Differences are reconstruction minus example, averaged over channels, on a diverging map centred on zero whose ends
    are the largest difference shown. The note below each column is its summed squared error.

    Args:
        x: Examples, (N, *space.shape).
        x_hat: What the model makes of them, of the same shape.
        space: What they are.
        theme: Of the page behind it.
        color: Of the reconstruction's line, for series.
        cell: Height of a picture in pixels.

    Raises:
        ValueError: If x and x_hat differ in shape or are empty.
    """
    if x.shape != x_hat.shape or not len(x):
        raise ValueError(f"x and x_hat should be alike and not empty; got {tuple(x.shape)} and {tuple(x_hat.shape)}.")
    x, x_hat = x.detach().cpu().float(), x_hat.detach().cpu().float()
    errors = (x_hat - x).flatten(1).square().sum(dim=1)
    notes = [f"{error:.3g}" for error in errors.tolist()]
    if space.kind == "series":
        return _overlaid(x, x_hat, space, notes, theme, color, cell)
    names = ["example", "reconstruction", "difference"]
    figure = cells.sheet(3, len(x), names=names, notes=True, theme=theme, cell=cell)
    cells.draw(figure, 0, x, space, notes=True)
    cells.draw(figure, 1, x_hat, space, notes=True)
    for column, picture in enumerate(signed_pixels((x_hat - x).mean(dim=1), theme)):
        enlarged = picture.repeat(4, axis=0).repeat(4, axis=1)
        cells.image(figure, encode_png(enlarged), column, 2 * cells.pitch(True))
    cells.write(figure, 2, notes, theme)
    return figure


def _overlaid(
    x: Tensor, x_hat: Tensor, space: Space, notes: list[str], theme: Theme, color: str, cell: int
) -> go.Figure:
    """Series and their reconstructions in the same cells, five a row."""
    rows = [slice(start, start + _SERIES_A_ROW) for start in range(0, len(x), _SERIES_A_ROW)]
    names = ["example (grey)<br>and model"] + [""] * (len(rows) - 1)
    columns = min(len(x), _SERIES_A_ROW)
    figure = cells.sheet(len(rows), columns, names=names, notes=True, theme=theme, cell=round(1.5 * cell))
    for row, place in enumerate(rows):
        cells.draw(figure, row, x[place], space, notes=True, color=ink(theme).muted)
        cells.draw(figure, row, x_hat[place], space, notes=True, color=color)
        cells.write(figure, row, notes[place], theme)
    return figure


def signed_pixels(values: Tensor, theme: Theme = "light") -> npt.NDArray[np.uint8]:
    """Signed numbers, (N, H, W), as colours, (N, H, W, 3): zero has the colour of the page behind, or nearly so."""
    limit = diverging_limit(values.numpy())
    named = sampled(DIVERGING_ON_DARK if theme == "dark" else DIVERGING, 255)
    colors = np.array([[int(c[k : k + 2], 16) for k in (1, 3, 5)] for c in named], dtype=np.uint8)
    places = ((torch.nan_to_num(values) / limit).clamp(-1, 1) * 127 + 127).round().long().numpy()
    return colors[places]
