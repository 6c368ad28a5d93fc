"""Raw TensorFlow.js weights: a manifest and the shards it lists, laid end to end."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engine.checkpoints.errors import CorruptError, TensorDtypesError

_BYTES = {"float32": 4, "int32": 4}


def read_shards(folder: Path) -> dict[str, Tensor]:
    """All float tensors of a `decoder_web` folder by name; integer constants are skipped.

    Raises:
        CorruptError: If manifest or shards are missing or damaged, or have another size in all than the manifest says.
        TensorDtypesError: If there is another number type than float32 and int32.
    """
    path = folder / "weights_manifest.json"
    try:
        groups = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise CorruptError(f"{folder} has no weights_manifest.json; pass the folder that holds config.json.") from error
    except ValueError as error:
        raise CorruptError(f"{path} is damaged: it is not JSON ({error}).") from error
    tensors: dict[str, Tensor] = {}
    try:
        for group in groups:
            tensors |= _group(group, folder)
    except (TypeError, KeyError, AttributeError) as error:
        raise CorruptError(f"{path} should list groups with `paths` and `weights`; it does not ({error!r}).") from error
    return tensors


def _group(group: dict[str, Any], folder: Path) -> dict[str, Tensor]:
    rows = [(row["name"], tuple(row["shape"]), row["dtype"]) for row in group["weights"]]
    other = [f"{name} is {dtype}" for name, _, dtype in rows if dtype not in _BYTES]
    if other:
        raise TensorDtypesError(f"{folder} has tensors that are neither float32 nor int32: {'; '.join(other[:4])}.")
    data = b"".join(_shard(folder, name) for name in group["paths"])
    expected = sum(math.prod(shape) * _BYTES[dtype] for _, shape, dtype in rows)
    if len(data) != expected:
        raise CorruptError(
            f"The shards of {folder} have {len(data):,} bytes in all, and their manifest says {expected:,}: "
            f"one of {list(group['paths'])} is cut short, or another model's."
        )
    tensors, start = {}, 0
    for name, shape, dtype in rows:
        size = math.prod(shape) * _BYTES[dtype]
        if dtype == "float32":
            values = np.frombuffer(data, dtype="<f4", count=size // 4, offset=start).reshape(shape)
            tensors[name] = torch.from_numpy(values.astype(np.float32))
        start += size
    return tensors


def _shard(folder: Path, name: str) -> bytes:
    if Path(name).name != name:
        raise CorruptError(f"{folder}/weights_manifest.json lists {name!r}; shards lie beside it, without a folder.")
    try:
        return (folder / name).read_bytes()
    except FileNotFoundError as error:
        raise CorruptError(f"{folder} has no shard {name}, which its manifest lists; get all files again.") from error
