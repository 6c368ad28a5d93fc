"""Any data set, page by page: its pictures with labels and factors, filtered by a value."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.checkpoints import Examples, read_card, read_examples
from engine.data import DATASETS, DataError, Dataset, load_dataset
from engine.explain import codes_of
from engine.figures import atlas, data_uri
from engine.interfaces import Encoder, Space

if TYPE_CHECKING:
    from apps.gradio_app.shelf import Shelf

PAGE_SIZE = 60
ANY = "any"
_MOST_VALUES = 48  # a factor with more values is filtered by fifths


@dataclass(frozen=True)
class Source:
    """Where pictures come from: a split, or the few examples of a checkpoint when the split cannot be had.

    Attributes:
        dataset: Its name.
        split: The split's name.
        space: What an example is.
        labels: (N,) or None.
        factors: (N, F) or None.
        factor_names: Names of the factors.
        classes: Names of the labels.
        read: Row numbers to examples.
        note: What the user should know; empty if all is as usual.
    """

    dataset: str
    split: str
    space: Space
    labels: Tensor | None
    factors: Tensor | None
    factor_names: tuple[str, ...]
    classes: tuple[str, ...]
    read: Callable[[npt.NDArray[np.int64]], Tensor]
    length: int
    note: str = ""


@dataclass(frozen=True)
class Page:
    """One page of pictures.

    Attributes:
        state: What `page/pictures.js` draws: `atlas`, `items` [{row, caption, title}], `label`.
        page: Number of the page, from 1.
        pages: Number of pages.
        found: Rows that fit the filter.
    """

    state: dict[str, Any]
    page: int
    pages: int
    found: int


@dataclass
class DataShelf:
    """The data sets of this process, opened when first looked at.

    Attributes:
        shelf: For the examples that checkpoints carry.
        open: From a name to a data set.
    """

    shelf: Shelf
    open: Callable[[str], Dataset] = load_dataset
    _sources: dict[tuple[str, str], Source] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def source(self, name: str, split: str, progress: Callable[[int, int], None] | None = None) -> Source:
        """A split of a data set; the stored examples of a checkpoint, with a note, when it cannot be had.

        Raises:
            DataError: If neither is there.
        """
        with self._lock:
            if (name, split) not in self._sources:
                dataset = self.open(name)
                try:
                    if progress is not None and hasattr(dataset, "source"):  # files to fetch and decode first
                        dataset.prepare(progress)
                    self._sources[name, split] = _of_split(dataset, split)
                except DataError as error:
                    return self._examples(dataset, error)  # not kept: the next look may find the data
            return self._sources[name, split]

    def _examples(self, dataset: Dataset, error: DataError) -> Source:
        for entry in self.shelf.entries():
            if entry.dataset == dataset.name and not entry.error and not _draws_its_own(entry.folder):
                kept = read_examples(entry.folder / "samples.safetensors", dataset.space)
                return _of_examples(dataset, kept, f"{error} Shown instead: {len(kept)} examples kept with {entry.id}.")
        raise error


def filters(source: Source) -> list[str]:
    """What a user can filter by: the label and the factors."""
    return [*(["label"] if source.labels is not None else []), *source.factor_names]


def choices(source: Source, by: str | None) -> list[str]:
    """The values of a filter: each value, or fifths of the rows for a factor with many values."""
    if not by or by not in filters(source):
        return [ANY]
    if by == "label":
        return [ANY, *source.classes]
    levels, edges = _levels(source, by)
    if levels is not None:
        return [ANY, *(f"{level:.3g}" for level in levels)]
    return [ANY, *(f"{low:.3g} to {high:.3g}" for low, high in itertools.pairwise(edges))]


def rows_where(source: Source, by: str | None, value: str | None) -> npt.NDArray[np.int64]:
    """Rows whose label or factor has a value of `choices`, in the split's order; all rows for `any`.

    Raises:
        ValueError: If the value is none of the choices.
    """
    if not by or not value or value == ANY:
        return np.arange(source.length, dtype=np.int64)
    known = choices(source, by)
    if value not in known:
        raise ValueError(f"{by} has the values {known[1:]}; got {value!r}.")
    place = known.index(value) - 1
    if by == "label":
        assert source.labels is not None  # `choices` offered labels
        return np.flatnonzero(source.labels.numpy() == place)
    column = _column(source, by)
    levels, edges = _levels(source, by)
    if levels is not None:
        return np.flatnonzero(column == levels[place])
    above = column >= edges[place]
    below = column <= edges[place + 1] if place == len(edges) - 2 else column < edges[place + 1]
    return np.flatnonzero(above & below)


def page_of(source: Source, *, by: str | None = None, value: str | None = None, page: int = 1) -> Page:
    """One page of the rows that fit; a page number beyond the ends shows the nearest page."""
    rows = rows_where(source, by, value)
    pages = max(1, -(-len(rows) // PAGE_SIZE))
    page = min(max(1, page), pages)
    shown = rows[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    state: dict[str, Any] = {"label": f"{source.dataset}, {source.split}", "items": [], "atlas": None}
    if len(shown):
        sheet = atlas(source.read(shown), source.space)
        size = {"columns": sheet.columns, "width": sheet.width, "height": sheet.height}
        state["atlas"] = {"uri": data_uri(sheet.png), **size}
        state["items"] = [_item(source, int(row), by) for row in shown]
    return Page(state, page, pages, len(rows))


def _of_split(dataset: Dataset, name: str) -> Source:
    split = dataset.split(name)
    return Source(
        dataset=dataset.name,
        split=name,
        space=dataset.space,
        labels=split.labels,
        factors=split.factors,
        factor_names=dataset.factor_names if split.factors is not None else (),
        classes=dataset.classes,
        read=lambda rows: split.batch(rows).x,
        length=len(split),
    )


def _of_examples(dataset: Dataset, kept: Examples, note: str) -> Source:
    return Source(
        dataset=dataset.name,
        split="stored examples",
        space=dataset.space,
        labels=kept.labels,
        factors=kept.factors,
        factor_names=dataset.factor_names if kept.factors is not None else (),
        classes=dataset.classes,
        read=lambda rows: kept.x[torch.from_numpy(rows)],
        length=len(kept),
        note=note,
    )


def _draws_its_own(folder: Path) -> bool:
    """Whether a checkpoint's examples are what its generator drew, and no data."""
    return bool(read_card(folder).config.get("prior") == "uniform")


