"""Data sets of loose picture files, cut to squares once and cached: what all of them share."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.data.cache import cached_array
from engine.data.dataset import DataFormatError, DataUnavailableError, Ids, Progress, Split, unknown_split
from engine.data.hub_parquet import ByteImages
from engine.data.square import resize
from engine.data.stored_picture import StoredPictureError, decode
from engine.interfaces import Space
from engine.settings import DATA_VARIABLE, data_folder

_CHUNK = 64


@dataclass(frozen=True, kw_only=True)
class Index:
    """What is known before a picture is decoded.

    Attributes:
        files: One picture a row.
        train: Rows for training.
        test: Rows for testing.
        labels: int64, (N,), or None.
        factors: float32, (N, F), or None.
    """

    files: Sequence[Path]
    train: Ids
    test: Ids
    labels: Tensor | None = None
    factors: Tensor | None = None


class FilePictures(ABC):
    """Splits of a data set of picture files; a subclass says what it is and reads its index.

    Args:
        size: Pixels a side; None takes the data set's own.
    """

    name: str
    title: str
    space: Space
    factor_names: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    split_names: tuple[str, ...] = ("train", "test", "all")
    needs_files: bool = True
    shareable: bool = False  # whoever brings the files knows what may be done with them
    licence: str
    citation: str
    url: str

    def __init__(self, size: int | None = None) -> None:
        resize(self, size)

    @abstractmethod
    def read_index(self) -> Index:
        """Finds the files, their labels or factors, and the split.

        Raises:
            DataUnavailableError: If the files are not there.
            DataFormatError: If they are not what they should be.
        """

    def split(self, name: str) -> Split:
        """`train`, `test`, or `all` in the order of the files."""
        if name not in self.split_names:
            raise unknown_split(self, name)
        index = self._index
        ids = {"train": index.train, "test": index.test}.get(name, np.arange(len(index.files), dtype=np.int64))
        at = torch.from_numpy(ids)
        return Split(
            name,
            ByteImages([self._pictures()]),
            ids=ids,
            labels=None if index.labels is None else index.labels[at],
            factors=None if index.factors is None else index.factors[at],
        )

    def prepare(self, progress: Progress | None = None) -> None:
        """Decodes every picture into the cache: 3 x size x size bytes each."""
        self._pictures(progress)

    @cached_property
    def _index(self) -> Index:
        return self.read_index()

    def _pictures(self, progress: Progress | None = None) -> npt.NDArray[np.uint8]:
        if self._cached is None:
            self._cached = decoded_files(self.name, self._index.files, self.space.shape[-1], progress)
        return self._cached

    _cached: npt.NDArray[np.uint8] | None = None


def decoded_files(
    name: str, files: Sequence[Path], side: int, progress: Progress | None = None
) -> npt.NDArray[np.uint8]:
    """The middle square of every picture at this many pixels a side, (N, 3, side, side), a memory map.

    Raises:
        DataFormatError: If a file is missing or no picture.
        CacheError: If the pictures cannot be cached.
    """

    def chunks() -> Iterator[npt.NDArray[np.uint8]]:
        for start in range(0, len(files), _CHUNK):
            yield np.stack([_decoded(file, side) for file in files[start : start + _CHUNK]])

    key = f"{name}-{side}-{_identity(files)}-images"
    return cached_array(key, (len(files), 3, side, side), np.uint8, chunks, progress)


def mirrored(folder: str, holds: str) -> Path:
    """The folder of this name in the mirror folder.

    Args:
        folder: Its name.
        holds: What it should hold, for the message.

    Raises:
        DataUnavailableError: If no mirror folder is set or it has no such folder.
    """
    mirror = data_folder()
    if mirror is None:
        raise DataUnavailableError(f"Set {DATA_VARIABLE} to a folder that has a folder {folder} with {holds}.")
    if not (mirror / folder).is_dir():
        raise DataUnavailableError(f"There is no folder {mirror / folder}; put there {holds}.")
    return mirror / folder


def _decoded(file: Path, side: int) -> npt.NDArray[np.uint8]:
    try:
        return decode(file.read_bytes(), (side, side), accepts=None)
    except OSError as error:
        raise DataFormatError(f"{file} cannot be read ({error.strerror}).") from error
    except StoredPictureError as error:
        raise DataFormatError(f"{file} {error}; get the file again or take it away.") from error


def _identity(files: Sequence[Path]) -> str:
    """Hash of the files' names, sizes and times of change, so that other pictures never meet an old cache."""
    digest = hashlib.sha256()
    for file in files:
        try:
            facts = file.stat()
        except OSError as error:
            raise DataFormatError(f"{file} is missing; get the data set again.") from error
        digest.update(f"{file}\0{facts.st_size}\0{facts.st_mtime_ns}\0".encode(errors="surrogateescape"))
    return digest.hexdigest()[:16]
