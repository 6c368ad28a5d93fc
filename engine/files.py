"""Files that several processes use: held by one at a time, replaced at once or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def write_atomically(path: Path, content: bytes | Callable[[Path], object]) -> None:
    """Replaces a file: whatever happens on the way, it is what it was before, or whole and new.

    It is first written beside its place, always under the same name, so that what a killed writer left is overwritten
    by the next. Writers that could meet take turns by `locked`.

    Args:
        path: The file; its folder exists.
        content: What to write, or a function that writes it to the path it is given.

    Raises:
        OSError: If it cannot be written, for example on a full disk; the previous file stays.
    """
    fresh = path.with_name(f"{path.name}.partial")
    try:
        if callable(content):
            content(fresh)
        else:
            fresh.write_bytes(content)
        with fresh.open("rb+") as file:  # Windows flushes only what is open for writing
            os.fsync(file.fileno())
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    _flush_folder(path.parent)


class BusyError(RuntimeError):
    """Another process holds the lock."""


@contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[None]:
    """Holds the lock file `path`, made when missing; the system lets go of it when its holder ends, however it ends.

    Args:
        path: The lock file.
        wait: Wait for another holder instead of raising.

    Raises:
        BusyError: If it is held by another and `wait` is off.
        OSError: If it cannot be made.
    """
    from filelock import FileLock, Timeout  # here: imported only where something is written

    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    try:
        lock.acquire(timeout=-1 if wait else 0)
    except Timeout as error:
        raise BusyError(
            f"{path.parent} is in use by another process; wait for it, or choose another folder."
        ) from error
    try:
        yield
    finally:
        lock.release()


def _flush_folder(folder: Path) -> None:
    with suppress(OSError):  # Windows opens no folders, some network file systems flush none
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
