"""Disk cache of decoded arrays: written once under a lock, valid or absent, opened as memory maps."""

from __future__ import annotations

import contextlib
import errno
import math
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from engine.data.dataset import CacheError, CacheFullError, Progress
from engine.files import locked, write_atomically
from engine.settings import CACHE_VARIABLE, cache_folder

Array = npt.NDArray[Any]
Chunks = Callable[[], Iterable[Array]]  # consecutive rows of the array to cache


def cached_array(
    key: str, shape: tuple[int, ...], dtype: npt.DTypeLike, chunks: Chunks, progress: Progress | None = None
) -> Array:
    """The array filed under `key`, made from `chunks` if no process has made it before.

    Args:
        key: Names data and content, such as `mnist-train-3f09ab12`; a change of content needs another key.
        shape: Shape of the whole array; rows come first.
        dtype: Its element type.
        chunks: Yields consecutive rows; called only when the array has to be made.
        progress: Told (rows done, rows in all) while the array is made.

    Returns:
        A read-only memory map, or the array itself in memory when the cache is switched off.

    Raises:
        CacheFullError: If the disk is too full; nothing half-written stays behind.
        CacheError: If the folder cannot be written.
    """
    element = np.dtype(dtype)
    if (folder := _data_cache()) is None:
        return _in_memory(shape, element, chunks(), progress)
    path = folder / f"{key}.npy"
    if (array := _open(path, shape, element)) is not None:
        return array
    num_bytes = math.prod(shape) * element.itemsize
    with _our_errors(folder, num_bytes), locked(path.with_suffix(".lock")):
        if (array := _open(path, shape, element)) is None:  # another process may have made it while we waited
            _check_room(folder, num_bytes)
            write_atomically(path, lambda part: _write(part, shape, element, chunks(), progress))
            array = _open(path, shape, element)
    if array is None:
        raise CacheError(f"{path} was written but cannot be read back; check the disk of {folder}.")
    return array


def peek(key: str, shape: tuple[int, ...], dtype: npt.DTypeLike) -> Array | None:
    """The array filed under `key` if it is there and whole; makes nothing."""
    folder = _data_cache()
    return None if folder is None else _open(folder / f"{key}.npy", shape, np.dtype(dtype))


def _data_cache() -> Path | None:
    root = cache_folder()
    return None if root is None else root / "data"


def _open(path: Path, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array | None:
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):  # absent, or damaged by something other than this module
        return None
    return array if array.shape == shape and array.dtype == dtype else None


def _write(
    path: Path, shape: tuple[int, ...], dtype: np.dtype[Any], chunks: Iterable[Array], progress: Progress | None
) -> None:
    with path.open("wb") as file:
        header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        for chunk in _counted(shape, dtype, chunks, progress):
            _write_bytes(file, np.ascontiguousarray(chunk).tobytes())


def _write_bytes(file: BinaryIO, data: bytes) -> None:
    file.write(data)  # plain writes: on a full disk they raise, where a writable memory map would kill the process


def _in_memory(
    shape: tuple[int, ...], dtype: np.dtype[Any], chunks: Iterable[Array], progress: Progress | None
) -> Array:
    array, start = np.empty(shape, dtype=dtype), 0
    for chunk in _counted(shape, dtype, chunks, progress):
        array[start : start + len(chunk)] = chunk
        start += len(chunk)
    return array


def _counted(
    shape: tuple[int, ...], dtype: np.dtype[Any], chunks: Iterable[Array], progress: Progress | None
) -> Iterator[Array]:
    done = 0
    for chunk in chunks:
        if chunk.shape[1:] != shape[1:] or chunk.dtype != dtype or done + len(chunk) > shape[0]:
            raise ValueError(f"Rows {chunk.dtype} {chunk.shape} at {done} do not fit an array {dtype} {shape}.")
        done += len(chunk)
        yield chunk
        if progress is not None:
            progress(done, shape[0])
    if done != shape[0]:
        raise ValueError(f"Got {done} rows for an array of {shape[0]}.")


def _check_room(folder: Path, num_bytes: int) -> None:
    if (free := shutil.disk_usage(folder).free) < num_bytes:
        raise CacheFullError(_full(folder, num_bytes, f"the disk has {free:,} bytes left"))


@contextlib.contextmanager
def _our_errors(folder: Path, num_bytes: int) -> Iterator[None]:
    """Turns the system's errors about a folder into ours."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise CacheFullError(_full(folder, num_bytes, "the disk ran full while writing")) from error
        raise CacheError(
            f"Cannot write the data cache in {folder}: {error}. Set {CACHE_VARIABLE} to a folder you may write to, "
            f"or to 'off' to work without a cache."
        ) from error


def _full(folder: Path, num_bytes: int, reason: str) -> str:
    return (
        f"No room for decoded data in {folder}: {num_bytes:,} bytes are needed, {reason}. Free some space, set "
        f"{CACHE_VARIABLE} to a folder on another disk, or set it to 'off' to work without a cache."
    )
