"""The job on a terminal: what there is to choose, what is done, what went wrong; and its judgements as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from rich.markup import escape
from rich.table import Table

from engine.checkpoints import Entry, read_card
from engine.explain.heatmaps import HEATMAPS, options_of
from scripts.explaining.choices import PUBLISHED
from scripts.explaining.pictures import printable
from scripts.explaining.record import Record

JUDGEMENTS = ("deletion_auc", "insertion_auc", "sensitivity_n", "agreement")
_MANY = 20


def classifier_table(entries: Iterable[Entry]) -> Table:
    """The classifiers of the catalogue."""
    table = _plain("classifier", "what it is", "pictures", "outputs")
    for entry in entries:
        if entry.error:
            table.add_row(entry.id, escape(entry.error))
            continue
        config = read_card(entry.folder).config
        classes = config["classes"]
        named = ", ".join(classes[:10]) + (f" and {len(classes) - 10} more" if len(classes) > 10 else "")
        table.add_row(entry.id, escape(entry.title), " x ".join(map(str, config["space"]["shape"])), escape(named))
    return table


def method_table() -> Table:
    """The methods and their options, with the values this job starts from."""
    table = _plain("method", "title", "options", "default")
    for name in HEATMAPS:
        starts = PUBLISHED.get(name, {})
        options = [
            f"{one.name}={starts.get(one.name, one.default)!r} {_allowed(one.low, one.high, one.choices)}".strip()
            for one in options_of(HEATMAPS[name])
        ]
        table.add_row(name, HEATMAPS[name].title, escape("; ".join(options)), "yes" if name in PUBLISHED else "")
    return table


def plan_table(rows: Sequence[tuple[Record, str]]) -> Table:
    """What a job would do with each picture."""
    table = _plain("picture", "classifier", "state", "figure", "remark")
    table.columns[3].overflow = "fold"
    for record, state in rows:
        figure = printable(record.files[0]) if record.files else ""
        table.add_row(_name(record), record.model, state, escape(figure), escape(_remark(record)))
    return table


def result_table(counts: Mapping[str, Mapping[str, int]]) -> Table:
    """How many pictures came to what, a line a classifier."""
    states = ("explained", "there already", "partly", "failed")
    table = _plain("classifier", *states)
    for model, count in counts.items():
        table.add_row(model, *(str(count.get(state, 0)) for state in states))
    return table


def trouble_table(records: Sequence[Record], others: Sequence[str]) -> Table | None:
    """Pictures that went wrong, with the reason, and files that were left out; None where there are neither."""
    if not records and not others:
        return None
    table = _plain("file", "state", "reason")
    for record in records:
        state = "[red]failed[/red]" if record.status == "failed" else record.status
        table.add_row(_name(record), state, escape(_remark(record)))
    for name in others[:_MANY]:
        table.add_row(escape(printable(name)), "left out", "Its name does not end like a picture's.")
    if len(others) > _MANY:
        table.add_row(f"and {len(others) - _MANY} more", "left out", "")
    return table


def judgement_csv(records: Iterable[Record]) -> bytes:
    """Judgements, a line a picture, classifier and method, sorted."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["model", "picture", "predicted", "method", *JUDGEMENTS, "seconds"])
    for record in sorted(records, key=lambda one: (one.model, one.picture)):
        for method, values in record.judged.items():
            numbers = ["" if (value := values.get(name)) is None else f"{value:.6g}" for name in JUDGEMENTS]
            seconds = record.seconds[method]
            writer.writerow([record.model, record.picture, record.predicted, method, *numbers, f"{seconds:.4f}"])
    return text.getvalue().encode("utf-8", "surrogateescape")


def _remark(record: Record) -> str:
    reasons = [f"{method}: {reason}" if method else reason for method, reason in record.reasons.items()]
    return " ".join(printable(text) for text in (*reasons, *record.notes))


def _name(record: Record) -> str:
    return escape(printable(record.picture))


def _allowed(low: float | None, high: float | None, choices: Sequence[str]) -> str:
    if choices:
        return f"({', '.join(choices)})"
    return "" if low is None else f"({low:g} to {high:g})"


def _plain(*names: str) -> Table:
    table = Table(*names, box=None, pad_edge=False)
    table.columns[0].no_wrap, table.columns[0].overflow = True, "fold"
    return table
