"""Codes found for pictures, kept on disk by what decides them: weights, picture, settings and this code."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from engine import settings
from engine.interfaces import LatentModel

if TYPE_CHECKING:
    from engine.explain.heatmaps.cache import HeatmapCache
    from engine.explain.projection.inversion import Inversion
    from engine.explain.projection.likeness import Likeness

_SIZE_LIMIT = 2**26  # bytes: a code has at most some ten thousand numbers


def default_cache() -> HeatmapCache | None:
    """The cache in the folder of `LATENT_EXPLORER_CACHE`; None when that is `off`."""
    from engine.explain.heatmaps.cache import HeatmapCache  # here: few who project have maps

    folder = settings.cache_folder()
    return None if folder is None else HeatmapCache(folder / "projections", size_limit=_SIZE_LIMIT)


def picture_keys(
    model: LatentModel,
    x: Tensor,
    how: Inversion,
    likeness: Likeness,
    classifier: Any | None,  # noqa: ANN401 - as `engine.load` returns one
    known: Tensor,
) -> list[str]:
    """A key for each picture's code, from all that decides it."""
    from engine.explain.heatmaps.cache import model_key

    shared: dict[str, Any] = {
        "model": model_key(model),  # type: ignore[arg-type] # every model is a network
        "how": asdict(how),
        "likeness": likeness.name,
        "classifier": None if classifier is None else model_key(classifier),
        "known": _hash(known),
        "code": _code_key(),
    }
    rows = [json.dumps({**shared, "picture": _hash(one)}, sort_keys=True) for one in x]
    return [hashlib.sha256(row.encode()).hexdigest() for row in rows]


@cache
def _code_key() -> str:
    """Changes with the code that searches and draws, and with torch."""
    folders = (Path(__file__).parent, Path(__file__).parents[2] / "models")
    digest = hashlib.sha256(torch.__version__.encode())
    for file in sorted(file for folder in folders for file in folder.rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _hash(value: Tensor) -> str:
    value = value.detach().float().cpu().contiguous()
    return hashlib.sha256(f"{tuple(value.shape)}".encode() + value.numpy().tobytes()).hexdigest()
