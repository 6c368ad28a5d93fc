"""Pictures in Hub-layout parquet: found in a mirror folder, the Hub's cache or the Hub, decoded once into a cache."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.data.cache import cached_array
from engine.data.dataset import DataFormatError, DataUnavailableError, Ids, Progress
from engine.data.stored_picture import Size, StoredPictureError, decode
from engine.settings import DATA_VARIABLE, data_folder

_CHUNK = 1024
_SHARD = re.compile(r"-(\d{5})-of-(\d{5})\.parquet$")


@dataclass(frozen=True, kw_only=True)
class HubParquet:
    """Where a data set lies and what its rows should look like.

    Attributes:
        repository: Hub id, such as `ylecun/mnist`; also the folder inside the mirror.
        folder: Folder of the parquet files in the repository.
        image: Column of encoded pictures, struct<bytes, path>.
        columns: Further columns to keep, integers or booleans.
        size: (height, width) of every picture.
        channels: 1 for grey, 3 for RGB.
        accepts: Further sizes that pictures may have in the file, or None for any size and mode; see `decode`.
        revision: Branch, tag or commit to download.
    """

    repository: str
    folder: str
    image: str
    columns: tuple[str, ...]
    size: Size
    channels: int
    accepts: tuple[Size, ...] | None = ()
    revision: str = "main"


@dataclass(frozen=True)
class Decoded:
    """One split: pictures uint8, (N, C, H, W), a memory map; columns int64, (N, len(columns))."""

    images: npt.NDArray[np.uint8]
    columns: npt.NDArray[np.int64]


class ByteImages:
    """Rows of a split over uint8 pictures, (N, C, H, W), of one or several arrays laid end to end."""

    def __init__(self, parts: Sequence[npt.NDArray[np.uint8]]) -> None:
        self._parts = tuple(parts)
        self._starts = np.cumsum([0, *(len(part) for part in parts)])

    def __len__(self) -> int:
        return int(self._starts[-1])

    def read(self, ids: Ids) -> Tensor:
        """(N,) -> (N, C, H, W) in [0, 1]."""
        pixels = np.empty((len(ids), *self._parts[0].shape[1:]), dtype=np.uint8)
        for part, start in zip(self._parts, self._starts, strict=False):
            here = (ids >= start) & (ids < start + len(part))
            pixels[here] = part[ids[here] - start]
        return torch.from_numpy(pixels).float().div_(255)


def open_split(source: HubParquet, split: str, progress: Progress | None = None) -> Decoded:
    """Finds, checks and decodes one split; later calls open the cached arrays.

    Raises:
        DataUnavailableError: If the files cannot be found or downloaded.
        DataFormatError: If a file is truncated, lacks a column or has pictures of another size or mode.
        CacheError: If the decoded arrays cannot be cached.
    """
    files = find_files(source, split)
    table = _Shards(source, files)
    key = f"{source.repository.replace('/', '--')}-{split}-{_identity(source, files)}"
    height, width = source.size
    columns = np.zeros((len(table), 0), dtype=np.int64)
    if source.columns:
        columns = cached_array(f"{key}-columns", (len(table), len(source.columns)), np.int64, table.column_chunks)
    images = cached_array(
        f"{key}-images", (len(table), source.channels, height, width), np.uint8, table.image_chunks, progress
    )
    return Decoded(images, columns)


def find_files(source: HubParquet, split: str) -> tuple[Path, ...]:
    """The parquet files of a split, in order: from the mirror folder, the Hub's local cache, or the Hub.

    Raises:
        DataUnavailableError: If a mirror folder is set but lacks them and the Hub cannot give them either.
    """
    mirror = data_folder()
    tried = f"{DATA_VARIABLE} is not set"
    if mirror is not None:
        if files := _complete(mirror / source.repository / source.folder, split):
            return files
        place = mirror / source.repository / source.folder
        tried = f"the mirror folder has no complete {split}-*.parquet in {place} ({DATA_VARIABLE}={mirror})"
    for offline in (True, False):
        try:
            folder = _snapshot(source, split, offline=offline)
        except (OSError, ValueError) as error:  # huggingface_hub: not cached, no connection, no such repository
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            continue
        if files := _complete(folder / source.folder, split):
            return files
        reason = f"the repository has no complete set of {source.folder}/{split}-*.parquet"
    raise DataUnavailableError(
        f"Cannot find split {split!r} of {source.repository}: {tried}; it is not in the Hub's local cache; the Hub did "
        f"not give it ({reason}). Connect to the network once, or set {DATA_VARIABLE} to a folder that holds "
        f"{source.repository}/{source.folder}/{split}-*.parquet."
    )


def _snapshot(source: HubParquet, split: str, *, offline: bool) -> Path:
    from huggingface_hub import errors, snapshot_download  # here: slow to import, and only needed without a mirror

    try:
        folder = snapshot_download(
            source.repository,
            repo_type="dataset",
            revision=source.revision,
            allow_patterns=[f"{source.folder}/{split}-*.parquet"],
            local_files_only=offline,
        )
    except errors.HTTPError as error:  # type: ignore[attr-defined] # of the HTTP client that this version stands on
        raise ConnectionError(str(error)) from error
    return Path(folder)


def _complete(folder: Path, split: str) -> tuple[Path, ...]:
    """The shards of a split in order if all are there, else nothing."""
    files = sorted(folder.glob(f"{split}-*.parquet"))
    totals = {int(match[2]) for file in files if (match := _SHARD.search(file.name))}
    return tuple(files) if totals == {len(files)} else ()


def _identity(source: HubParquet, files: Sequence[Path]) -> str:
    """Hash of the files' bytes and of how they are read, so that other content never meets an old cache."""
    read = (source.image, source.columns, source.size, source.channels, source.accepts)
    digest = hashlib.sha256(repr(read).encode())
    for file in files:
        with file.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()[:16]


