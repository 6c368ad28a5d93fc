"""Any picture file, or text with numbers, as one example of a model's space; says what it had to change."""

from __future__ import annotations

import io
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from torch import Tensor

from engine.interfaces import Space

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

Fit = Literal["pad", "crop", "stretch", "trim"]
Invert = Literal["auto", "yes", "no"]
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM")
MAX_PIXELS = 40_000_000
MAX_VALUE = 1_000_000  # of a series
_WORKING_SIZE = 1024
_ORIENTATION = 0x0112  # the tag that says how a camera was held
_MARGIN = 0.14  # left free around trimmed content: MNIST's digits fill 20 of 28 pixels
_BLANK = 8 / 255  # pixels that differ by less cannot be told apart by eye
_INK = 0.15  # share of the brightest value from which a pixel belongs to the content
_BLANK_NOTE = (
    "Nothing can be seen in the result, all its pixels are alike: give the drawing a plain ground that stands out from "
    "it (a transparent one counts as white) and thicker lines, or choose another fit."
)


class PictureError(ValueError):
    """A file or text cannot become an example; the message says why and what to do."""


@dataclass(frozen=True)
class Prepared:
    """An example made from a file.

    Attributes:
        x: (1, *space.shape); images in [0, 1].
        notes: What was changed on the way, one sentence each.
    """

    x: Tensor
    notes: tuple[str, ...]


def read_picture(data: bytes, space: Space, *, fit: Fit = "pad", invert: Invert = "auto") -> Prepared:
    """Decodes a picture file and brings it to the size, channels and polarity of a space.

    Args:
        data: The file; PNG, JPEG, WebP, GIF, BMP, TIFF or PPM. Its header is read before any pixel is decoded.
        space: An image space, (C, H, W).
        fit: `pad` shows all of it and fills the rest with the colour of its border, `crop` takes the middle, `stretch`
            ignores the proportions, `trim` cuts to the content and leaves the margin that digits have in MNIST.
        invert: Exchanges light and dark; `auto` does so for grey spaces when the border is bright, since their examples
            are bright on black.

    Raises:
        PictureError: If it is no picture, too large, or damaged.
    """
    picture, notes = open_picture(data)
    size = picture.size
    picture = plain_mode(picture, notes)
    picture.thumbnail((_WORKING_SIZE, _WORKING_SIZE))  # floats of 40 megapixels would take half a gigabyte
    channels, height, width = space.shape
    if channels == 1 and picture.mode != "L":
        notes.append("Colours were turned into grey.")
        picture = picture.convert("L")
    if channels == 3 and picture.mode != "RGB":
        picture = picture.convert("RGB")
    values = np.asarray(picture, dtype=np.float32) / 255
    values = values[..., None] if values.ndim == 2 else values
    bright = float(np.median(_border(values))) > 0.5
    if invert == "yes" or (invert == "auto" and channels == 1 and bright):
        values = 1 - values
        notes.append("Light and dark were exchanged" + (" (its border is bright)." if invert == "auto" else "."))
    fitted = _fitted(values, fit, width / height)
    if fit == "pad":
        notes[:0] = _padded(values.shape, fitted.shape, (height, width))
    x = _resized(fitted, height, width)
    if size != (width, height):
        notes.append(f"Resized from {size[0]} x {size[1]} to {width} x {height} pixels.")
    x = x.clamp(0, 1)
    if float(x.max() - x.min()) < _BLANK:
        notes.insert(0, _BLANK_NOTE)
    return Prepared(x, tuple(notes))


def read_series(text: str, space: Space) -> Prepared:
    """Numbers separated by commas, semicolons, blanks or lines, as one series; a first line of words is skipped.

    Args:
        text: From a CSV file or a clipboard. With two or more columns the last one is taken.
        space: A series space, (T,); another number of values is resampled by straight lines.

    Raises:
        PictureError: If something in it is no finite number or beyond `MAX_VALUE`, or there are fewer than two.
    """
    (length,) = space.shape
    rows = [re.split(r"[,;\s]+", line.strip().strip(",;")) for line in text.strip().splitlines() if line.strip()]
    notes: list[str] = []
    if rows and not any(_number(cell) is not None for cell in rows[0]):
        rows = rows[1:]
        notes.append("The first line, without numbers, was skipped.")
    table = len(rows) > 2 and len({len(row) for row in rows}) == 1 and len(rows[0]) in (2, 3)
    if table:
        notes.append(f"The last of {len(rows[0])} columns was taken.")
    cells = [row[-1] for row in rows] if table else [cell for row in rows for cell in row]
    values = [_number(cell) for cell in cells]
    if None in values:
        bad = cells[values.index(None)]
        raise PictureError(f"{bad[:40]!r} is not a finite number; give {length} numbers, separated by commas or lines.")
    far = next((cell for cell, value in zip(cells, values, strict=True) if value and abs(value) > MAX_VALUE), None)
    if far is not None:
        raise PictureError(f"{far[:40]!r} lies beyond ±{MAX_VALUE:,}; give values in the units of the data set.")
    if not 2 <= len(values) <= 100_000:
        raise PictureError(f"A series needs {length} numbers; got {len(values)}.")
    x = torch.tensor(values, dtype=torch.float32)
    if len(values) != length:
        notes.append(f"Resampled from {len(values)} to {length} values.")
        x = torch.nn.functional.interpolate(x[None, None], size=length, mode="linear", align_corners=True)[0, 0]
    return Prepared(x[None], tuple(notes))


