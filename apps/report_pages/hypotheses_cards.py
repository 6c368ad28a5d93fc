"""How page Hypotheses shows what a search found and what tests came to."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st
from torch import Tensor

from apps.report_pages.traverse import PLAIN
from engine.explain.hypotheses import Card, Finding, Verdict, doing, prediction
from engine.figures.hypotheses_curves import dose_response, side_effects
from engine.figures.hypotheses_report import SYMBOLS, card_numbers, card_pictures
from engine.figures.hypotheses_scenes import Scenes
from engine.figures.hypotheses_strip import change_strip
from engine.figures.picture import data_uri

if TYPE_CHECKING:
    from engine.figures import Theme

LISTED = 12  # findings; those that follow are weaker
_CELL = 56  # pixels of a finding's pictures

STYLE = """<style>
.hypotheses-words h3 { font-size: 1.25rem; padding: 1rem 0 0.25rem; break-after: avoid; }
.hypotheses-words table { margin: 0; border-collapse: collapse; font-size: 0.85rem;
  font-variant-numeric: tabular-nums; }
.hypotheses-words :is(th, td) { text-align: left; padding: 0.25rem 1.2rem 0.25rem 0; border: 0;
  border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); }
.hypotheses-words th { font-weight: 600; opacity: 0.75; }
.hypotheses-words tr { break-inside: avoid; }
.hypotheses-words td:nth-child(4) { white-space: nowrap; }
.hypotheses-words img { max-width: 100%; image-rendering: pixelated; vertical-align: middle; }
.hypotheses-words figure { margin: 0.4rem 0 0.8rem; break-inside: avoid; }
.hypotheses-words :is(figcaption, .muted) { font-size: 0.85rem; opacity: 0.75; }
.hypotheses-words p { margin: 0.3rem 0; }
.hypotheses-words .verdict { border-left: 4px solid #5b6470; padding: 0.3rem 0.7rem;
  background: color-mix(in srgb, currentColor 7%, transparent); }
.hypotheses-words .supported { border-color: #0067b1; }
.hypotheses-words .contradicted { border-color: #c24a00; }
.hypotheses-words .note { border-left: 3px solid #9a6700; padding-left: 0.6rem; }
@media print {
  .stMultiSelect, .stNumberInput, .stProgress { display: none !important; }
  .hypotheses-words, .hypotheses-words * { color: #1b1f24 !important; }
  .hypotheses-words { zoom: 0.8; }
  .stPlotlyChart .errorbars path { stroke: #1b1f24 !important; }
  .stHorizontalBlock { display: flex !important; flex-wrap: nowrap !important; break-inside: avoid; }
}
</style>"""


def findings(found: Sequence[Finding], pictures: Tensor) -> None:
    """What a search found, strongest first.

    Args:
        found: Ranked.
        pictures: Of each before and after, (F, 2, C, H, W) in [0, 1].
    """
    head = "".join(f"<th>{word}</th>" for word in ("", "Before, after", "Hypothesis", "Readings", "Codes that agree"))
    rows = map(_row, range(LISTED), found, pictures)
    _words(f"<table><tr>{head}</tr>{''.join(rows)}</table>")
    if len(found) > LISTED:
        st.caption(f"{len(found) - LISTED} weaker ones are left out of this table; they can be chosen below.")


def card(number: int, card: Card, verdict: Verdict | None, *, seen: Scenes | None, name: str, note: str) -> None:
    """One card: what was predicted, what was found, and pictures for and against it.

    Args:
        number: From 0.
        card: Tested or not.
        verdict: Beside all other tests; None where it was not tested.
        seen: Its pictures, where there are any.
        name: The readout for the eye of a card that was not tested.
        note: Why there are no pictures, empty where that is known.
    """
    hypothesis, result = card.hypothesis, card.result
    said = prediction(hypothesis, name if result is None else result.name)
    pair = f"{hypothesis.model} read by {hypothesis.classifier}"
    about = f"<h3>{number + 1}. {_text(said)}</h3><p class='muted'>{_text(pair)}</p>"
    if result is None or verdict is None:
        _words(f"{about}<p>Not tested.</p>")
        return
    kind = verdict.outcome.replace(" ", "-")
    notes = [one for one in (result.interval_note, *result.notes, note) if one]
    _words(
        f"{about}<p class='verdict {kind}'><b>{SYMBOLS[verdict.outcome]}</b> {_text(verdict.words)}</p>"
        + "".join(f"<p class='note'>{_text(one)}</p>" for one in notes)
        + _table(card_numbers(result, verdict.p))
    )
    theme: Theme = "dark" if st.context.theme.type == "dark" else "light"
    drawn = (
        (f"{doing(hypothesis.change)}: mean and 95 %", dose_response(result, theme=theme)),
        ("The largest side effects: mean and 95 %", side_effects(result, theme=theme)),
    )
    for place, (column, (caption, figure)) in enumerate(zip(st.columns(2), drawn, strict=True)):
        with column:
            st.plotly_chart(figure, width="stretch", theme=None, config=PLAIN, key=f"card {number} {place}")
            _words(f"<p class='muted'>{_text(caption)}</p>")
    if seen is not None:
        _words("".join(_picture(caption, png) for caption, png in card_pictures(seen, result.name)))


def _row(row: int, one: Finding, pair: Tensor) -> str:
    before, after = one.readings
    png = change_strip(pair[0], pair[1], cell=_CELL)
    cells = (
        str(row + 1),
        f"<img alt='before and after' src='{data_uri(png)}'>",
        _text(str(one)),
        f"{before:.2f} → {after:.2f}",
        f"{one.consistency:.0%}",
    )
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _table(rows: Sequence[tuple[str, str]]) -> str:
    return f"<table>{''.join(f'<tr><th>{_text(a)}</th><td>{_text(b)}</td></tr>' for a, b in rows)}</table>"


def _picture(caption: str, png: bytes) -> str:
    if not png:
        return f"<p class='muted'>{_text(caption)}</p>"
    shown = f"<img alt='{_text(caption)}' src='{data_uri(png)}'>"
    return f"<figure>{shown}<figcaption>{_text(caption)}</figcaption></figure>"


def _words(content: str) -> None:
    st.html(f'<div class="hypotheses-words">{content}</div>')


def _text(words: str) -> str:
    return html.escape(words)
