"""Attributions as pictures: red speaks for the target, blue against it, white is nothing; overlays, tables.

Pixels stay squares: bicubic interpolation, as published figures are drawn, makes the noise of single pixels of a small
map look like structure. `smooth` asks for it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from engine.figures import cells
from engine.figures.palette import DIVERGING, sampled
from engine.figures.themes import Theme, ink
from engine.images import encode_png

if TYPE_CHECKING:
    import plotly.graph_objects as go

Pixels = npt.NDArray[np.uint8]


def heatmap_png(
    shown: Tensor, *, x: Tensor | None = None, opacity: float = 1.0, size: int | None = None, smooth: bool = False
) -> bytes:
    """One map as PNG bytes, alone or over its picture.

    Args:
        shown: A normalised map, (H, W), values in [-1, 1]; see `engine.explain.heatmaps.normalise`.
        x: The picture below it, (C, H, W) in [0, 1]; drawn in grey, so that colours belong to the map.
        opacity: Of the map: 1 hides the picture, 0 shows nothing else.
        size: Height in pixels; None keeps the map's own.
        smooth: Bicubic interpolation instead of the map's own pixels.

    Raises:
        ValueError: If shapes or opacity are not as described.
    """
    return encode_png(heatmap_pixels(shown, x=x, opacity=opacity, size=size, smooth=smooth))


def heatmap_pixels(
    shown: Tensor, *, x: Tensor | None = None, opacity: float = 1.0, size: int | None = None, smooth: bool = False
) -> Pixels:
    """Like `heatmap_png`, before it is encoded: (H, W, 3)."""
    if shown.ndim != 2 or not 0 <= opacity <= 1 or (x is not None and x.shape[1:] != shown.shape):
        found = None if x is None else tuple(x.shape)
        raise ValueError(
            f"A heatmap is (H, W), its picture (C, H, W) and its opacity in [0, 1]; got {tuple(shown.shape)}, {found} "
            f"and {opacity}."
        )
    colored = map_colors(_resized(shown[None], size, smooth)[0].clamp(-1, 1).numpy())
    if x is not None:
        grey = _resized(x.detach().float().cpu().mean(dim=0, keepdim=True), size, smooth)[0].clamp(0, 1).numpy() * 255
        colored = opacity * colored + (1 - opacity) * grey[..., None]
    return np.rint(colored).astype(np.uint8)


def heatmap_table(
    x: Tensor,
    maps: Mapping[str, Tensor],
    *,
    names: Sequence[str] = (),
    opacity: float = 1.0,
    smooth: bool = False,
    theme: Theme = "light",
    cell: int = 128,
) -> go.Figure:
    """Pictures in rows, methods in columns with their titles above, as a plotly figure.

    Args:
        x: Pictures, (N, C, H, W), values in [0, 1].
        maps: Normalised maps by title, (N, H, W) each.
        names: Written left of each row; numbers by default.
        opacity: Of the maps over their pictures.
        smooth: Bicubic interpolation instead of real pixels.
        theme: Of the page behind it.
        cell: Height of a picture in pixels.

    Raises:
        ValueError: If maps or names do not belong to the pictures.
    """
    check_maps(x, maps, names)
    titles = ["Picture", *maps]
    rows = list(names) or [str(row + 1) for row in range(len(x))]
    figure = cells.sheet(len(x), len(titles), names=rows, notes=False, theme=theme, cell=cell)
    size = x.shape[2] * math.ceil(168 / x.shape[2])
    for row in range(len(x)):
        for column, pixels in enumerate(row_pixels(x, maps, row, opacity, size, smooth)):
            cells.image(figure, encode_png(pixels), column, cells.pitch(False) * row)
    for column, title in enumerate(titles):
        figure.add_annotation(
            text=title, x=column + 0.5, y=0, xref="x", yref="y", yanchor="bottom", showarrow=False,
            font={"size": 12, "color": ink(theme).text},
        )  # fmt: skip
    return figure.update_layout(margin={"t": 28})


def check_maps(x: Tensor, maps: Mapping[str, Tensor], names: Sequence[str]) -> None:
    """Refuses maps, and names where there are any, that do not belong to the pictures.

    Raises:
        ValueError: If so.
    """
    shape = (len(x), *x.shape[2:])
    wrong = {name: tuple(one.shape) for name, one in maps.items() if tuple(one.shape) != shape}
    if x.ndim != 4 or not len(x) or wrong or (names and len(names) != len(x)):
        raise ValueError(
            f"Every method needs a map (H, W) for each picture, {shape}, and names one for each; got pictures "
            f"{tuple(x.shape)}, maps {wrong or 'that fit'} and {len(names)} names."
        )


def row_pixels(
    x: Tensor, maps: Mapping[str, Tensor], row: int, opacity: float, size: int, smooth: bool
) -> list[Pixels]:
    """One of the pictures and its maps as they stand side by side, (size, W, 3) each."""
    drawn = [heatmap_pixels(one[row], x=x[row], opacity=opacity, size=size, smooth=smooth) for one in maps.values()]
    return [_picture(x[row], size, smooth), *drawn]


def _picture(x: Tensor, size: int, smooth: bool) -> Pixels:
    values = _resized(x, size, smooth).clamp(0, 1)
    values = values.expand(3, -1, -1) if len(values) == 1 else values
    return (values * 255).round().to(torch.uint8).permute(1, 2, 0).contiguous().numpy()


def _resized(values: Tensor, size: int | None, smooth: bool) -> Tensor:
    values = values.detach().float().cpu()
    if size is None or size == values.shape[1]:
        return values
    shape = (size, round(size * values.shape[2] / values.shape[1]))
    if smooth:
        return F.interpolate(values[None], shape, mode="bicubic", align_corners=False)[0]
    return F.interpolate(values[None], shape, mode="nearest-exact")[0]


def map_colors(values: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float64]:
    """(H, W) in [-1, 1] to (H, W, 3) in [0, 255]."""
    table = _colors()
    return table[np.rint((values + 1) / 2 * (len(table) - 1)).astype(np.int64)]


@cache
def _colors() -> npt.NDArray[np.float64]:
    # An odd number, so that zero has a colour of its own.
    return np.array([[int(color[k : k + 2], 16) for k in (1, 3, 5)] for color in sampled(DIVERGING, 255)], dtype=float)
