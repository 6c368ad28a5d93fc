"""What every data set offers: splits with random access to float batches, and errors that say what to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.interfaces import Space
from engine.registry import Registry

Ids = npt.NDArray[np.int64]
Progress = Callable[[int, int], None]  # (rows done, rows in all)


class DataError(Exception):
    """A data set cannot be had; the message says why and what to do."""


class DataUnavailableError(DataError):
    """The files are neither in the mirror folder nor in the Hub's cache, and the Hub cannot give them."""


class DataFormatError(DataError):
    """A file is there but is not what it should be: truncated, a column missing, a picture of another size."""


class CacheError(DataError):
    """Decoded data cannot be written to the cache folder."""


class CacheFullError(CacheError):
    """The disk of the cache folder has no room for the decoded data."""


@dataclass(frozen=True)
class Batch:
    """Some rows of a split.

    Attributes:
        x: float32; images (N, C, H, W) in [0, 1] or series (N, T) in natural units.
        labels: int64, (N,), or None.
        factors: float32, (N, F), the generating factors or binary attributes, or None.
    """

    x: Tensor
    labels: Tensor | None = None
    factors: Tensor | None = None

    def __len__(self) -> int:
        return len(self.x)


class Rows(Protocol):
    """Storage of examples behind a split: a memory map, a renderer, an array."""

    def __len__(self) -> int:
        """Number of stored rows."""
        ...

    def read(self, ids: Ids) -> Tensor:
        """The rows of these ids as float32 in the data set's own units."""
        ...


class Split:
    """Random access to part of a data set; floats exist only for the rows asked for.

    Args:
        name: `train`, `test`, `all`, ...
        rows: Where examples are read from.
        ids: The rows of this split in their order, (N,); None means every row as stored.
        labels: int64, (N,), in this split's order.
        factors: float32, (N, F), in this split's order.
    """

    def __init__(
        self,
        name: str,
        rows: Rows,
        *,
        ids: Ids | None = None,
        labels: Tensor | None = None,
        factors: Tensor | None = None,
    ) -> None:
        self.name = name
        self.rows = rows
        self.ids = np.arange(len(rows), dtype=np.int64) if ids is None else ids
        self.labels = labels
        self.factors = factors

    def __len__(self) -> int:
        return len(self.ids)

    def batch(self, indices: Tensor | npt.NDArray[np.integer] | Sequence[int]) -> Batch:
        """The rows at these positions of the split, in the order asked for; repeats are allowed.

        Args:
            indices: Integers in [0, len(self)), (N,).

        Raises:
            IndexError: If a position lies outside the split.
            TypeError: If the positions are no integers.
        """
        index = self._positions(indices)
        at = torch.from_numpy(index)
        return Batch(
            x=self.rows.read(self.ids[index]),
            labels=None if self.labels is None else self.labels[at],
            factors=None if self.factors is None else self.factors[at],
        )

    def _positions(self, indices: Tensor | npt.NDArray[np.integer] | Sequence[int]) -> Ids:
        array = indices.cpu().numpy() if isinstance(indices, Tensor) else np.asarray(indices)
        if array.size == 0:
            return np.zeros(0, dtype=np.int64)
        if array.ndim != 1 or array.dtype.kind not in "iu":
            raise TypeError(
                f"indices should be integers of shape (N,); got {array.dtype} of shape {array.shape}. "
                "For one row pass [3]; for a mask pass mask.nonzero()[0]."
            )
        low, high = int(array.min()), int(array.max())
        if low < 0 or high >= len(self):
            raise IndexError(
                f"Split {self.name!r} has rows 0 to {len(self) - 1}; asked for {low if low < 0 else high}."
            )
        return array.astype(np.int64, copy=False)


class Dataset(Protocol):
    """A named source of examples with splits, labels and factors.

    Attributes:
        name: Its id in the registry.
        title: How people call it.
        space: Shape and kind of one example.
        factor_names: Names of the columns of `Batch.factors`; empty without factors.
        classes: Names of the labels 0, 1, ...; empty without labels.
        split_names: What `split` accepts.
        needs_files: Whether it is read from files, which `prepare` finds and decodes before a split opens.
        shareable: Whether its pictures may travel with a model. Those of people and of unnamed owners may not.
        licence: Licence line, as far as known.
        citation: Paper or source to cite.
        url: Where it comes from.
    """

    name: str
    title: str
    space: Space
    factor_names: tuple[str, ...]
    classes: tuple[str, ...]
    split_names: tuple[str, ...]
    needs_files: bool
    shareable: bool
    licence: str
    citation: str
    url: str

    def split(self, name: str) -> Split:
        """One split: `train`, `test`, `all`, or another of `split_names`.

        Raises:
            KeyError: If there is no such split.
            DataError: If its data cannot be had.
        """
        ...

    def prepare(self, progress: Progress | None = None) -> None:
        """Downloads and decodes whatever is not cached yet, so that splits open at once; safe to call again.

        Raises:
            DataError: If the data cannot be had or not be cached.
        """
        ...


DATASETS: Registry[Callable[..., Dataset]] = Registry("data set")


def value_names(dataset: Dataset | None) -> Mapping[str, Mapping[float, str]]:
    """Factors whose values are kinds rather than amounts: by factor, the name of each value; mostly there are none.

    A data set that has some tells them in an attribute `value_names`.
    """
    named: Mapping[str, Mapping[float, str]] = getattr(dataset, "value_names", {})
    return named


def published_split(num_rows: int) -> tuple[Ids, Ids]:
    """Train and test rows as the study drew them: numpy's RandomState(0) shuffles, the first tenth is for testing."""
    order = np.arange(num_rows, dtype=np.int64)
    np.random.RandomState(0).shuffle(order)  # the published split is defined by this legacy generator
    num_test = int(0.1 * num_rows)
    return order[num_test:], order[:num_test]


def unknown_split(dataset: Dataset, name: str) -> KeyError:
    """The error for a split that does not exist."""
    return KeyError(f"{dataset.title} has no split {name!r}; choose one of {list(dataset.split_names)}.")
