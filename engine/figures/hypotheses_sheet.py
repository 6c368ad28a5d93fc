"""One hypothesis as a picture: what was predicted, what was found, and pictures for and against it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import torch

from engine.explain.hypotheses import Card, Verdict, prediction
from engine.figures.hypotheses_curves import FALL, RISE, with_unit
from engine.figures.hypotheses_scenes import Pairs, Scenes
from engine.figures.hypotheses_strip import tiled
from engine.figures.themes import ink
from engine.figures.typesetting import broken, print_font

if TYPE_CHECKING:
    from PIL import Image, ImageDraw

    from engine.explain.hypotheses import Result

_WIDTH, _MARGIN = 1000, 32
_PLOT = (300, 190)  # pixels of the dose-response curve


def hypothesis_sheet(card: Card, verdict: Verdict, seen: Scenes) -> bytes:
    """A tested card on white paper, as PNG bytes.

    Args:
        card: Tested.
        verdict: Beside all other tests of its session.
        seen: Its pictures.

    Raises:
        ValueError: If the card was not tested.
    """
    from PIL import Image

    if card.result is None:
        raise ValueError("Only a tested hypothesis has something to show; test the card first.")
    hypothesis, result = card.hypothesis, card.result
    about = f"{hypothesis.model} read by {hypothesis.classifier}"
    parts = [
        _words(prediction(hypothesis, result.name), size=22),
        _words(f"{about} · {result.count} fresh codes, seed {result.seed}", muted=True),
        _words(verdict.words),
        *(_words(note, muted=True) for note in result.notes),
        _beside(
            _titled(f"Change of {with_unit(result.name, result.unit)} by share of the change", _curve(result)),
            _titled("As predicted: before above after", _pairs(seen.examples)),
        ),
        _titled("Counterexamples: before above after", _pairs(seen.counterexamples)),
        _titled(
            f"Unchanged samples, lowest {result.name} first: they explain nothing",
            Image.fromarray(_colored(tiled(seen.samples, columns=min(16, len(seen.samples)), cell=48))),
        ),
    ]
    height = sum(part.height + 14 for part in parts) + 2 * _MARGIN
    sheet = Image.new("RGB", (max(_WIDTH, *(part.width for part in parts)) + 2 * _MARGIN, height), "white")
    top = _MARGIN
    for part in parts:
        sheet.paste(part, (_MARGIN, top))
        top += part.height + 14
    buffer = io.BytesIO()
    sheet.save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()


def _words(text: str, *, size: int = 15, muted: bool = False) -> Image.Image:
    from PIL import Image, ImageDraw

    font = print_font(size)
    lines = broken(text, font, _WIDTH)
    pitch = round(1.5 * size)
    picture = Image.new("RGB", (_WIDTH, pitch * len(lines)), "white")
    draw, fill = ImageDraw.Draw(picture), ink("light").muted if muted else ink("light").text
    for place, line in enumerate(lines):
        draw.text((0, pitch * place + pitch // 2), line, fill=fill, font=font, anchor="lm")
    return picture


def _titled(title: str, body: Image.Image) -> Image.Image:
    from PIL import Image, ImageDraw

    font = print_font(13)
    lines = broken(title, font, max(body.width, 320))
    width = max(body.width, *(round(font.getlength(line)) for line in lines))
    picture = Image.new("RGB", (width, body.height + 20 * len(lines)), "white")
    draw = ImageDraw.Draw(picture)
    for place, line in enumerate(lines):
        draw.text((0, 20 * place + 8), line, fill=ink("light").muted, font=font, anchor="lm")
    picture.paste(body, (0, 20 * len(lines)))
    return picture


def _beside(left: Image.Image, right: Image.Image) -> Image.Image:
    from PIL import Image

    picture = Image.new("RGB", (left.width + 32 + right.width, max(left.height, right.height)), "white")
    picture.paste(left, (0, 0))
    picture.paste(right, (left.width + 32, 0))
    return picture


def _pairs(pairs: Pairs) -> Image.Image:
    from PIL import Image

    if not len(pairs):
        return _none()
    return Image.fromarray(_colored(tiled(torch.cat([pairs.before, pairs.after]), columns=len(pairs), cell=72)))


def _none() -> Image.Image:
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (160, 24), "white")
    ImageDraw.Draw(picture).text((0, 12), "None was found.", fill=ink("light").text, font=print_font(14), anchor="lm")
    return picture


def _colored(pixels: np.ndarray) -> np.ndarray:
    return pixels if pixels.shape[2] == 3 else pixels.repeat(3, axis=2)


def _curve(result: Result) -> Image.Image:
    """The dose-response curve with bars of 95 %."""
    from PIL import Image, ImageDraw

    width, height = _PLOT
    picture = Image.new("RGB", _PLOT, "white")
    draw, color, font = ImageDraw.Draw(picture), ink("light"), print_font(11)
    means, errors = (np.array([getattr(dose, name) for dose in result.doses]) for name in ("mean", "standard_error"))
    amounts = np.array([dose.amount for dose in result.doses])
    low, high = min(0.0, float((means - 1.96 * errors).min())), max(0.0, float((means + 1.96 * errors).max()))
    high = high if high > low else low + 1.0
    across = 52 + (amounts - amounts[0]) / max(float(np.ptp(amounts)), 1e-9) * (width - 70)

    def down(value: float) -> float:
        return 10 + (high - value) / (high - low) * (height - 36)

    for value in {low, 0.0, high}:
        draw.line([(46, down(value)), (width, down(value))], fill=color.line)
        draw.text((42, down(value)), f"{value:.2g}", fill=color.muted, font=font, anchor="rm")
    _line(draw, list(zip(across.tolist(), map(down, means.tolist()), strict=True)), RISE if result.mean >= 0 else FALL)
    for x, mean, error, amount in zip(across.tolist(), means.tolist(), errors.tolist(), amounts.tolist(), strict=True):
        draw.line([(x, down(mean - 1.96 * error)), (x, down(mean + 1.96 * error))], fill=color.text)
        draw.text((x, height - 10), f"{amount:g}", fill=color.muted, font=font, anchor="mm")
    return picture


def _line(draw: ImageDraw.ImageDraw, points: list[tuple[float, float]], color: str) -> None:
    draw.line(points, fill=color, width=3, joint="curve")
    for x, y in points:
        draw.ellipse([x - 4, y - 4, x + 4, y + 4], fill=color)
