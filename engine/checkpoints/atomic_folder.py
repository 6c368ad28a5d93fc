"""A folder that is replaced at once or not at all, however the writer ends."""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PREVIOUS = ".previous"


@contextmanager
def replaced(folder: Path) -> Iterator[Path]:
    """Gives an empty sibling to write into; on leaving without an error it takes the place of `folder`.

    Killed at any moment, `folder` is what it was before, or whole and new. What a killed writer left beside it is
    hidden (its name starts with a dot) and is cleared by the next one.

    Raises:
        OSError: If something cannot be written, for example on a full disk; `folder` stays as it was.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    restore(folder)
    for leftover in folder.parent.glob(f".{folder.name}.*.partial"):
        shutil.rmtree(leftover, ignore_errors=True)
    fresh = folder.parent / f".{folder.name}.{uuid.uuid4().hex[:8]}.partial"
    fresh.mkdir()
    try:
        yield fresh
        for path in (*sorted(fresh.rglob("*")), fresh):
            _flush(path)
        _swap(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def restore(folder: Path) -> None:
    """Puts the old folder back where a writer was killed between two renames (only where `_exchange` is missing)."""
    previous = _previous(folder)
    if previous.is_dir():
        if folder.exists():
            shutil.rmtree(previous, ignore_errors=True)
        else:
            previous.rename(folder)


def _swap(fresh: Path, folder: Path) -> None:
    if not folder.exists():
        fresh.rename(folder)
    elif not _exchange(fresh, folder):
        folder.rename(_previous(folder))
        try:
            fresh.rename(folder)
        except OSError:
            _previous(folder).rename(folder)
            raise
        shutil.rmtree(_previous(folder), ignore_errors=True)
    _flush(folder.parent)


def _previous(folder: Path) -> Path:
    return folder.parent / f".{folder.name}{_PREVIOUS}"


def _exchange(first: Path, second: Path) -> bool:
    """Linux's renameat2 with RENAME_EXCHANGE: both names change hands in one step; False where it is not offered."""
    if sys.platform != "linux":
        return False
    here, exchange = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
    rename = getattr(ctypes.CDLL(None), "renameat2", None)
    return rename is not None and rename(here, os.fsencode(first), here, os.fsencode(second), exchange) == 0


def _flush(path: Path) -> None:
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except PermissionError:  # Windows opens no folders
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
