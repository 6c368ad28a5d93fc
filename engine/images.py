"""Images between the engine's form, (N, C, H, W) floats in [0, 1], and the screen's, (N, H, W, C) uint8."""

from __future__ import annotations

import io
import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def to_uint8(x: Tensor) -> NDArray[np.uint8]:
    """(N, C, H, W) in [0, 1] -> (N, H, W, C) uint8, rounded; values outside are clipped.

    Raises:
        ValueError: If x is not a batch of images.
    """
    if x.ndim != 4:
        raise ValueError(f"x should be a batch of images (N, C, H, W); got shape {tuple(x.shape)}.")
    pixels = x.detach().clamp(0, 1).mul(255).round().to(torch.uint8)
    return pixels.permute(0, 2, 3, 1).contiguous().cpu().numpy()


def from_uint8(pixels: NDArray[np.uint8]) -> Tensor:
    """(N, H, W, C) or (N, H, W) uint8 -> (N, C, H, W) float32 in [0, 1].

    Raises:
        ValueError: If pixels are not uint8 or have another number of dimensions.
    """
    if pixels.dtype != np.uint8 or pixels.ndim not in (3, 4):
        raise ValueError(
            f"pixels should be uint8 (N, H, W, C) or (N, H, W); got {pixels.dtype} of shape {pixels.shape}."
        )
    if pixels.ndim == 3:
        pixels = pixels[..., None]
    return torch.from_numpy(np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))).float().div_(255)


def grid(x: Tensor, *, columns: int | None = None, gap: int = 2, fill: float = 0.5) -> Tensor:
    """Tiles a batch into one picture, row by row.

    Args:
        x: Images, (N, C, H, W), values in [0, 1].
        columns: Pictures a row; by default about as many as rows.
        gap: Pixels between pictures.
        fill: Grey value of the gaps and of empty places.

    Returns:
        One image, (C, rows * (H + gap) - gap, columns * (W + gap) - gap).
    """
    n, channels, height, width = x.shape
    columns = columns or math.ceil(math.sqrt(n))
    rows = math.ceil(n / columns)
    places = x.new_full((rows * columns, channels, height + gap, width + gap), fill)
    places[:n, :, :height, :width] = x
    tiled = places.reshape(rows, columns, channels, height + gap, width + gap).permute(2, 0, 3, 1, 4)
    picture = tiled.reshape(channels, rows * (height + gap), columns * (width + gap))
    return picture[:, : picture.shape[1] - gap, : picture.shape[2] - gap]


def encode_jpeg(pixels: NDArray[np.uint8], *, quality: int = 90) -> bytes:
    """One picture, (H, W, 3) uint8, as JPEG bytes with full colour resolution.

    Pillow's `optimize` would save 5 % and fails on pictures so rich that they take more than a byte a pixel.
    """
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="JPEG", quality=quality, subsampling=0)
    return buffer.getvalue()


def encode_png(pixels: NDArray[np.uint8]) -> bytes:
    """One picture, (H, W, C) or (H, W) uint8 with one or three channels, as PNG bytes."""
    from PIL import Image

    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[..., 0]
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()
