"""A lock on a folder that the system lets go of when its holder ends, however it ends."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class BusyError(RuntimeError):
    """Another process holds the lock."""


@contextmanager
def exclusive(path: Path, *, wait: bool = False) -> Iterator[None]:
    """Holds the lock file `path` (made when missing; never deleted, so that nobody locks a file that is gone).

    On Windows nothing is locked.

    Args:
        path: The lock file.
        wait: Wait for another holder instead of raising.

    Raises:
        BusyError: If another process holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        if sys.platform != "win32":
            import fcntl

            try:
                fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise BusyError(
                    f"{path.parent} is in use by another process; wait for it, or choose another folder with --runs."
                ) from error
        yield
