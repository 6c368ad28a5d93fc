"""Attributions as pictures: red speaks for the target, blue against it, white is nothing; overlays, sheets, tables.

Pixels stay squares: bicubic interpolation, as published figures are drawn, makes the noise of single pixels of a small
map look like structure. `smooth` asks for it.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
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
    from PIL import Image, ImageFont

    from engine.explain.heatmaps.normalise import Sign

Pixels = npt.NDArray[np.uint8]
_LEGENDS: Mapping[Sign, str] = MappingProxyType(
    {
        "all": "Red speaks for what is explained, blue against it, white is neither.",
        "positive": "Red speaks for what is explained; what speaks against it is left out.",
        "negative": "Blue speaks against what is explained; what speaks for it is left out.",
        "absolute": "Red matters for what is explained, whether for or against it; white does not.",
    }
)
_SCALE = "The strongest colour stands where 98 % of a map's attribution is reached."
_ENDS: Mapping[Sign, tuple[float, float, str, str]] = MappingProxyType(
    {
        "all": (-1, 1, "against", "for"),
        "positive": (0, 1, "nothing", "for"),
        "negative": (-1, 0, "against", "nothing"),
        "absolute": (0, 1, "nothing", "much"),
    }
)


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
    colored = _colored(_resized(shown[None], size, smooth)[0].clamp(-1, 1).numpy())
    if x is not None:
        grey = _resized(x.detach().float().cpu().mean(dim=0, keepdim=True), size, smooth)[0].clamp(0, 1).numpy() * 255
        colored = opacity * colored + (1 - opacity) * grey[..., None]
    return np.rint(colored).astype(np.uint8)


def heatmap_sheet(
    x: Tensor,
    maps: Mapping[str, Tensor],
    *,
    names: Sequence[str] = (),
    heading: str = "",
    sign: Sign = "all",
    opacity: float = 1.0,
    smooth: bool = False,
    cell: int = 320,
    dpi: int = 300,
) -> bytes:
    """Pictures in rows, methods in columns, a legend below, on white paper as PNG bytes: for print.

    Args:
        x: Pictures, (N, C, H, W), values in [0, 1].
        maps: Normalised maps by title, (N, H, W) each.
        names: Written left of each row, such as `row_words`; long lines are broken.
        heading: Written above, such as the classifier's id.
        sign: The side that maps show, for the legend; what speaks against the target is below zero.
        opacity: Of the maps over their pictures.
        smooth: Bicubic interpolation instead of real pixels.
        cell: Least height of a picture in pixels: the next multiple of its own, so that its pixels are all alike.
        dpi: Dots per inch, written into the file.

    Raises:
        ValueError: If maps or names do not belong to the pictures.
    """
    from PIL import Image, ImageDraw

    _check(x, maps, names)
    height, width = (side * math.ceil(cell / x.shape[2]) for side in x.shape[2:])
    gap, line = max(2, height // 40), max(12, height // 9)
    font = _font(round(0.62 * line))
    labels = ["\n".join(_lines(name, font, max(height, width))) for name in names]
    left = max((round(font.getlength(text)) for label in labels for text in label.split("\n")), default=-2 * gap)
    left += 2 * gap
    titles = ["Picture", *maps]
    full = left + len(titles) * (width + gap) - gap
    above, legend = _lines(heading, font, full), _legend(sign, font, full, line)
    top = line * (len(above) + 1)
    bottom = top + len(x) * (height + gap)
    sheet = Image.new("RGB", (full, bottom + legend.height), "white")
    draw, color = ImageDraw.Draw(sheet), ink("light").text
    for place, text in enumerate(above):
        draw.text((0, line * place + line // 2), text, fill=color, font=font, anchor="lm")
    for column, title in enumerate(titles):
        middle = left + column * (width + gap) + width // 2
        draw.text((middle, top - line // 2), _fitting(title, font, width), fill=color, font=font, anchor="mm")
    for row, picture in enumerate(x):
        upper = top + row * (height + gap)
        if labels:
            draw.multiline_text((0, upper + height // 2), labels[row], fill=color, font=font, anchor="lm")
        for column, pixels in enumerate(_row(picture, [one[row] for one in maps.values()], opacity, height, smooth)):
            sheet.paste(Image.fromarray(pixels), (left + column * (width + gap), upper))
    sheet.paste(legend, (0, bottom))
    return _encoded(sheet, dpi)


def row_words(name: str, said: str, target: str) -> str:
    """What one needs to read a picture's row: its name, what the classifier says of it, and what is explained."""
    return f"{name}\nModel says: {said}\nExplained: {target}"


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
    """The same as a plotly figure, with the methods' titles above.

    Raises:
        ValueError: If maps or names do not belong to the pictures.
    """
    _check(x, maps, names)
    titles = ["Picture", *maps]
    rows = list(names) or [str(row + 1) for row in range(len(x))]
    figure = cells.sheet(len(x), len(titles), names=rows, notes=False, theme=theme, cell=cell)
    size = x.shape[2] * math.ceil(168 / x.shape[2])
    for row, picture in enumerate(x):
        for column, pixels in enumerate(_row(picture, [one[row] for one in maps.values()], opacity, size, smooth)):
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


def _row(x: Tensor, maps: Sequence[Tensor], opacity: float, size: int, smooth: bool) -> list[Pixels]:
    drawn = [heatmap_pixels(one, x=x, opacity=opacity, size=size, smooth=smooth) for one in maps]
    return [_picture(x, size, smooth), *drawn]


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


def _legend(sign: Sign, font: ImageFont.FreeTypeFont, width: int, line: int) -> Image.Image:
    """The scale of colours between the names of its ends, and below it what they mean."""
    from PIL import Image, ImageDraw

    low, high, first, last = _ENDS[sign]
    words = _lines(f"{_LEGENDS[sign]} {_SCALE}", font, width)
    legend = Image.new("RGB", (width, line * (len(words) + 2)), "white")
    draw, color, gap = ImageDraw.Draw(legend), ink("light").text, line // 3
    start = round(font.getlength(first)) + gap
    length = max(line, min(6 * line, width - start - gap - round(font.getlength(last))))
    scale = _colored(np.broadcast_to(np.linspace(low, high, length), (line // 2, length)))
    draw.text((0, line), first, fill=color, font=font, anchor="lm")
    legend.paste(Image.fromarray(np.rint(scale).astype(np.uint8)), (start, line - line // 4))
    draw.text((start + length + gap, line), last, fill=color, font=font, anchor="lm")
    for place, text in enumerate(words):
        draw.text((0, line * (place + 2)), text, fill=color, font=font, anchor="lm")
    return legend


def _colored(values: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float64]:
    """(H, W) in [-1, 1] to (H, W, 3) in [0, 255]."""
    table = _colors()
    return table[np.rint((values + 1) / 2 * (len(table) - 1)).astype(np.int64)]


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


def _lines(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """A text broken between words where a line is full; a word too long for one is cut."""
    found: list[str] = []
    for line in text.splitlines():
        full = ""
        for word in line.split():
            longer = f"{full} {word}".strip()
            if full and font.getlength(longer) > width:
                found.append(_fitting(full, font, width))
                longer = word
            full = longer
        found.append(_fitting(full, font, width))
    return found


def _fitting(text: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    while len(text) > 2 and font.getlength(text) > width:
        text = text[:-2].rstrip() + "\N{HORIZONTAL ELLIPSIS}"
    return text


def _encoded(sheet: Image.Image, dpi: int) -> bytes:
    buffer = io.BytesIO()
    sheet.save(buffer, format="PNG", optimize=True, dpi=(dpi, dpi))
    return buffer.getvalue()
