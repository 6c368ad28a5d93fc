"""What the column at the left lists, grouped by data set: models with sliders, or classifiers in Explain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from apps.shelf import Shelf
    from engine.checkpoints import Entry

DEFAULTS = ("mnist/tc10", "mnist/tc5", "mnist/vae10", "mnist/vae5", "mnist/ae10", "mnist/ae5", "dsprites/vae")


def listing(shelf: Shelf) -> list[dict[str, Any]]:
    """The models with sliders, as `grouped` describes them."""
    return grouped(shelf.latent())


def grouped(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """Groups {dataset, title, models}; a model has id, name, title, detail, metric and, if damaged, error."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for entry in entries:
        whole = entry.dataset.partition(":")[0].partition("@")[0]  # a classifier of two digits stands with the others
        groups.setdefault(whole, []).append(_row(entry))
    return [{"dataset": name, "title": _title(name), "models": rows} for name, rows in groups.items()]


def default_model(shelf: Shelf) -> str | None:
    """The model a fresh page shows."""
    sound = [entry.id for entry in shelf.latent() if not entry.error]
    return next((name for name in DEFAULTS if name in sound), sound[0] if sound else None)


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "name": entry.id.partition("/")[2],
        "title": entry.title,
        "detail": entry.title.partition(", ")[2] or (f"{entry.latents} latents" if entry.latents else entry.kind),
        "preset": entry.preset,
        "metric": _metric(entry),
        "error": entry.error,
    }


def _metric(entry: Entry) -> dict[str, Any] | None:
    from engine.metrics import METRICS, headline, number

    first = headline(entry.metrics)
    if first is None:
        return None
    name, row = first
    paper = row.get("paper_value")
    return {
        "name": METRICS[name].title,
        "value": number(row["value"]),
        "paper": None if paper is None else number(paper),
        "definition": str(row.get("definition", "")),
    }


def _title(dataset: str) -> str:
    from engine.data import find_dataset

    found = find_dataset(dataset)
    return dataset if found is None else found.title
