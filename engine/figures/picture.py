"""One example as a picture: an image as PNG bytes, a series as a drawn curve or a plotly line."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.figures.palette import MODEL_COLORS
from engine.figures.themes import Theme, themed
from engine.images import encode_png, to_uint8
from engine.interfaces import Space

if TYPE_CHECKING:
    import plotly.graph_objects as go

CURVE_COLOR = MODEL_COLORS["vae"]  # readable on white and on near-black
_FINER = 4  # curves are drawn this much larger and then averaged, which smooths their edges


def picture_png(x: Tensor, space: Space, *, scale: int = 1, size: int = 64, color: str = CURVE_COLOR) -> bytes:
    """One example as PNG bytes.

    Args:
        x: An image (C, H, W) in [0, 1] or a series (T,).
        space: What it is; a series is drawn between `space.limits`, or its own ends where there are none.
        scale: Image pixels are repeated this often, which keeps their edges when a page enlarges the picture.
        size: Width and height of a drawn series, in pixels.
        color: Of a drawn series, "#rrggbb", on a transparent ground.
    """
    return encode_png(pixels(x, space, scale=scale, size=size, color=color))


def pixels(
    x: Tensor, space: Space, *, scale: int = 1, size: int = 64, color: str = CURVE_COLOR
) -> npt.NDArray[np.uint8]:
    """Like `picture_png`, before it is encoded: (H, W, 1 or 3) of an image, (size, size, 4) of a series.

    Raises:
        ValueError: If x is not one example of that space.
    """
    if tuple(x.shape) != tuple(space.shape):
        raise ValueError(f"x should be one example of shape {tuple(space.shape)}; got shape {tuple(x.shape)}.")
    if space.kind == "series":
        return _curve(x.detach().cpu(), space, size, color)
    one = to_uint8(x[None])[0]
    return one.repeat(scale, axis=0).repeat(scale, axis=1) if scale > 1 else one


def curve_figure(
    *curves: Tensor,
    space: Space,
    names: tuple[str, ...] = (),
    colors: tuple[str, ...] = (CURVE_COLOR, MODEL_COLORS["ae"], MODEL_COLORS["tc"]),
    theme: Theme = "light",
    height: int | None = None,
) -> go.Figure:
    """Series (T,) as lines over their own axis, for reading values off."""
    import plotly.graph_objects as go

    positions = grid_positions(space)
    figure = go.Figure()
    for place, curve in enumerate(curves):
        name = names[place] if place < len(names) else ""
        line = {"color": colors[place % len(colors)], "width": 2}
        figure.add_scatter(x=positions, y=curve.detach().cpu().numpy(), mode="lines", name=name, line=line)
    themed(figure, theme, height=height or 280, showlegend=bool(names))
    figure.update_xaxes(title_text="t", showgrid=False)
    return figure.update_yaxes(title_text="x(t)", range=list(space.limits) if space.limits else None)


def data_uri(png: bytes) -> str:
    """PNG bytes in a form that pages and figures show without another request."""
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")


def grid_positions(space: Space) -> npt.NDArray[np.float64]:
    """Where the values of a series lie on their own axis, (T,); 0, 1, ... where the space does not say."""
    first, last = space.grid or (0.0, float(space.shape[0] - 1))
    return np.linspace(first, last, space.shape[0])


def series_limits(x: Tensor, space: Space) -> tuple[float, float]:
    """Lowest and highest value to draw: those of the space, else those of x with a little room."""
    if space.limits is not None:
        return space.limits
    finite = x[torch.isfinite(x)]
    low, high = (float(finite.min()), float(finite.max())) if finite.numel() else (0.0, 1.0)
    room = 0.05 * (high - low) or 1.0
    return low - room, high + room


def unit_height(x: Tensor, space: Space) -> npt.NDArray[np.float64]:
    """Values as a share of the drawn height, 0 at its lower end; values beyond it stick to its edge."""
    low, high = series_limits(x, space)
    values = np.nan_to_num(x.detach().cpu().numpy().astype(np.float64), nan=low, posinf=high, neginf=low)
    return np.clip((values - low) / (high - low), 0.0, 1.0)


def _curve(x: Tensor, space: Space, size: int, color: str) -> npt.NDArray[np.uint8]:
    from PIL import Image, ImageDraw

    side, edge = size * _FINER, 2 * _FINER
    across = np.linspace(edge, side - 1 - edge, len(x))
    down = side - 1 - edge - unit_height(x, space) * (side - 1 - 2 * edge)
    mask = Image.new("L", (side, side), 0)
    width = max(_FINER, round(side / 28))
    places = list(zip(across.tolist(), down.tolist(), strict=True))
    ImageDraw.Draw(mask).line(places, fill=255, width=width, joint="curve")
    alpha = np.asarray(mask.resize((size, size), Image.Resampling.BOX))
    red, green, blue = (int(color[k : k + 2], 16) for k in (1, 3, 5))
    drawn = np.empty((size, size, 4), dtype=np.uint8)
    drawn[..., :3] = (red, green, blue)
    drawn[..., 3] = alpha
    return drawn