def _item(source: Source, row: int, by: str | None) -> dict[str, Any]:
    parts = []
    if source.labels is not None:
        label = int(source.labels[row])
        parts.append(("label", source.classes[label] if label < len(source.classes) else str(label)))
    if source.factors is not None:
        values = source.factors[row].tolist()
        parts += [(name, f"{value:.3g}") for name, value in zip(source.factor_names, values, strict=True)]
    shown = dict(parts)
    caption = shown.get(by or "", parts[0][1] if parts and parts[0][0] == "label" else f"#{row}")
    return {"row": row, "caption": caption, "title": ", ".join([f"row {row}", *(f"{a} {b}" for a, b in parts)])}


def _column(source: Source, by: str) -> npt.NDArray[np.float32]:
    assert source.factors is not None  # `filters` offers only what is there
    column: npt.NDArray[np.float32] = source.factors[:, source.factor_names.index(by)].numpy()
    return column


def _levels(source: Source, by: str) -> tuple[Sequence[float] | None, list[float]]:
    """The single values of a factor with few, else None and the edges of its fifths."""
    column = _column(source, by)
    levels = np.unique(column[:50_000])
    if len(levels) <= _MOST_VALUES:
        return np.unique(column).tolist(), []
    return None, np.quantile(column, np.linspace(0, 1, 6)).tolist()


def code_of(model: Any, source: Source, row: int) -> list[float]:  # noqa: ANN401 - a loaded decoder
    """The code of one row: its factors where they are the code, else by the encoder, else by search."""
    if source.factors is not None and all(part.name == "factor" for part in model.layout):
        known: list[float] = source.factors[row].tolist()
        return known
    device = model.device
    x = source.read(np.array([row], dtype=np.int64)).to(device)
    conditional = any(part.kind == "onehot" for part in model.layout)
    with torch.inference_mode():
        if conditional and source.labels is not None and isinstance(model, Encoder):
            code = model.encode(x, source.labels[row : row + 1].to(device))  # type: ignore[call-arg] # takes labels
        else:
            code = codes_of(model, x)
    found: list[float] = code[0].cpu().tolist()
    return found


def known_datasets() -> list[tuple[str, str]]:
    """Title and name of every data set there is."""
    return [(str(getattr(DATASETS[name], "title", name)), name) for name in DATASETS]