class _Shards:
    """Reads and checks the parquet files of one split."""

    def __init__(self, source: HubParquet, files: Sequence[Path]) -> None:
        self._source = source
        self._files = files
        self._num_rows = sum(self._open(file).metadata.num_rows for file in files)

    def __len__(self) -> int:
        return self._num_rows

    def column_chunks(self) -> Iterator[npt.NDArray[np.int64]]:
        """Yields the columns, (n, len(columns))."""
        names = list(self._source.columns)
        for file, batch in self._batches(names):
            for name in names:
                if batch.column(name).null_count:
                    raise DataFormatError(f"Column {name!r} of {file} has missing values; get the file again.")
            rows = [np.asarray(batch.column(name).to_numpy(zero_copy_only=False), dtype=np.int64) for name in names]
            yield np.stack(rows, axis=1)

    def image_chunks(self) -> Iterator[npt.NDArray[np.uint8]]:
        """Yields decoded pictures, (n, C, H, W)."""
        start = 0
        for file, batch in self._batches([self._source.image]):
            cells = batch.column(self._source.image).to_pylist()
            yield np.stack([self._decode(cell, file, start + row) for row, cell in enumerate(cells)])
            start += len(cells)

    def _batches(self, names: list[str]) -> Iterator[tuple[Path, Any]]:
        import pyarrow as pa

        for file in self._files:
            parquet = self._open(file)
            try:
                for batch in parquet.iter_batches(batch_size=_CHUNK, columns=names):
                    yield file, batch
            except (pa.ArrowException, OSError) as error:
                raise _damaged(file, error) from error

    def _open(self, file: Path) -> Any:  # noqa: ANN401 - pyarrow has no types
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            parquet = pq.ParquetFile(file)
        except (pa.ArrowException, OSError) as error:
            raise _damaged(file, error) from error
        present = parquet.schema_arrow.names
        for name in (self._source.image, *self._source.columns):
            if name not in present:
                raise DataFormatError(
                    f"{file} has no column {name!r}, only {present[:12]}; it is not {self._source.repository}."
                )
        return parquet

    def _decode(self, cell: Any, file: Path, row: int) -> npt.NDArray[np.uint8]:  # noqa: ANN401 - a struct of the file
        source = self._source
        data = cell and cell.get("bytes")
        try:
            return decode(data or b"", source.size, source.channels, accepts=source.accepts)
        except StoredPictureError as error:
            raise DataFormatError(f"Picture {row} of {file} {error}; get the file again.") from error


def _damaged(file: Path, error: Exception) -> DataFormatError:
    return DataFormatError(f"{file} is damaged or cut short ({error}); get the file again.")
