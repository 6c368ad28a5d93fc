"""One stored picture of a data set as its pixels: checked, or cut to its middle and resized."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from engine.data.picture_file import PictureError, open_picture, plain_mode

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

Size = tuple[int, int]  # height, width


class StoredPictureError(ValueError):
    """A stored picture is not what it should be; the message goes on after the picture's name."""


def decode(
    data: bytes, size: Size, channels: int = 3, *, accepts: tuple[Size, ...] | None = ()
) -> npt.NDArray[np.uint8]:
    """Decodes a picture of known size and mode, or brings a photograph to them.

    Args:
        data: The file; PNG or JPEG, or whatever `picture_file` reads where any size and mode is accepted.
        size: (height, width) of what is returned.
        channels: 1 for grey, 3 for RGB.
        accepts: Sizes besides `size` that the file may have; its largest middle part of the right proportions is
            resized (Lanczos). None accepts any size and mode: the picture is also put upright and transparent parts on
            white, and a JPEG of more than four times the size is decoded at a reduced scale.

    Returns:
        Pixels, (C, H, W).

    Raises:
        StoredPictureError: If it cannot be decoded or has another size or mode.
    """
    mode = "L" if channels == 1 else "RGB"
    picture = _any(data, 2 * max(size)).convert(mode) if accepts is None else _known(data, (size, *accepts), mode)
    pixels = np.asarray(_middle(picture, size), dtype=np.uint8)
    return pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)


def _any(data: bytes, at_least: int) -> Picture:
    try:
        picture, notes = open_picture(data, at_least=at_least)
        return plain_mode(picture, notes)
    except PictureError as error:
        raise StoredPictureError(f"cannot be decoded ({str(error).rstrip('.')})") from error


def _known(data: bytes, sizes: tuple[Size, ...], mode: str) -> Picture:
    from PIL import Image, UnidentifiedImageError

    try:
        picture = Image.open(io.BytesIO(data), formats=("PNG", "JPEG"))
        if (picture.height, picture.width) not in sizes or picture.mode != mode:
            found = f"{picture.width} x {picture.height} pixels, mode {picture.mode}"
            known = " or ".join(f"{width} x {height}" for height, width in sizes)
            raise StoredPictureError(f"is {found}; it should have {known}, mode {mode}")
        picture.load()
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError) as error:
        raise StoredPictureError(f"cannot be decoded ({error})") from error
    return picture


def _middle(picture: Picture, size: Size) -> Picture:
    from PIL.Image import Resampling

    height, width = size
    if picture.size == (width, height):
        return picture
    rows = min(picture.height, max(1, round(picture.width * height / width)))
    columns = min(picture.width, max(1, round(picture.height * width / height)))
    top, left = (picture.height - rows) // 2, (picture.width - columns) // 2
    return picture.crop((left, top, left + columns, top + rows)).resize((width, height), Resampling.LANCZOS)
