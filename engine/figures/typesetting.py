"""Text in pictures: a font that knows accents, lines that fit."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import ImageFont


def print_font(size: int) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, which comes with Captum's matplotlib; Pillow's own font knows neither accents nor signs."""
    from PIL import ImageFont

    found = find_spec("matplotlib")
    file = Path(found.origin).parent / "mpl-data/fonts/ttf/DejaVuSans.ttf" if found and found.origin else None
    if file is not None and file.is_file():
        return ImageFont.truetype(str(file), size)
    return ImageFont.load_default(size)  # type: ignore[return-value] # a FreeType font where Pillow has FreeType


def broken(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """A text broken between words where a line is full; a word too long for one is cut."""
    found: list[str] = []
    for line in text.splitlines():
        full = ""
        for word in line.split():
            longer = f"{full} {word}".strip()
            if full and font.getlength(longer) > width:
                found.append(fitting(full, font, width))
                longer = word
            full = longer
        found.append(fitting(full, font, width))
    return found


def fitting(text: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    """A text cut to a width in pixels, with an ellipsis in the place of what is missing."""
    while len(text) > 2 and font.getlength(text) > width:
        text = text[:-2].rstrip() + "\N{HORIZONTAL ELLIPSIS}"
    return text
