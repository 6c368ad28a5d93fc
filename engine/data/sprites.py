"""The dSprites renderer: factors to binary 64 x 64 pictures, without a loop over pictures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

SIDE = 64
Floats = npt.NDArray[np.float32]
_Test = Callable[[Floats, Floats], npt.NDArray[np.bool_]]
_REACH = 0.2122 * SIDE  # px at scale 1: how far a sprite extends from its centre (the square's corner)
_CHUNK = 512  # pictures at a time: their windows stay in the processor's cache


def render(factors: npt.ArrayLike) -> npt.NDArray[np.uint8]:
    """Draws sprites as the official pictures show them: binary, a pixel is set iff its centre is inside the shape.

    The centre is at 16 + 32 pos, y points down, and a growing orientation turns the sprite counter-clockwise.

    Args:
        factors: (N, 5): shape (1 square, 2 ellipse, 3 heart), scale (0.5 to 1 in the data set), orientation in radians,
            posX and posY in [0, 1]. Values between those of the data set are fine.

    Returns:
        Zeros and ones, (N, 64, 64). Against the official preview frames: no pixel wrong for upright squares, at most a
        few on the edge of one sprite otherwise.

    Raises:
        ValueError: If there are not five finite columns, a shape is not 1, 2 or 3, or a scale is not positive.
    """
    rows = _checked(np.asarray(factors, dtype=np.float64))
    images = np.zeros((len(rows), SIDE, SIDE), dtype=np.uint8)
    order = np.lexsort((rows[:, 1], rows[:, 0]))  # by shape, then scale: chunks share a test and a window size
    shapes = rows[order, 0]
    for shape, inside in _INSIDE.items():
        first, last = np.searchsorted(shapes, [shape, shape + 0.5])
        for start in range(first, last, _CHUNK):
            chunk = order[start : min(start + _CHUNK, last)]
            _draw(images, chunk, rows[chunk], inside)
    return images


def _checked(rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    if rows.ndim != 2 or rows.shape[1] != 5:
        raise ValueError(
            f"factors should be rows (shape, scale, orientation, posX, posY), (N, 5); got shape {rows.shape}."
        )
    if not np.isfinite(rows).all():
        raise ValueError("factors should be finite; got NaN or infinity.")
    if not np.isin(rows[:, 0], list(_INSIDE)).all():
        raise ValueError(f"shape should be 1 (square), 2 (ellipse) or 3 (heart); got {np.unique(rows[:, 0])[:5]}.")
    if len(rows) and rows[:, 1].min() <= 0:
        raise ValueError(f"scale should be positive; got {rows[:, 1].min():g}.")
    return rows


def _draw(
    images: npt.NDArray[np.uint8], which: npt.NDArray[np.intp], rows: npt.NDArray[np.float64], inside: _Test
) -> None:
    """Tests the pixels of a window around each centre, (n, K, K), and writes them into images[which]."""
    scale, theta = rows[:, 1], rows[:, 2]
    center = 16 + 32 * rows[:, 3:5]  # (n, 2): x, y in px
    side = min(SIDE, 2 * int(np.ceil(_REACH * scale.max())) + 2)
    corner = np.clip(np.floor(center).astype(np.intp) - side // 2 + 1, 0, SIDE - side)  # window's first column and row
    steps = np.arange(side)
    columns, lines = corner[:, :1] + steps, corner[:, 1:] + steps  # (n, K)
    u = (columns + 0.5 - center[:, :1]) / (SIDE * scale[:, None])
    v = (lines + 0.5 - center[:, 1:]) / (SIDE * scale[:, None])
    cos, sin = np.cos(theta)[:, None], np.sin(theta)[:, None]
    p = _outer_sum(-v * sin, u * cos)  # (n, K, K): the pixel in the upright shape's own frame
    q = _outer_sum(v * cos, u * sin)
    flat = (which[:, None] * SIDE + lines)[:, :, None] * SIDE + columns[:, None, :]
    images.reshape(-1)[flat] = inside(p, q)


def _outer_sum(lines: npt.NDArray[np.float64], columns: npt.NDArray[np.float64]) -> Floats:
    return lines.astype(np.float32)[:, :, None] + columns.astype(np.float32)[:, None, :]


def _square(p: Floats, q: Floats) -> npt.NDArray[np.bool_]:
    return np.maximum(np.abs(p), np.abs(q)) <= 0.15


def _ellipse(p: Floats, q: Floats) -> npt.NDArray[np.bool_]:
    # nominally 0.2 x 0.1125, drawn by the authors as an inscribed polygon: this pair matches their pictures better
    return np.square(p / np.float32(0.1995)) + np.square(q / np.float32(0.11275)) <= 1


def _heart(p: Floats, q: Floats) -> npt.NDArray[np.bool_]:
    """Inside the heart's polygon of 400 vertices, which is symmetric and crosses each vertical line twice a side."""
    across = np.abs(p)
    inside = (across < 0.15) & (q > _HEART_TOP.min()) & (q < _HEART_BOTTOM.max())
    at = np.flatnonzero(inside)  # the search below is slow, so it is spared the pixels outside the bounding box
    across, q = across.reshape(-1)[at], q.reshape(-1)[at]
    top = np.interp(across, _HEART_ACROSS, _HEART_TOP)
    bottom = np.interp(across, _HEART_ACROSS, _HEART_BOTTOM)
    inside.reshape(-1)[at] = (q >= top) & (q <= bottom)
    return inside


def _heart_outline(t: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Height q of the outline at curve parameter t in [0, pi], q pointing down."""
    wave = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    return np.asarray(-0.01035 * wave - 0.0225)


_QUARTER = np.arange(101) * (np.pi / 200)  # 101 of the 400 vertices, t = 0 ... pi/2; the others mirror them
_HEART_ACROSS = 0.15 * np.sin(_QUARTER) ** 3  # p at t and at pi - t
_HEART_TOP = _heart_outline(_QUARTER)
_HEART_BOTTOM = _heart_outline(np.pi - _QUARTER)
_INSIDE = {1: _square, 2: _ellipse, 3: _heart}
