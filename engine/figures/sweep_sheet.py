"""Sweeps for print: pictures along directions, a row each, with the classifier's score and its colour above them."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from engine.figures.heatmaps import map_colors
from engine.figures.picture import CURVE_COLOR, pixels
from engine.figures.themes import ink
from engine.figures.typesetting import broken, print_font
from engine.interfaces import Space

if TYPE_CHECKING:
    from PIL import Image

_LINE, _GAP, _LETTERS = 14, 4, 10  # pixels


def sweep_sheet(
    x: Tensor,
    *,
    space: Space,
    names: Sequence[str],
    amplitudes: Sequence[float],
    unit: str = "",
    scores: Tensor | None = None,
    heading: str = "",
    cell: int = 72,
) -> bytes:
    """Rows of pictures on white paper as PNG bytes, amplitudes below, names to the left.

    Above each picture, as in the published sweeps, stands its score and a strip in the score's colour: red for above
    zero, blue for below, white for zero.

    Args:
        x: What is drawn, (R, A, *space.shape).
        space: What it is.
        names: Of the rows.
        amplitudes: Of the columns.
        unit: Written behind the amplitudes: `sd`.
        scores: In [-1, 1], (R, A); NaN where a picture has none.
        heading: Written above.
        cell: Least height of a picture in pixels: the next multiple of its own.

    Raises:
        ValueError: If names, amplitudes or scores do not belong to the pictures.
    """
    _check(x, space, names, amplitudes, scores)
    plan = _plan(x, space, names, scores is not None, heading, cell)
    sheet = _paper(plan)
    for row in range(len(x)):
        _row(sheet, plan, row, x[row], space, None if scores is None else scores[row])
    _footer(sheet, plan, amplitudes, unit)
    buffer = io.BytesIO()
    sheet.save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """Where things lie, in pixels; `strip` is the height of score and colour above a picture."""

    rows: int
    columns: int
    cell: int
    scale: int
    height: int
    width: int
    left: int
    strip: int
    labels: tuple[str, ...]
    heading: tuple[str, ...]

    @property
    def top(self) -> int:
        return _LINE * len(self.heading) + _GAP

    def corner(self, row: int, column: int) -> tuple[int, int]:
        """Upper left of a picture's place, its score included."""
        return self.left + column * (self.width + _GAP), self.top + row * (self.strip + self.height + _GAP)


def _plan(x: Tensor, space: Space, names: Sequence[str], scored: bool, heading: str, cell: int) -> _Plan:
    scale = math.ceil(cell / space.shape[1]) if space.kind == "image" else 1
    height, width = (side * scale for side in space.shape[1:]) if space.kind == "image" else (cell, cell)
    font = print_font(_LETTERS)
    labels = tuple("\n".join(broken(name, font, 2 * cell)) for name in names)
    left = max((round(font.getlength(text)) for label in labels for text in label.split("\n")), default=0) + 2 * _GAP
    above = tuple(broken(heading, font, left + x.shape[1] * (width + _GAP))) if heading else ()
    return _Plan(
        rows=len(x),
        columns=x.shape[1],
        cell=cell,
        scale=scale,
        height=height,
        width=width,
        left=left,
        strip=_LINE + _LINE // 2 if scored else 0,
        labels=labels,
        heading=above,
    )


def _paper(plan: _Plan) -> Image.Image:
    """White paper with heading and names."""
    from PIL import Image, ImageDraw

    width, height = plan.corner(plan.rows, plan.columns)
    sheet = Image.new("RGB", (width, height + _LINE), "white")
    draw, font, color = ImageDraw.Draw(sheet), print_font(_LETTERS), ink("light").text
    for place, text in enumerate(plan.heading):
        draw.text((0, _LINE * place + _LINE // 2), text, fill=color, font=font, anchor="lm")
    for row, label in enumerate(plan.labels):
        middle = plan.corner(row, 0)[1] + plan.strip + plan.height // 2
        draw.multiline_text((0, middle), label, fill=color, font=font, anchor="lm")
    return sheet


def _row(sheet: Image.Image, plan: _Plan, row: int, x: Tensor, space: Space, scores: Tensor | None) -> None:
    from PIL import Image

    for column, one in enumerate(x):
        left, upper = plan.corner(row, column)
        if scores is not None and bool(torch.isfinite(scores[column])):
            _score(sheet, float(scores[column]), (left, upper), plan.width)
        drawn = pixels(one, space, scale=plan.scale, size=plan.cell, color=CURVE_COLOR)
        picture = Image.fromarray(drawn[..., 0] if drawn.shape[2] == 1 else drawn)
        sheet.paste(picture, (left, upper + plan.strip), picture if picture.mode == "RGBA" else None)


def _score(sheet: Image.Image, score: float, corner: tuple[int, int], width: int) -> None:
    from PIL import ImageDraw

    draw, (left, upper) = ImageDraw.Draw(sheet), corner
    shade = tuple(int(value) for value in np.rint(map_colors(np.array([[max(-1.0, min(1.0, score))]]))[0, 0]))
    middle = (left + width // 2, upper + _LINE // 2)
    draw.text(middle, _written(f"{score:.2f}"), fill=ink("light").text, font=print_font(_LETTERS), anchor="mm")
    place = (left, upper + _LINE, left + width - 1, upper + _LINE + _LINE // 2 - 2)
    draw.rectangle(place, fill=shade, outline="#bbbbbb")


def _footer(sheet: Image.Image, plan: _Plan, amplitudes: Sequence[float], unit: str) -> None:
    from PIL import ImageDraw

    draw = ImageDraw.Draw(sheet)
    for column, amplitude in enumerate(amplitudes):
        middle = (plan.corner(0, column)[0] + plan.width // 2, sheet.height - _LINE // 2)
        text = _written(f"{amplitude:+.3g} {unit}".strip()) if amplitude else "0"
        draw.text(middle, text, fill=ink("light").text, font=print_font(_LETTERS), anchor="mm")


def _check(
    x: Tensor, space: Space, names: Sequence[str], amplitudes: Sequence[float], scores: Tensor | None
) -> None:
    fits = scores is None or scores.shape == x.shape[:2]
    if tuple(x.shape[2:]) != tuple(space.shape) or len(names) != len(x) or len(amplitudes) != x.shape[1] or not fits:
        raise ValueError(
            f"A sheet takes pictures (R, A, {', '.join(map(str, space.shape))}), R names, A amplitudes and scores "
            f"(R, A); got {tuple(x.shape)}, {len(names)}, {len(amplitudes)} and "
            f"{None if scores is None else tuple(scores.shape)}."
        )


def _written(text: str) -> str:
    return text.replace("-", "\N{MINUS SIGN}")
