"""The cards of a session as one HTML page that needs nothing else, and as a folder of plain files."""

from __future__ import annotations

import html
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from engine.explain.hypotheses import Card, Result, Session, Verdict, doing, prediction
from engine.explain.hypotheses.sentence import amount
from engine.figures.hypotheses_curves import dose_response, side_effects
from engine.figures.hypotheses_scenes import Pairs, Scenes
from engine.figures.hypotheses_sheet import hypothesis_sheet
from engine.figures.hypotheses_strip import before_after_strip, sample_strip
from engine.figures.picture import data_uri
from engine.files import write_atomically

if TYPE_CHECKING:
    import plotly.graph_objects as go

SYMBOLS = {"supported": "✓", "contradicted": "✗", "no effect found": "○", "too uncertain": "?"}
_WIDTH, _HEIGHT = 342, 240
_NONE: Mapping[int, str] = MappingProxyType({})


def hypotheses_report(session: Session, seen: Mapping[int, Scenes], names: Mapping[int, str] = _NONE) -> str:
    """The report as one HTML document, for the screen and for paper; it asks for nothing from anywhere.

    Args:
        session: Whose cards.
        seen: Pictures of tested cards, by their number from 0; cards without any are told in numbers.
        names: Readouts for the eye of cards that were not tested, by their number: `P(Young)`.
    """
    tested = sum(card.result is not None for card in session.cards)
    parts = [
        "<h1>Hypotheses</h1>",
        f"<p class='muted'>{len(session.cards)} cards, {tested} tested. p-values are two-sided, of sign-flip "
        f"permutation tests on codes that no search has seen, after Holm's correction for all {tested} tests.</p>",
    ]
    script = True
    for number, (card, verdict) in enumerate(zip(session.cards, session.verdicts, strict=True)):
        parts.append(_card(number, card, verdict, seen.get(number), names.get(number), script=script))
        script = script and card.result is None  # plotly.js comes once, with the first figure
    head = f"<meta charset='utf-8'><title>Hypotheses</title><style>{_STYLE}</style>"
    return f"<!doctype html>\n<html lang='en'><head>{head}</head><body><main>{''.join(parts)}</main></body></html>\n"