def open_picture(data: bytes, *, at_least: int | None = None) -> tuple[Picture, list[str]]:
    """The first frame of a file, upright, in any mode; and what was changed.

    Args:
        data: The file.
        at_least: Lets a JPEG be decoded at a half, a quarter or an eighth of its size, down to this many pixels a side.

    Raises:
        PictureError: If it is no picture, too large, or damaged.
    """
    from PIL import Image

    try:
        picture: Picture = Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise PictureError(
            f"The picture is far too large: at most {_mega(MAX_PIXELS)} are decoded. Scale it down."
        ) from error
    except Exception as error:  # a damaged header makes Pillow stumble in many ways
        kinds = ", ".join(FORMATS)
        raise PictureError(f"This file ({len(data):,} bytes) is not a picture that can be read ({kinds}).") from error
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise PictureError(
            f"The picture has {width} x {height} pixels ({_mega(width * height)}); at most {_mega(MAX_PIXELS)} are "
            "decoded. Scale it down and try again."
        )
    try:
        if at_least is not None:
            picture.draft(None, (at_least, at_least))
        return _first_frame(picture)
    except Exception as error:  # so do damaged frames, tags and pixels: TypeError, IndexError, KeyError, struct.error
        reason = str(error) or type(error).__name__
        raise PictureError(f"The picture is damaged or cut short ({reason}). Save it again and retry.") from error


def plain_mode(picture: Picture, notes: list[str]) -> Picture:
    """Any mode -> L or RGB; what was changed is added to the notes."""
    from PIL import Image

    mode = picture.mode
    if mode in ("L", "RGB"):
        return picture
    if mode == "1":
        return picture.convert("L")
    if mode.startswith(("I", "F")):
        notes.append("Its values, of more than 8 bits, were scaled to 8 bits.")
        values = np.nan_to_num(np.asarray(_reduced(picture), dtype=np.float64))  # several copies of it follow
        top = 65535.0 if mode.startswith("I;16") or values.max() > 255 else 255.0
        top = max(top, float(values.max())) if mode != "F" or values.max() > 1 else 1.0
        return Image.fromarray((values.clip(0) * (255 / top)).round().clip(0, 255).astype(np.uint8))
    if mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in picture.info:
        notes.append("Transparent parts were put on white.")
        on_white = Image.new("RGBA", picture.size, "white")
        on_white.alpha_composite(picture.convert("RGBA"))
        return on_white.convert("L" if mode in ("LA", "La") else "RGB")
    if mode != "P":
        notes.append(f"Its colours ({mode}) were converted to RGB.")
    return picture.convert("RGB")


def _first_frame(picture: Picture) -> tuple[Picture, list[str]]:
    from PIL import ImageOps

    notes = []
    frames = getattr(picture, "n_frames", 1)
    if frames > 1:
        kind = "an animation" if picture.format in ("GIF", "PNG", "WEBP") else "a file"
        notes.append(f"First frame of {kind} with {frames} frames.")
        picture.seek(0)
    picture.load()
    if picture.getexif().get(_ORIENTATION, 1) != 1:
        notes.append("Turned upright, as the camera noted.")
        picture = ImageOps.exif_transpose(picture)
    return picture, notes


def _reduced(picture: Picture) -> Picture:
    """At most the working size, by the mean of the pixels that become one; `thumbnail` refuses these modes."""
    from PIL.Image import Resampling

    scale = _WORKING_SIZE / max(picture.size)
    if scale >= 1:
        return picture
    if picture.mode == "I;16B":  # whose bytes `resize` takes in the wrong order
        picture = picture.convert("I")
    width, height = (max(1, round(length * scale)) for length in picture.size)
    return picture.resize((width, height), Resampling.BOX)


def _fitted(values: np.ndarray, fit: Fit, aspect: float) -> np.ndarray:
    """(H, W, C) -> (H', W', C) of the wanted width / height, unless stretched later."""
    if fit not in ("pad", "crop", "stretch", "trim"):
        raise PictureError(f"fit should be 'pad', 'crop', 'stretch' or 'trim'; got {fit!r}.")
    if fit == "stretch":
        return values
    height, width = values.shape[:2]
    if fit == "crop":
        rows, columns = min(height, max(1, round(width / aspect))), min(width, max(1, round(height * aspect)))
        top, left = (height - rows) // 2, (width - columns) // 2
        return values[top : top + rows, left : left + columns]
    margin = 0.0
    if fit == "trim":
        values, margin = _content(values), _MARGIN
        height, width = values.shape[:2]
    rows = math.ceil(max(height, width / aspect) / (1 - 2 * margin))
    columns = max(width, round(rows * aspect))
    top, left = (rows - height) // 2, (columns - width) // 2
    fill = np.median(_border(values), axis=0) if fit == "pad" else np.zeros(values.shape[2], np.float32)
    padded = np.broadcast_to(fill.astype(np.float32), (rows, columns, values.shape[2])).copy()
    padded[top : top + height, left : left + width] = values
    return padded


def _padded(given: tuple[int, ...], made: tuple[int, ...], size: tuple[int, int]) -> list[str]:
    """On which sides pixels were invented, if they fill a row or column of the result; of (H, W, C) each."""
    sides = zip(("above and below", "left and right"), given, made, size, strict=False)
    return [f"Padded {side}." for side, old, new, count in sides if (new - old) * count >= new]


def _content(values: np.ndarray) -> np.ndarray:
    ink = values.max(axis=2) > _INK * max(float(values.max()), 1e-6)
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        return values
    return values[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _border(values: np.ndarray) -> np.ndarray:
    return np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])


def _resized(values: np.ndarray, height: int, width: int) -> Tensor:
    x = torch.from_numpy(np.ascontiguousarray(values.transpose(2, 0, 1)))[None]
    if x.shape[-2:] == (height, width):
        return x
    return torch.nn.functional.interpolate(x, size=(height, width), mode="bilinear", antialias=True)


def _number(cell: str) -> float | None:
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _mega(pixels: int) -> str:
    return f"{pixels / 1e6:.0f} megapixels"
