"""A cache in memory that never holds more bytes than it may: what was not asked for longest goes first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock

from torch import Tensor

_OVERHEAD = 1024  # bytes an entry takes beside its numbers: the key, the tensor object


class ByteCache:
    """Tensors by key; several threads may share it.

    Args:
        limit: Bytes it may hold.

    Attributes:
        bytes: What it holds now.
    """

    def __init__(self, limit: int) -> None:
        self.limit, self.bytes = limit, 0
        self._kept: OrderedDict[Hashable, Tensor] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> Tensor | None:
        """What was kept under a key; it is then the youngest."""
        with self._lock:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key]

    def put(self, key: Hashable, value: Tensor) -> None:
        """Keeps a tensor of its own memory; one that is larger than all there is room for is not kept."""
        value = value.detach().clone()
        with self._lock:
            self._drop(key)
            self._kept[key] = value
            self.bytes += value.nbytes + _OVERHEAD
            while self.bytes > self.limit:
                self._drop(next(iter(self._kept)))

    def clear(self) -> None:
        """Forgets all."""
        with self._lock:
            self._kept.clear()
            self.bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    def _drop(self, key: Hashable) -> None:
        found = self._kept.pop(key, None)
        if found is not None:
            self.bytes -= found.nbytes + _OVERHEAD
