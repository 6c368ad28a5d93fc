"""`engine.catalog`: what can be loaded, told from configs and metrics, without loading weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.checkpoints.config_fields import is_number
from engine.checkpoints.errors import CheckpointError
from engine.checkpoints.folder import Card, read_card
from engine.checkpoints.resolve import known_folders
from engine.training import RECIPES


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of the catalogue.

    Attributes:
        id: What to pass to `engine.load`.
        title: What the model is, in a few words.
        dataset: Its data set's name.
        kind: `latent`, `classifier` or `formula`; `damaged` where `error` says why.
        preset: `starter`, `paper` or `imported`.
        latents: Entries of a code, a category counted by its options; 0 for a classifier.
        parameters: Weights in all.
        bytes: Size of the folder on disk.
        metrics: Single-number metrics by name, each a mapping with `value`, `unit`, `paper_value`, ...
        folder: Where it lies.
        error: Why it cannot be loaded; empty for a sound checkpoint.
    """

    id: str
    title: str = ""
    dataset: str = ""
    kind: str = "damaged"
    preset: str = ""
    latents: int = 0
    parameters: int = 0
    bytes: int = 0
    metrics: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    folder: Path
    error: str = ""


def catalog(*, folders: Sequence[Path] = ()) -> tuple[Entry, ...]:
    """Lists all checkpoints that are shipped or lie in `folders`, in the order of the recipe table.

    A damaged one is listed with its error instead of failing the list.
    """
    order = {name: place for place, name in enumerate(RECIPES)}
    entries = [_entry(name, folder) for name, folder in known_folders(folders).items()]
    return tuple(sorted(entries, key=lambda entry: (order.get(entry.id, len(order)), entry.id)))


def _entry(name: str, folder: Path) -> Entry:
    try:
        return _described(read_card(folder, id=name))
    except (CheckpointError, OSError) as error:
        return Entry(id=name, title=name, dataset=name.partition("/")[0], folder=folder, error=str(error))


def _described(card: Card) -> Entry:
    config = card.config
    numbers = {key: row for key, row in card.metrics.items() if is_number(row.get("value"))}
    missing = [file for file in ("model.safetensors", "samples.safetensors") if not (card.folder / file).is_file()]
    return Entry(
        id=config["id"],
        title=config["title"],
        dataset=config["dataset"],
        kind=config["kind"],
        preset=config["preset"],
        latents=sum(part["size"] for part in config["layout"]),
        parameters=config["parameters"],
        bytes=sum(path.stat().st_size for path in card.folder.iterdir()),
        metrics=numbers,
        folder=card.folder,
        error=f"{card.folder} lacks {', '.join(missing)}." if missing else "",
    )
