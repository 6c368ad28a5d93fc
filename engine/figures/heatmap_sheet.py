"""Maps for print: pictures in rows, methods in columns, and the words and colours one needs to read them."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor

from engine.figures.heatmaps import check_maps, map_colors, row_pixels
from engine.figures.themes import ink
from engine.figures.typesetting import broken, fitting, print_font

if TYPE_CHECKING:
    from PIL import Image, ImageFont

    from engine.explain.heatmaps.normalise import Sign

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

    check_maps(x, maps, names)
    height, width = (side * math.ceil(cell / x.shape[2]) for side in x.shape[2:])
    gap, line = max(2, height // 40), max(12, height // 9)
    font = print_font(round(0.62 * line))
    labels = ["\n".join(broken(name, font, max(height, width))) for name in names]
    left = max((round(font.getlength(text)) for label in labels for text in label.split("\n")), default=-2 * gap)
    left += 2 * gap
    titles = ["Picture", *maps]
    full = left + len(titles) * (width + gap) - gap
    above, legend = broken(heading, font, full), _legend(sign, font, full, line)
    top = line * (len(above) + 1)
    bottom = top + len(x) * (height + gap)
    sheet = Image.new("RGB", (full, bottom + legend.height), "white")
    draw, color = ImageDraw.Draw(sheet), ink("light").text
    for place, text in enumerate(above):
        draw.text((0, line * place + line // 2), text, fill=color, font=font, anchor="lm")
    for column, title in enumerate(titles):
        middle = left + column * (width + gap) + width // 2
        draw.text((middle, top - line // 2), fitting(title, font, width), fill=color, font=font, anchor="mm")
    for row in range(len(x)):
        upper = top + row * (height + gap)
        if labels:
            draw.multiline_text((0, upper + height // 2), labels[row], fill=color, font=font, anchor="lm")
        for column, pixels in enumerate(row_pixels(x, maps, row, opacity, height, smooth)):
            sheet.paste(Image.fromarray(pixels), (left + column * (width + gap), upper))
    sheet.paste(legend, (0, bottom))
    return _encoded(sheet, dpi)


def row_words(name: str, said: str, target: str) -> str:
    """What one needs to read a picture's row: its name, what the classifier says of it, and what is explained."""
    return f"{name}\nModel says: {said}\nExplained: {target}"


def _legend(sign: Sign, font: ImageFont.FreeTypeFont, width: int, line: int) -> Image.Image:
    """The scale of colours between the names of its ends, and below it what they mean."""
    from PIL import Image, ImageDraw

    low, high, first, last = _ENDS[sign]
    words = broken(f"{_LEGENDS[sign]} {_SCALE}", font, width)
    legend = Image.new("RGB", (width, line * (len(words) + 2)), "white")
    draw, color, gap = ImageDraw.Draw(legend), ink("light").text, line // 3
    start = round(font.getlength(first)) + gap
    length = max(line, min(6 * line, width - start - gap - round(font.getlength(last))))
    scale = map_colors(np.broadcast_to(np.linspace(low, high, length), (line // 2, length)))
    draw.text((0, line), first, fill=color, font=font, anchor="lm")
    legend.paste(Image.fromarray(np.rint(scale).astype(np.uint8)), (start, line - line // 4))
    draw.text((start + length + gap, line), last, fill=color, font=font, anchor="lm")
    for place, text in enumerate(words):
        draw.text((0, line * (place + 2)), text, fill=color, font=font, anchor="lm")
    return legend


def _encoded(sheet: Image.Image, dpi: int) -> bytes:
    buffer = io.BytesIO()
    sheet.save(buffer, format="PNG", optimize=True, dpi=(dpi, dpi))
    return buffer.getvalue()
