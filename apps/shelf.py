"""The models of this process: loaded when first asked for, kept, moved between devices. Importing imports no torch."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.checkpoints import Entry

REDRAW = " > "  # "mnist/ae5 > mnist/tc5": what tc5 makes of what ae5 draws, over codes of ae5
CAPACITY = 32
_CATALOGUE_S = 5.0


def _load(name: str, device: str) -> Any:  # noqa: ANN401 - see engine.load
    import engine

    return engine.load(name, device)


def _catalogue() -> tuple[Entry, ...]:
    import engine

    entries: tuple[Entry, ...] = engine.catalog()
    return entries


@dataclass
class Shelf:
    """Loads each model once, whichever thread asks first; the least recently used makes room.

    Attributes:
        device: `auto`, `cpu` or `cuda`: where models are put.
        load: From a catalogue id and a device to a model.
        catalogue: What there is.
        ready: Set once `warm` has loaded libraries and the first model.
    """

    device: str = "auto"
    load: Callable[[str, str], Any] = _load
    catalogue: Callable[[], tuple[Entry, ...]] = _catalogue
    ready: threading.Event = field(default_factory=threading.Event)
    _models: OrderedDict[str, Any] = field(default_factory=OrderedDict)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _loading: threading.RLock = field(default_factory=threading.RLock)
    _listed: tuple[float, tuple[Entry, ...]] | None = None

    def entries(self) -> tuple[Entry, ...]:
        """The catalogue, read anew when it is older than five seconds."""
        with self._lock:
            now = time.monotonic()
            if self._listed is None or now - self._listed[0] > _CATALOGUE_S:
                self._listed = (now, self.catalogue())
            return self._listed[1]

    def latent(self) -> tuple[Entry, ...]:
        """The part of the catalogue that has sliders; damaged entries are kept, so that they can say why."""
        return tuple(entry for entry in self.entries() if entry.kind != "classifier")

    def get(self, name: str) -> Any:  # noqa: ANN401 - whatever the checkpoint holds
        """The model of a catalogue id, loaded if need be, or the redrawing `first > second` of two.

        Raises:
            KeyError: If the catalogue has no such id: visitors reach nothing else.
            engine.checkpoints.CheckpointError: If it cannot be loaded; models already here stay.
        """
        first, separator, second = name.partition(REDRAW)
        if separator:
            from engine.explain import Redraw

            return Redraw(self.get(first), self.get(second))
        return self._kept(name) or self._loaded(name)

    def put(self, device: str) -> str:
        """Moves all models to a device and remembers it for the next ones; returns the device in use.

        Raises:
            ValueError: If this machine has no such device.
        """
        import torch

        from engine.checkpoints import choose_device

        if device not in self.devices():
            raise ValueError(f"This machine offers {self.devices()}; got {device!r}.")
        with self._loading, self._lock, torch.inference_mode(False):
            target = choose_device(device)
            for name, model in self._models.items():
                self._models[name] = model.to(target)
            self.device = device
        return str(target)

    def devices(self) -> list[str]:
        """What `put` accepts here."""
        import torch

        return ["auto", "cpu", "cuda"] if torch.cuda.is_available() else ["auto", "cpu"]

    def device_in_use(self) -> str:
        """The device models are put on, in words: `cpu`, `cuda (NVIDIA H200)`."""
        import torch

        from engine.checkpoints import choose_device

        device = choose_device(self.device)
        return f"{device} ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else str(device)

    def _kept(self, name: str) -> Any:  # noqa: ANN401 - whatever the checkpoint holds
        with self._lock:
            if name in self._models:
                self._models.move_to_end(name)
            return self._models.get(name)

    def _loaded(self, name: str) -> Any:  # noqa: ANN401 - whatever the checkpoint holds
        import torch

        # A lock of its own, so that models already here go on answering; out of the caller's inference mode, in which
        # weights would be made that no gradient can flow past ever after.
        with self._loading, torch.inference_mode(False):
            model = self._kept(name) or self.load(self._known(name), self.device)
            with self._lock:
                self._models[name] = model
                while len(self._models) > CAPACITY:
                    self._models.popitem(last=False)
            return model

    def _known(self, name: str) -> str:
        from engine.registry import unknown

        names = [entry.id for entry in self.entries()]
        if name not in names:
            raise KeyError(unknown("model", name, names))
        return name
