"""Reads the official dSprites archive: streamed, packed to bits, never unpickled."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

from engine.data.dataset import DataFormatError, DataUnavailableError, Ids

ARCHIVE_NAME = "dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz"
_CHUNK = 4096


def packed_archive(
    path: Path, factor_values: Callable[[Ids], npt.NDArray[np.float64]], num_images: int = 737_280
) -> Iterator[npt.NDArray[np.uint8]]:
    """Yields the pictures in the archive's order, eight pixels a byte, in chunks (n, 512).

    Args:
        path: The npz file.
        factor_values: The official order: rows (n,) to shape, scale, orientation, posX, posY, (n, 5).
        num_images: How many rows the archive should have.

    Raises:
        DataUnavailableError: If there is no such file.
        DataFormatError: If it is not the official archive: no zip, an array missing, of another shape or type, in
            another order, or with other values than 0 and 1.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _check_factors(path, archive, factor_values, num_images)
            yield from _pack_images(path, archive, num_images)
    except FileNotFoundError as error:
        raise DataUnavailableError(f"No dSprites archive at {path}; give the path of {ARCHIVE_NAME}.") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
        raise _wrong(path, f"it cannot be read as npz ({error})") from error


def archive_identity(path: Path) -> str:
    """Short hash of the archive's table of contents, which holds a checksum of every array.

    Raises:
        DataUnavailableError: If there is no such file.
        DataFormatError: If it is no npz file.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = sorted((item.filename, item.file_size, item.CRC) for item in archive.infolist())
    except FileNotFoundError as error:
        raise DataUnavailableError(f"No dSprites archive at {path}; give the path of {ARCHIVE_NAME}.") from error
    except (zipfile.BadZipFile, OSError) as error:
        raise _wrong(path, f"it cannot be read as npz ({error})") from error
    return hashlib.sha256(repr(entries).encode()).hexdigest()[:16]


def _check_factors(
    path: Path, archive: zipfile.ZipFile, factor_values: Callable[[Ids], npt.NDArray[np.float64]], num_images: int
) -> None:
    with _member(path, archive, "latents_values") as file:
        _expect(path, file, "latents_values", (num_images, 6), np.dtype(np.float64))
        values = np.frombuffer(file.read(), dtype=np.float64)
    if values.size != num_images * 6:
        raise _wrong(path, "latents_values is cut short")
    expected = factor_values(np.arange(num_images, dtype=np.int64))
    if not np.allclose(values.reshape(-1, 6)[:, 1:], expected, atol=1e-6):
        raise _wrong(path, "latents_values are not the official ones in the official order (posY fastest)")


def _pack_images(path: Path, archive: zipfile.ZipFile, num_images: int) -> Iterator[npt.NDArray[np.uint8]]:
    with _member(path, archive, "imgs") as file:
        _expect(path, file, "imgs", (num_images, 64, 64), np.dtype(np.uint8))
        for start in range(0, num_images, _CHUNK):
            count = min(_CHUNK, num_images - start)
            pixels = np.frombuffer(file.read(count * 4096), dtype=np.uint8)
            if pixels.size != count * 4096:
                raise _wrong(path, f"imgs is cut short after row {start + pixels.size // 4096}")
            if pixels.max() > 1:
                raise _wrong(path, f"imgs should hold zeros and ones; found {pixels.max()}")
            yield np.packbits(pixels.reshape(count, 4096), axis=1)


def _member(path: Path, archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    try:
        return archive.open(f"{name}.npy")
    except KeyError as error:
        raise _wrong(path, f"it has no array {name!r}, only {sorted(archive.namelist())[:8]}") from error


def _expect(path: Path, file: IO[bytes], name: str, shape: tuple[int, ...], dtype: np.dtype[np.generic]) -> None:
    """Reads the array's header, which leaves `file` at the first value."""
    try:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        found_shape, fortran, found_dtype = read(file)
    except ValueError as error:
        raise _wrong(path, f"array {name!r} has no valid header ({error})") from error
    if found_shape != shape or found_dtype != dtype or fortran:
        raise _wrong(path, f"{name} should be {dtype} {shape}; found {found_dtype} {found_shape}")


def _wrong(path: Path, reason: str) -> DataFormatError:
    return DataFormatError(f"{path} is not the official dSprites archive: {reason}. Get {ARCHIVE_NAME} again.")
