"""The study store of this process: opened once for all who need it, so that one copy is pushed to the Hub."""

from __future__ import annotations

import functools
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from engine import settings

if TYPE_CHECKING:
    from engine.study.store import Store

_OPENING = threading.Lock()


def study_store() -> Store:
    """The store that the settings name.

    Raises:
        engine.study.store.StoreError: If it cannot be opened; the next call tries again.
        ValueError: If a setting is wrong.
    """
    with _OPENING:
        return _opened(settings.studies(), settings.studies_repository())


@functools.cache
def _opened(place: str | Path, repository: str | None) -> Store:
    from engine.study.store.hub_push import open_store

    return open_store()
