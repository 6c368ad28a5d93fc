"""Data sets of pictures that lie on the Hub as parquet files: what all of them share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import ClassVar

import numpy as np
import torch

from engine.data.causal_split import Excerpt
from engine.data.dataset import DataFormatError, Progress, Split, unknown_split
from engine.data.hub_parquet import ByteImages, Decoded, HubParquet, open_split
from engine.data.square import resize
from engine.interfaces import Space


class HubPictures:
    """Splits of a data set in Hub-layout parquet; a subclass says what it is and where it lies.

    Attributes:
        source: Where the files lie. Its column is the label; without classes its columns are attributes, 0 or 1.
        stored: Names of the stored splits, in the order in which `all` goes through them.
        excerpts: Further splits that are part of a stored one.

    Args:
        size: Pixels a side, to which pictures are resized (Lanczos); None takes them as they are.
    """

    name: str
    title: str
    space: Space
    source: HubParquet
    factor_names: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    stored: ClassVar[tuple[str, ...]] = ("train", "test")
    excerpts: ClassVar[Mapping[str, Excerpt]] = MappingProxyType({})
    split_names: tuple[str, ...] = ("train", "test", "all")
    needs_files: bool = True
    shareable: bool = True
    licence: str
    citation: str
    url: str

    def __init__(self, size: int | None = None) -> None:
        self._decoded: dict[str, Decoded] = {}
        resize(self, size)
        side = (self.space.shape[1], self.space.shape[2])
        if side != self.source.size:
            accepts = tuple(dict.fromkeys((*(self.source.accepts or ()), self.source.size)))
            self.source = replace(self.source, size=side, accepts=accepts)

    def split(self, name: str) -> Split:
        """A stored split in the order of its rows, `all` of them one after the other, or an excerpt."""
        if name not in self.split_names:
            raise unknown_split(self, name)
        excerpt = self.excerpts.get(name)
        names = self.stored if name == "all" else (excerpt.part if excerpt else name,)
        parts = [self._open(part) for part in names]
        columns = torch.from_numpy(np.concatenate([part.columns for part in parts]))
        images, ids = ByteImages([part.images for part in parts]), None
        if excerpt is not None:
            ids = excerpt.ids(len(columns))
            columns = columns[torch.from_numpy(ids)]
        if self.classes:
            return Split(name, images, ids=ids, labels=columns[:, 0])
        return Split(name, images, ids=ids, factors=columns.float())

    def prepare(self, progress: Progress | None = None) -> None:
        """Finds or downloads the files and decodes every stored split."""
        for name in self.stored:
            self._open(name, progress)

    def _open(self, name: str, progress: Progress | None = None) -> Decoded:
        if name not in self._decoded:
            decoded = open_split(self.source, name, progress)
            self._check(name, decoded)
            self._decoded[name] = decoded
        return self._decoded[name]

    def _check(self, name: str, decoded: Decoded) -> None:
        highest = len(self.classes) - 1 if self.classes else 1
        wrong = np.argwhere((decoded.columns < 0) | (decoded.columns > highest))
        if len(wrong):
            row, column = wrong[0]
            raise DataFormatError(
                f"Row {row} of split {name!r} of {self.source.repository} has {self.source.columns[column]} "
                f"{decoded.columns[row, column]}; {self.title} should have 0 to {highest} there. Get the files again."
            )
