"""The models of this process: loaded when first asked for, kept, loaded anew when replaced. Imports no torch."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apps.refusals import RefusedError, UnknownModelError

if TYPE_CHECKING:
    from engine.checkpoints import Entry

REDRAW = " > "  # "mnist/ae5 > mnist/tc5": what tc5 makes of what ae5 draws, over codes of ae5
CAPACITY = 32
_CATALOGUE_S = 5.0
_Stamp = tuple[int, int, int] | None


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
        device: `auto`, `cpu`, `cuda` or `cuda:N`: where models are put.
        load: From a catalogue id and a device to a model.
        catalogue: What there is.
        ready: Set once `warm` has loaded libraries and the first model.
    """

    device: str = "auto"
    load: Callable[[str, str], Any] = _load
    catalogue: Callable[[], tuple[Entry, ...]] = _catalogue
    ready: threading.Event = field(default_factory=threading.Event)
    _models: OrderedDict[str, tuple[_Stamp, Any]] = field(default_factory=OrderedDict)
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

    def entry(self, name: str) -> Entry:
        """The catalogue's entry of an id.

        Raises:
            UnknownModelError: If there is none; the message lists the models with sliders.
        """
        found = next((entry for entry in self.entries() if entry.id == name), None)
        if found is None:
            known = ", ".join(entry.id for entry in self.latent() if not entry.error)
            raise UnknownModelError(f"No model {name!r}; choose one of {known or 'the list'}.")
        return found

    def get(self, name: str) -> Any:  # noqa: ANN401 - whatever the checkpoint holds
        """The model of a catalogue id, loaded if need be, and again when its checkpoint was replaced by another.

        Raises:
            UnknownModelError: If the catalogue has no such id: visitors reach nothing else.
            engine.checkpoints.CheckpointError: If it cannot be loaded; models already here stay.
        """
        return self._model(self.entry(name))

    def latent_model(self, name: str) -> Any:  # noqa: ANN401 - a LoadedDecoder
        """The same for models with sliders.

        Raises:
            UnknownModelError: Also for a classifier.
            engine.checkpoints.CheckpointError: As `get` does.
        """
        model = self._at_hand(name)
        if model is not None:
            return model
        entry = self.entry(name)
        if entry.kind == "classifier":
            raise UnknownModelError(f"{name} is a classifier and has no sliders; workspace Models shows what it is.")
        return self._model(entry)

    def decoder(self, name: str) -> Any:  # noqa: ANN401 - a LoadedDecoder or a Redraw
        """What the live canvas draws with: a model with sliders, or the redrawing `first > second` of two.

        Raises:
            UnknownModelError: If either is no model with sliders.
            RefusedError: If the two draw different things.
            engine.checkpoints.CheckpointError: As `get` does.
        """
        name, separator, other = name.partition(REDRAW)
        first = self.latent_model(name)
        if not separator:
            return first
        from engine.explain import Redraw

        second = self.latent_model(other)
        try:
            return Redraw(first, second)
        except ValueError as error:
            raise RefusedError(str(error)) from error

    def put(self, device: str) -> str:
        """Has all models on a device from now on; returns the device in use.

        They are loaded anew when next asked for: whoever decodes at this moment keeps a model that does not move.

        Raises:
            ValueError: If this machine has no such device.
        """
        from engine.checkpoints import choose_device

        if device not in self.devices():
            raise ValueError(f"This machine offers {self.devices()}; got {device!r}.")
        with self._loading, self._lock:
            if device != self.device:
                self._models.clear()
            self.device = device
        return str(choose_device(device))

    def devices(self) -> list[str]:
        """What `put` accepts here."""
        import torch

        known = ["auto", "cpu", "cuda"] if torch.cuda.is_available() else ["auto", "cpu"]
        return list(dict.fromkeys([*known, self.device]))

    def device_in_use(self) -> str:
        """The device models are put on, in words: `cpu`, `cuda (NVIDIA H200)`."""
        import torch

        from engine.checkpoints import choose_device

        device = choose_device(self.device)
        return f"{device} ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else str(device)

    def _at_hand(self, name: str) -> Any:  # noqa: ANN401 - a LoadedDecoder, or None
        """A model that is loaded already, by the last list however old: a hand on a slider waits for no new one."""
        with self._lock:
            listed = () if self._listed is None else self._listed[1]
        entry = next((entry for entry in listed if entry.id == name and entry.kind != "classifier"), None)
        return None if entry is None else self._kept(entry)

    def _model(self, entry: Entry) -> Any:  # noqa: ANN401 - whatever the checkpoint holds
        model = self._kept(entry)
        return self._loaded(entry) if model is None else model

    def _kept(self, entry: Entry) -> Any:  # noqa: ANN401 - whatever the checkpoint holds
        stamp = _stamp(entry.folder)
        with self._lock:
            kept, model = self._models.get(entry.id, (None, None))
            if model is None or stamp not in (kept, None):  # None: at this moment it is being replaced
                return None
            self._models.move_to_end(entry.id)
            return model

    def _loaded(self, entry: Entry) -> Any:  # noqa: ANN401 - whatever the checkpoint holds
        import torch

        # A lock of its own, so that models already here go on answering; out of the caller's inference mode, in which
        # weights would be made that no gradient can flow past ever after.
        with self._loading, torch.inference_mode(False):
            model = self._kept(entry)
            if model is not None:
                return model
            stamp = _stamp(entry.folder)  # before loading: what is replaced meanwhile is loaded again
            model = self.load(entry.id, self.device)
            with self._lock:
                self._models[entry.id] = (stamp, model)
                self._models.move_to_end(entry.id)
                while len(self._models) > CAPACITY:
                    self._models.popitem(last=False)
            return model


def _stamp(folder: Path) -> _Stamp:
    """Changes when a checkpoint is written anew, which replaces its folder; None where there is none."""
    try:
        found = (folder / "config.json").stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
