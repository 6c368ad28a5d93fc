"""Maps kept on disk, found again by what made them: weights, picture, method, target, seed and this code."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from engine import settings
from engine.explain.heatmaps.method import Method, name_of
from engine.explain.heatmaps.options import values_of
from engine.models.target import Target

if TYPE_CHECKING:
    from diskcache import Cache

SIZE_LIMIT = 2**30  # bytes; least recently used maps go first


@dataclass(frozen=True)
class Kept:
    """A map from the cache, (C, H, W) float32, or other numbers about a picture; and its notes."""

    values: Tensor
    notes: tuple[str, ...]


class HeatmapCache:
    """Maps by key, in a folder of bounded size that several processes may share.

    Values are the bytes of safetensors files; nothing in the folder is ever unpickled. Damaged ones count as
    absent.

    Args:
        folder: Where it lies; made when missing.
        size_limit: Bytes it may hold.
    """

    def __init__(self, folder: Path, *, size_limit: int = SIZE_LIMIT) -> None:
        self._cache = _open(folder, size_limit)

    def get(self, key: str) -> Kept | None:
        """What was kept under a key."""
        data = self._cache.get(key)
        if not isinstance(data, bytes):
            return None
        try:
            values = safetensors.torch.load(data)["values"]
            return Kept(values, tuple(json.loads(_metadata(data)["notes"])))
        except (SafetensorError, KeyError, ValueError):
            return None

    def put(self, key: str, values: Tensor, notes: tuple[str, ...]) -> None:
        """Keeps a map, (C, H, W) float32, or other numbers about a picture."""
        data = safetensors.torch.save({"values": values.contiguous().clone()}, {"notes": json.dumps(notes)})
        self._cache.set(key, data)

    def clear(self) -> int:
        """Forgets all; returns how many maps there were."""
        return int(self._cache.clear())

    def __len__(self) -> int:
        return len(self._cache)

    def close(self) -> None:
        """Lets go of the folder; it opens again when used."""
        self._cache.close()


def default_cache() -> HeatmapCache | None:
    """The cache in the folder of `LATENT_EXPLORER_CACHE`; None when that is `off`."""
    folder = settings.cache_folder()
    return None if folder is None else HeatmapCache(folder / "heatmaps")


def picture_keys(
    model: nn.Module,
    x: Tensor,
    method: Method,
    target: Target,
    seed: int,
    precision: str,
    background: Tensor | None,
) -> list[str]:
    """A key for each picture's map, from all that decides it."""
    shared: dict[str, Any] = {
        "model": model_key(model),
        "method": name_of(method),
        "options": values_of(method),
        "seed": seed,
        "precision": precision,
        "background": None if background is None else _bytes_hash(background),
        "code": code_key(),
    }
    return [
        hashlib.sha256(json.dumps({**shared, "picture": _bytes_hash(one), "target": _plain(target.of_row(row))},
                                  sort_keys=True).encode()).hexdigest()
        for row, one in enumerate(x)
    ]  # fmt: skip


def model_key(model: nn.Module) -> str:
    """What tells a model from all others: the hash of its stored weights and its config, else that of its tensors.

    A loaded checkpoint is known by its card; change its weights and it must not be asked through a cache. Others are
    read anew each time: no fingerprint kept beside a tensor notices what is written through `weight.data` or numpy.
    """
    config = getattr(getattr(model, "card", None), "config", None)
    if isinstance(config, Mapping):
        known = {name: config.get(name) for name in ("id", "network", "weights")}
        return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()
    digest = hashlib.sha256(str(model).encode())
    # Not `state_dict`, which leaves out constants such as the colours a network subtracts.
    for name, value in (*model.named_parameters(), *model.named_buffers()):
        digest.update(f"{name} {_bytes_hash(value)}".encode())
    return digest.hexdigest()


@cache
def code_key() -> str:
    """Changes with the code that makes maps, and with the libraries it stands on."""
    folders = (Path(__file__).parent, Path(__file__).parents[2] / "models", Path(__file__).parents[2] / "data")
    digest = hashlib.sha256(f"{torch.__version__} {version('captum')}".encode())
    for file in sorted(file for folder in folders for file in folder.glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _open(folder: Path, size_limit: int) -> Cache:
    import diskcache

    class Plain(diskcache.Disk):  # type: ignore[misc] # diskcache ships no types
        """Keeps texts and bytes as they are, and refuses to read what it would have to unpickle."""

        def fetch(self, mode: int, filename: str, value: object, read: bool) -> object:
            return None if mode == diskcache.core.MODE_PICKLE else super().fetch(mode, filename, value, read)

        def get(self, key: object, raw: bool) -> object:
            return key if raw else None

    # Maps are files of their own: what is deleted from inside SQLite's file frees no room.
    return diskcache.Cache(
        str(folder), disk=Plain, size_limit=size_limit, eviction_policy="least-recently-used", disk_min_file_size=2**10
    )


def _metadata(data: bytes) -> dict[str, str]:
    size = int.from_bytes(data[:8], "little")
    return dict(json.loads(data[8 : 8 + size])["__metadata__"])


def _bytes_hash(value: Tensor) -> str:
    value = value.detach().cpu().contiguous()
    digest = hashlib.sha256(f"{value.dtype} {tuple(value.shape)}".encode())
    if value.numel():
        digest.update(value.reshape(-1).view(torch.uint8).numpy().data)  # the tensor's own memory: no copy
    return digest.hexdigest()


def _plain(target: Target) -> list[Any]:
    return [list(target.classes), list(target.against), target.negated]