def write_hypotheses(
    folder: Path, session: Session, seen: Mapping[int, Scenes], names: Mapping[int, str] = _NONE
) -> list[Path]:
    """Writes a report as plain files that need only a file server: index.html, session.json, a PNG a tested card.

    Args:
        folder: Made where it is missing; nothing may be in it.
        session: Whose cards.
        seen: As for `hypotheses_report`; cards without pictures get no PNG.
        names: As for `hypotheses_report`.

    Raises:
        FileExistsError: If the folder holds anything, or is a file.
        OSError: If it cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(f"{folder} is not an empty folder; choose another, nothing was written.")
    files = {"index.html": hypotheses_report(session, seen, names).encode()}
    for number, (card, verdict) in enumerate(zip(session.cards, session.verdicts, strict=True)):
        if verdict is not None and number in seen:
            files[f"card-{number + 1:03d}.png"] = hypothesis_sheet(card, verdict, seen[number])
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        write_atomically(folder / name, content)
    session.save(folder / "session.json")
    return [*(folder / name for name in files), folder / "session.json"]


def card_numbers(result: Result, p: float) -> tuple[tuple[str, str], ...]:
    """What is said of a tested card in numbers, as rows of a name and a value.

    Args:
        result: Of the test.
        p: Corrected for all cards tested.
    """
    ends = () if result.interval is None else (result.interval.low, result.interval.high)
    return (
        ("mean effect", amount(result.mean, result.unit)),
        ("95 % interval (BCa)", " to ".join(amount(end, result.unit) for end in ends) or "none"),
        ("codes going the predicted way", f"{result.consistency:.0%} of {result.count}"),
        ("p, corrected", _p(p)),
        ("p, alone", _p(result.p)),
        ("dose-response", "goes one way" if result.monotone else "turns back"),
        ("distance of changed codes", f"{result.distance:.0f}th percentile"),
    )


def card_pictures(seen: Scenes, name: str) -> tuple[tuple[str, bytes], ...]:
    """Captions and PNG bytes of a tested card's pictures; empty bytes where there is nothing to see.

    Args:
        seen: For it, against it, and unchanged.
        name: Of the readout, for the eye.
    """
    return (
        _pairs("As predicted, clearest first: before above after", seen.examples),
        _pairs("Counterexamples, clearest first: before above after", seen.counterexamples),
        (f"Unchanged samples, lowest {name} first: a sorted grid, which explains nothing", sample_strip(seen.samples)),
    )


def _card(
    number: int, card: Card, verdict: Verdict | None, seen: Scenes | None, name: str | None, *, script: bool
) -> str:
    hypothesis, result = card.hypothesis, card.result
    name = (name or hypothesis.output) if result is None else result.name
    parts = [
        f"<h2>{number + 1}. {_text(prediction(hypothesis, name))}</h2>",
        f"<p class='muted'>{_text(hypothesis.model)} read by {_text(hypothesis.classifier)}</p>",
    ]
    if result is None or verdict is None:
        return f"<section>{''.join(parts)}<p>Not tested.</p></section>"
    kind = verdict.outcome.replace(" ", "-")
    parts.append(f"<p class='verdict {kind}'><b>{SYMBOLS[verdict.outcome]}</b> {_text(verdict.words)}</p>")
    parts += [f"<p class='note'>{_text(note)}</p>" for note in (result.interval_note, *result.notes) if note]
    rows = card_numbers(result, verdict.p)
    parts.append("<table>" + "".join(f"<tr><th>{_text(a)}</th><td>{_text(b)}</td></tr>" for a, b in rows) + "</table>")
    parts.append("<div class='figures'>")
    parts.append(_drawn(dose_response(result), f"{doing(hypothesis.change)}: mean and 95 %", script=script))
    parts.append(_drawn(side_effects(result), "The largest side effects: mean and 95 %", script=False))
    parts.append("</div>")
    if seen is not None:
        parts += [_picture(png, caption) for caption, png in card_pictures(seen, result.name)]
    return f"<section>{''.join(parts)}</section>"


def _pairs(caption: str, pairs: Pairs) -> tuple[str, bytes]:
    if not len(pairs):
        return f"{caption.partition(',')[0]}: none.", b""
    said = "; ".join(f"{before:.2f} → {after:.2f}" for before, after in pairs.readings)
    return f"{caption} ({said})", before_after_strip(pairs)


def _picture(png: bytes, caption: str) -> str:
    if not png:
        return f"<p class='muted'>{_text(caption)}</p>"
    shown = f"<img alt='{_text(caption)}' src='{data_uri(png)}'>"
    return f"<figure>{shown}<figcaption>{_text(caption)}</figcaption></figure>"


def _drawn(figure: go.Figure, caption: str, *, script: bool) -> str:
    figure.update_layout(width=_WIDTH, height=_HEIGHT)
    body = figure.to_html(
        full_html=False, include_plotlyjs=script, config={"displayModeBar": False, "displaylogo": False}
    )
    return f"<figure>{body}<figcaption>{_text(caption)}</figcaption></figure>"


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _text(words: str) -> str:
    return html.escape(words)


_STYLE = """
:root { color-scheme: light; }
body { margin: 0; background: #fff; color: #1b1f24; font: 13px/1.45 system-ui, 'Segoe UI', Roboto, sans-serif; }
main { width: 700px; margin: 24px auto; }
h1 { font-size: 22px; margin: 0 0 2px; }
h2 { font-size: 15px; margin: 0 0 2px; break-after: avoid; }
section { border-top: 1px solid #d9dde3; padding: 14px 0; margin-top: 14px; }
p { margin: 4px 0; }
.muted { color: #5b6470; }
.note { border-left: 3px solid #9a6700; padding-left: 8px; }
.verdict { border-left: 4px solid #5b6470; padding: 4px 10px; background: #f3f4f6; }
.supported { border-color: #0067b1; }
.contradicted { border-color: #c24a00; }
table { border-collapse: collapse; font-size: 12px; font-variant-numeric: tabular-nums; margin: 8px 0; }
th, td { text-align: left; padding: 2px 16px 2px 0; border-bottom: 1px solid #d9dde3; font-weight: 400; }
th { color: #5b6470; }
.figures { display: grid; grid-template-columns: 1fr 1fr; gap: 12px 16px; }
figure { margin: 8px 0; break-inside: avoid; }
figure img { max-width: 100%; image-rendering: pixelated; }
figcaption { color: #5b6470; font-size: 12px; }
@page { size: A4; margin: 12mm; }
@media print { main { margin: 0 auto; } }
"""
