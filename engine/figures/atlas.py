"""Many small pictures in one file: what hover pictures and pages of examples are cut from."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from engine.figures.picture import CURVE_COLOR, pixels
from engine.images import encode_png, to_uint8
from engine.interfaces import Space


@dataclass(frozen=True)
class Atlas:
    """Pictures side by side, row after row, without gaps.

    Attributes:
        png: The encoded picture of all.
        columns: Pictures a row.
        count: Pictures in all.
        width: Width of one picture in pixels.
        height: Height of one picture in pixels.
    """

    png: bytes
    columns: int
    count: int
    width: int
    height: int


def atlas(x: Tensor, space: Space, *, size: int = 64, color: str = CURVE_COLOR) -> Atlas:
    """Draws examples into one PNG.

    Args:
        x: Examples, (N, *space.shape).
        space: What they are.
        size: Width and height of a drawn series; images keep their own size.
        color: Of drawn series.

    Raises:
        ValueError: If there are no examples or they are not of this space.
    """
    if not len(x) or tuple(x.shape[1:]) != tuple(space.shape):
        raise ValueError(f"x should be examples (N, {', '.join(map(str, space.shape))}); got shape {tuple(x.shape)}.")
    if space.kind == "image":
        tiles = to_uint8(x)
    else:
        tiles = np.stack([pixels(one, space, size=size, color=color) for one in x])
    count, height, width, channels = tiles.shape
    columns = math.ceil(math.sqrt(count * height / width))
    rows = math.ceil(count / columns)
    places = np.zeros((rows * columns, height, width, channels), dtype=np.uint8)
    places[:count] = tiles
    whole = places.reshape(rows, columns, height, width, channels).transpose(0, 2, 1, 3, 4)
    png = encode_png(whole.reshape(rows * height, columns * width, channels))
    return Atlas(png, columns, count, width, height)
