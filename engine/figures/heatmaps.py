"""Attributions as pictures: red speaks for the target, blue against it, white is nothing; overlays, sheets, tables."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

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
    from PIL import Image, ImageFont

Pixels = npt.NDArray[np.uint8]


def heatmap_png(shown: Tensor, *, x: Tensor | None = None, opacity: float = 1.0, size: int | None = None) -> bytes:
    """One map as PNG bytes, alone or over its picture.

    Args:
        shown: A normalised map, (H, W), values in [-1, 1]; see `engine.explain.heatmaps.normalise`.
        x: The picture below it, (C, H, W) in [0, 1]; drawn in grey, so that colours belong to the map.
        opacity: Of the map: 1 hides the picture, 0 shows nothing else.
        size: Height in pixels, reached by bicubic interpolation; None keeps the map's own.

    Raises:
        ValueError: If shapes or opacity are not as described.
    """
    return encode_png(heatmap_pixels(shown, x=x, opacity=opacity, size=size))


def heatmap_pixels(shown: Tensor, *, x: Tensor | None = None, opacity: float = 1.0, size: int | None = None) -> Pixels:
    """Like `heatmap_png`, before it is encoded: (H, W, 3)."""
    if shown.ndim != 2 or not 0 <= opacity <= 1 or (x is not None and x.shape[1:] != shown.shape):
        found = None if x is None else tuple(x.shape)
        raise ValueError(
            f"A heatmap is (H, W), its picture (C, H, W) and its opacity in [0, 1]; got {tuple(shown.shape)}, {found} "
            f"and {opacity}."
        )
    values = _resized(shown[None], size)[0].clamp(-1, 1).numpy()
    table = _colors()
    colored = table[np.rint((values + 1) / 2 * (len(table) - 1)).astype(np.int64)]
    if x is not None:
        grey = _resized(x.detach().float().cpu().mean(dim=0, keepdim=True), size)[0].clamp(0, 1).numpy() * 255
        colored = opacity * colored + (1 - opacity) * grey[..., None]
    return np.rint(colored).astype(np.uint8)


def heatmap_sheet(
    x: Tensor,
    maps: Mapping[str, Tensor],
    *,
    names: Sequence[str] = (),
    opacity: float = 1.0,
    cell: int = 320,
    dpi: int = 300,
) -> bytes:
    """Pictures in rows, methods in columns, on white paper as PNG bytes: for print.

    Args:
        x: Pictures, (N, C, H, W), values in [0, 1].
        maps: Normalised maps by title, (N, H, W) each.
        names: Written left of each row.
        opacity: Of the maps over their pictures.
        cell: Height of a picture in pixels.
        dpi: Dots per inch, written into the file.

    Raises:
        ValueError: If maps or names do not belong to the pictures.
    """
    from PIL import Image, ImageDraw

    _check(x, maps, names)
    gap, line = max(2, cell // 40), max(12, cell // 9)
    width = round(cell * x.shape[3] / x.shape[2])
    font = _font(round(0.62 * line))
    left = max((round(font.getlength(name)) for name in names), default=-gap) + gap
    titles = ["Picture", *maps]
    sheet = Image.new("RGB", (left + len(titles) * (width + gap) - gap, line + len(x) * (cell + gap) - gap), "white")
    draw = ImageDraw.Draw(sheet)
    for column, title in enumerate(titles):
        middle = left + column * (width + gap) + width // 2
        draw.text((middle, line // 2), _fitting(title, font, width), fill=ink("light").text, font=font, anchor="mm")
    for row, picture in enumerate(x):
        top = line + row * (cell + gap)
        if names:
            draw.text((0, top + cell // 2), names[row], fill=ink("light").text, font=font, anchor="lm")
        for column, pixels in enumerate(_row(picture, [one[row] for one in maps.values()], opacity, cell)):
            sheet.paste(Image.fromarray(pixels), (left + column * (width + gap), top))
    return _encoded(sheet, dpi)


def heatmap_table(
    x: Tensor,
    maps: Mapping[str, Tensor],
    *,
    names: Sequence[str] = (),
    opacity: float = 1.0,
    theme: Theme = "light",
    cell: int = 128,
) -> go.Figure:
    """The same as a plotly figure, with the methods' titles above.

    Raises:
        ValueError: If maps or names do not belong to the pictures.
    """
    _check(x, maps, names)
    titles = ["Picture", *maps]
    rows = list(names) or [str(row + 1) for row in range(len(x))]
    figure = cells.sheet(len(x), len(titles), names=rows, notes=False, theme=theme, cell=cell)
    size = max(168, x.shape[2])
    for row, picture in enumerate(x):
        for column, pixels in enumerate(_row(picture, [one[row] for one in maps.values()], opacity, size)):
            cells.image(figure, encode_png(pixels), column, cells.pitch(False) * row)
    for column, title in enumerate(titles):
        figure.add_annotation(
            text=title, x=column + 0.5, y=0, xref="x", yref="y", yanchor="bottom", showarrow=False,
            font={"size": 12, "color": ink(theme).text},
        )  # fmt: skip
    return figure.update_layout(margin={"t": 28})


def _check(x: Tensor, maps: Mapping[str, Tensor], names: Sequence[str]) -> None:
    shape = (len(x), *x.shape[2:])
    wrong = {name: tuple(one.shape) for name, one in maps.items() if tuple(one.shape) != shape}
    if x.ndim != 4 or not len(x) or wrong or (names and len(names) != len(x)):
        raise ValueError(
            f"Every method needs a map (H, W) for each picture, {shape}, and names one for each; got pictures "
            f"{tuple(x.shape)}, maps {wrong or 'that fit'} and {len(names)} names."
        )


def _row(x: Tensor, maps: Sequence[Tensor], opacity: float, size: int) -> list[Pixels]:
    return [_picture(x, size), *(heatmap_pixels(one, x=x, opacity=opacity, size=size) for one in maps)]


def _picture(x: Tensor, size: int) -> Pixels:
    values = _resized(x.detach().float().cpu(), size).clamp(0, 1)
    values = values.expand(3, -1, -1) if len(values) == 1 else values
    return (values * 255).round().to(torch.uint8).permute(1, 2, 0).contiguous().numpy()


def _resized(values: Tensor, size: int | None) -> Tensor:
    values = values.detach().float().cpu()
    if size is None or size == values.shape[1]:
        return values
    shape = (size, round(size * values.shape[2] / values.shape[1]))
    return F.interpolate(values[None], shape, mode="bicubic", align_corners=False)[0]


@cache
def _colors() -> npt.NDArray[np.float64]:
    # An odd number, so that zero has a colour of its own.
    return np.array([[int(color[k : k + 2], 16) for k in (1, 3, 5)] for color in sampled(DIVERGING, 255)], dtype=float)


def _font(size: int) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, which comes with Captum's matplotlib; Pillow's own font knows neither accents nor signs."""
    from PIL import ImageFont

    found = find_spec("matplotlib")
    file = Path(found.origin).parent / "mpl-data/fonts/ttf/DejaVuSans.ttf" if found and found.origin else None
    if file is not None and file.is_file():
        return ImageFont.truetype(str(file), size)
    return ImageFont.load_default(size)  # type: ignore[return-value] # a FreeType font where Pillow has FreeType


def _fitting(text: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    while len(text) > 2 and font.getlength(text) > width:
        text = text[:-2].rstrip() + "\N{HORIZONTAL ELLIPSIS}"
    return text


def _encoded(sheet: Image.Image, dpi: int) -> bytes:
    buffer = io.BytesIO()
    sheet.save(buffer, format="PNG", optimize=True, dpi=(dpi, dpi))
    return buffer.getvalue()
