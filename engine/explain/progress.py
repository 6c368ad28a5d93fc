"""How long work tells how far it is, and is stopped."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Progress: TypeAlias = Callable[[int, int], None]  # (rows done, rows in all)
ShouldStop: TypeAlias = Callable[[], bool]


class CancelledError(Exception):
    """The caller asked to stop; nothing was kept of the work in hand."""


def check(should_stop: ShouldStop | None) -> None:
    """Ends the work where the caller asks for it.

    Raises:
        CancelledError: If `should_stop` says so.
    """
    if should_stop is not None and should_stop():
        raise CancelledError("Stopped as asked.")
