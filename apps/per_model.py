"""Things made of a model when first asked for, and kept while it is in use."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from apps.shelf import Shelf
from engine.checkpoints.loaded import LoadedDecoder

T = TypeVar("T")


class PerModel(Generic[T]):
    """One thing a model with sliders; made anew when its model was loaded anew.

    Args:
        shelf: The models of this process.
        make: Makes it.
        capacity: Models whose things are kept, those used last.
    """

    def __init__(self, shelf: Shelf, make: Callable[[LoadedDecoder], T], *, capacity: int) -> None:
        self._shelf, self._make, self._capacity = shelf, make, capacity
        self._kept: OrderedDict[str, tuple[LoadedDecoder, T]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, name: str) -> T:
        """That of a catalogue id.

        Raises:
            UnknownModelError: If there is no such model with sliders.
            engine.checkpoints.CheckpointError: If it cannot be loaded.
        """
        model = self._shelf.latent_model(name)
        with self._lock:
            kept = self._kept.get(name)
            if kept is None or kept[0] is not model:
                kept = (model, self._make(model))
            self._kept[name] = kept
            self._kept.move_to_end(name)
            while len(self._kept) > self._capacity:
                self._kept.popitem(last=False)
            return kept[1]
