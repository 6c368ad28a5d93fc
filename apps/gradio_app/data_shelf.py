"""The data sets of this process: each split opened once, or the few examples of a checkpoint in its place."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.checkpoints import Examples, read_card, read_examples
from engine.data import DATASETS, DataError, Dataset, find_dataset, load_dataset, value_names
from engine.explain import codes_of
from engine.interfaces import Encoder, Space

if TYPE_CHECKING:
    from apps.shelf import Shelf


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
        value_names: Names of the values of factors that are kinds; see `engine.data.value_names`.
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
    value_names: Mapping[str, Mapping[float, str]] = field(default_factory=dict)


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
                    if progress is not None and dataset.needs_files:
                        dataset.prepare(progress)
                    self._sources[name, split] = _of_split(dataset, split)
                except DataError as error:
                    return self._examples(dataset, error)  # not kept: the next look may find the data
            return self._sources[name, split]

    def splits(self, name: str) -> tuple[str, ...]:
        """Names of a data set's splits, the held-out one first."""
        return tuple(sorted(self.open(name).split_names, key=lambda split: split != "test"))

    def _examples(self, dataset: Dataset, error: DataError) -> Source:
        for entry in self.shelf.entries():
            if entry.dataset == dataset.name and not entry.error and not _draws_its_own(entry.folder):
                kept = read_examples(entry.folder / "samples.safetensors", dataset.space)
                return _of_examples(dataset, kept, f"{error} Shown instead: {len(kept)} examples kept with {entry.id}.")
        raise error


def known_datasets(also: str = "") -> list[tuple[str, str]]:
    """Title and name of every data set there is, those that need no files first, and of a view such as `mnist:3,8`."""
    every = [load_dataset(name) for name in DATASETS]
    known = sorted(every, key=lambda dataset: (dataset.needs_files, dataset.title.casefold()))
    named = [(dataset.title, dataset.name) for dataset in known]
    view = find_dataset(also) if also and also not in DATASETS else None
    return [*named, (view.title, view.name)] if view is not None else named


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
        value_names=value_names(dataset),
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
        value_names=value_names(dataset),
    )


def _draws_its_own(folder: Path) -> bool:
    """Whether a checkpoint's examples are what its generator drew, and no data."""
    return bool(read_card(folder).config.get("prior") == "uniform")
