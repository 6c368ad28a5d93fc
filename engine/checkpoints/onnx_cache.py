"""ONNX files of decoders: made in the background when first asked for, kept by what they were made of."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import torch

from engine import settings
from engine.checkpoints.errors import CheckpointError
from engine.checkpoints.folder import Card
from engine.checkpoints.onnx_decoder import FORMAT, OnnxExportError, is_light
from engine.checkpoints.onnx_worker import Made, export_apart
from engine.files import locked, write_atomically

_LOG = logging.getLogger(__name__)
_CODE = ("models", "data")  # the packages of engine whose code decides what a decoder draws


class Carded(Protocol):
    """A model that was loaded from a checkpoint folder."""

    id: str
    card: Card


class OnnxFiles:
    """The ONNX files of a process, gzipped as browsers take them; any thread may ask.

    One decoder is exported at a time, the one asked for last first. What failed is not tried again; what succeeded
    lies in the cache folder and is found by other processes and after a restart.

    Args:
        folder: Where files are kept; None keeps them in memory.
        export: From a checkpoint folder and the hash of its weights to what came of it.
    """

    def __init__(self, folder: Path | None, *, export: Callable[[Path, str], Made] = export_apart) -> None:
        self._folder, self._export = folder, export
        self._lock = threading.Lock()
        self._waiting: dict[str, Carded] = {}
        self._busy: str | None = None
        self._thread: threading.Thread | None = None
        self._failed: dict[str, str] = {}
        self._memory: dict[str, Made] = {}

    def get(self, model: Carded) -> bytes | None:
        """The gzipped ONNX file of a model; None while it is being made, which the first call begins.

        Raises:
            OnnxExportError: If there will be none: the decoder is too heavy for a page, or could not be exported.
        """
        key = onnx_key(model.card)
        with self._lock:
            failed, made = self._failed.get(key), self._memory.get(key)
        if failed is not None:
            raise OnnxExportError(failed)
        made = made or self._read(key)
        if made is None:
            self._want(key, model)
            return None
        if made.packed is None:
            raise OnnxExportError(f"{model.id} is too heavy for a page: {made.flops / 1e9:.2g} GFLOP a picture.")
        return made.packed

    def _want(self, key: str, model: Carded) -> None:
        with self._lock:
            if key == self._busy or key in self._failed or key in self._memory:
                return
            self._waiting.pop(key, None)
            self._waiting[key] = model
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="onnx", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._thread = self._busy = None
                    return
                key, model = self._waiting.popitem()
                self._busy = key
            self._make(key, model)

    def _make(self, key: str, model: Carded) -> None:
        try:
            made = self._export(model.card.folder, model.card.config["weights"]["sha256"])
        except Exception as error:
            known = isinstance(error, CheckpointError)
            _LOG.warning("%s is drawn by the server: %s", model.id, error, exc_info=None if known else error)
            with self._lock:
                self._failed[key] = f"{model.id} could not be exported to ONNX: {error}"
            return
        if not self._keep(key, made):
            with self._lock:
                self._memory[key] = made

    def _keep(self, key: str, made: Made) -> bool:
        if self._folder is None:
            return False
        try:
            with locked(self._folder / "onnx.lock"):  # two programs may have made the same
                if made.packed is not None:
                    write_atomically(self._folder / f"{key}.onnx.gz", made.packed)
                write_atomically(self._folder / f"{key}.json", json.dumps(made.facts()).encode())  # last: it is whole
        except OSError as error:
            _LOG.warning("An ONNX file is not kept (%s): the next start makes it again.", error)
            return False
        return True

    def _read(self, key: str) -> Made | None:
        """What lies in the folder; None where that is nothing, or damaged."""
        if self._folder is None:
            return None
        try:
            facts: dict[str, Any] = json.loads((self._folder / f"{key}.json").read_text(encoding="utf-8"))
            packed = (self._folder / f"{key}.onnx.gz").read_bytes() if facts["sha256"] else None
            made = Made(packed=packed, **facts)
        except (OSError, ValueError, TypeError, KeyError):
            return None
        if packed is None:
            return None if is_light(made.flops) else made
        return made if hashlib.sha256(packed).hexdigest() == made.sha256 else None


def default_files() -> OnnxFiles:
    """Those in the folder of `LATENT_EXPLORER_CACHE`, in memory where that is `off`; one export at a time for all."""
    folder = settings.cache_folder()
    return _files_in(None if folder is None else folder / "onnx")


@cache
def _files_in(folder: Path | None) -> OnnxFiles:
    return OnnxFiles(folder)


def onnx_key(card: Card) -> str:
    """A name for what a decoder's ONNX file is made of: its weights, its network, torch and this code; tells nothing.

    Sixty-four hexadecimal digits, known before the file is.
    """
    config = card.config
    parts = [FORMAT, torch.__version__, _code(), config["weights"]["sha256"], config["network"], config["space"]]
    return hashlib.sha256(json.dumps([*parts, config["layout"]], sort_keys=True).encode()).hexdigest()


@cache
def _code() -> str:
    digest = hashlib.sha256()
    root = Path(__file__).parents[1]
    for package in _CODE:
        for path in sorted((root / package).rglob("*.py")):
            digest.update(path.relative_to(root).as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
