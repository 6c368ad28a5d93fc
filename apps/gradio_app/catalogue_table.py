"""The catalogue as a table that sorts: every model with its size, its metrics and the published figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.checkpoints import Entry

KEY = "Grey number: the published figure. \N{CHECK MARK}: at least as good as published."
Cell = dict[str, Any]  # text, sort (number, word or None), note (beside the text, less loud), tip, tone


def catalogue_table(entries: Sequence[Entry], *, selected: str | None = None) -> dict[str, Any]:
    """What `page/table.js` draws: columns {key, title, tip, numeric}, rows {id, cells, selected, error}, a key to them.

    A metric has a column when a model of the catalogue has it; the published figure stands beside the value.
    """
    from engine.metrics import HEADLINES

    shown = [name for name in HEADLINES if any(name in entry.metrics for entry in entries)]
    published = {name for one in entries for name, row in one.metrics.items() if row.get("paper_value") is not None}
    columns = [
        {"key": "model", "title": "Model", "tip": "Name in the catalogue", "numeric": False},
        {"key": "latents", "title": "Latents", "tip": "Entries of a code, options of categories too", "numeric": True},
        {"key": "parameters", "title": "Weights", "tip": "Number of trained parameters", "numeric": True},
        {"key": "bytes", "title": "Size", "tip": "Size of the checkpoint folder on disk", "numeric": True},
        *(_metric_column(name, entries) for name in shown),
    ]
    rows = [
        {
            "id": entry.id,
            "selected": entry.id == selected,
            "error": entry.error,
            "cells": [
                {"text": entry.id, "sort": entry.id, "note": entry.title, "tip": entry.title},
                _count(entry.latents),
                _count(entry.parameters),
                {"text": file_size(entry.bytes), "sort": entry.bytes},
                *(_metric_cell(entry.metrics.get(name), name in published) for name in shown),
            ],
        }
        for entry in entries
    ]
    return {"columns": columns, "rows": rows, "label": "Catalogue", "key": KEY if published else ""}


def file_size(count: int) -> str:
    """Bytes in words: "812 KB", "4.2 MB"."""
    if count < 1_000_000:
        return f"{max(1, round(count / 1000))} KB"
    return f"{count / 1e6:.1f} MB"


def _metric_column(name: str, entries: Sequence[Entry]) -> dict[str, Any]:
    from engine.metrics import METRICS

    row = next(entry.metrics[name] for entry in entries if name in entry.metrics)
    title = METRICS[name].heading if name in METRICS else name
    better = {True: "Higher is better.", False: "Lower is better.", None: ""}[row.get("higher_is_better")]
    unit = f"In {row['unit']}." if row.get("unit") else ""
    tip = " ".join(part for part in (row.get("definition", ""), unit, better, "Published figure in grey.") if part)
    return {"key": name, "title": title, "tip": tip, "numeric": True}


def _metric_cell(row: Mapping[str, Any] | None, published: bool) -> Cell:
    """A value; with a place for the published figure where the column has any, so that values stay in line."""
    from engine.figures import metric_rows
    from engine.metrics import number, ranged

    empty: Cell = {"note": ""} if published else {}
    if row is None:
        return {"text": "", "sort": None, **empty}
    (figure,) = metric_rows({"": {"": row}}, [""])
    tone = {True: "good", False: "short", None: ""}[figure.reached]
    said = {"good": "At least as good as published.", "short": "Not as good as published.", "": ""}[tone]
    if figure.interval:
        said = f"95 % interval: {ranged(figure.value, figure.interval)}. {said}".strip()
    noted = empty if figure.paper is None else {"note": number(figure.paper)}
    return {"text": number(figure.value), "sort": figure.value, "tone": tone, "tip": said, **noted}


def _count(value: int) -> Cell:
    text = f"{value:,}" if value < 100_000 else f"{value / 1e6:.2f} M"
    return {"text": text, "sort": value} if value else {"text": "\N{EN DASH}", "sort": 0}
