"""Weights on disk: safetensors, checked against the network they are for before a single value is used."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from engine.checkpoints.errors import (
    CorruptError,
    NonFiniteError,
    PickleInDisguiseError,
    TensorDtypesError,
    TensorNamesError,
    TensorShapesError,
)

_MAX_HEADER = 10_000_000
_BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}
_DTYPES = {torch.float32: ("F32", "F16"), torch.int64: ("I64",), torch.uint8: ("U8",), torch.bool: ("BOOL",)}
_ARCHIVES = {
    b"PK\x03\x04": "a zip archive, as torch.save writes",
    b"\x1f\x8b": "a gzip archive",
    b"\x93NUMPY": "a NumPy file",
}
_POINTER = b"version https://git-lfs"


@dataclass(frozen=True)
class TensorFacts:
    """What a safetensors header says of one tensor."""

    dtype: str
    shape: tuple[int, ...]


def read_weights(path: Path, expected: Mapping[str, Tensor], *, sha256: str | None = None) -> dict[str, Tensor]:
    """Reads a weight file for a network.

    Args:
        path: A safetensors file.
        expected: The network's tensors by name, of which only shapes and dtypes matter; may live on `meta`.
        sha256: Hash the file should have.

    Returns:
        Tensors by name in the network's dtypes; float16 on disk becomes float32.

    Raises:
        CorruptError: If the file is missing, cut short, damaged, or has another hash.
        PickleInDisguiseError: If it is a pickle or an archive.
        TensorNamesError, TensorShapesError, TensorDtypesError: If it does not belong to this network.
        NonFiniteError: If it contains NaN or infinity.
    """
    data = read_bytes(path)
    header = read_header(data, path)
    check_tensors(header, expected, path)
    check_hash(data, sha256, path)
    tensors = read_tensors(data, path)
    return {name: tensors[name].to(expected[name].dtype) for name in expected}


def read_bytes(path: Path) -> bytes:
    """The whole file.

    Raises:
        CorruptError: If it is missing.
    """
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise CorruptError(
            f"{path.parent} has no {path.name}: the checkpoint is incomplete. Get it again or train it again."
        ) from error


def read_header(data: bytes, path: Path) -> dict[str, TensorFacts]:
    """Reads and checks a safetensors header without touching the values.

    Raises:
        PickleInDisguiseError: If the bytes are a pickle or an archive.
        CorruptError: If they are no safetensors file or are cut short.
    """
    length = int.from_bytes(data[:8], "little") if len(data) >= 8 else _MAX_HEADER + 1
    if length > _MAX_HEADER or (len(data) > 8 and data[8:9] != b"{"):
        raise _stranger(data, path)
    if 8 + length > len(data):
        raise CorruptError(f"{path} is cut short: {len(data):,} bytes, its header alone needs {8 + length:,}. {AGAIN}")
    try:
        rows: dict[str, Any] = json.loads(data[8 : 8 + length])
        rows.pop("__metadata__", None)
        entries = {name: TensorFacts(row["dtype"], tuple(row["shape"])) for name, row in rows.items()}
        end = max((row["data_offsets"][1] for row in rows.values()), default=0)
        needed = sum(math.prod(entry.shape) * _BYTES.get(entry.dtype, 0) for entry in entries.values())
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise CorruptError(f"{path} has a damaged header ({error}). {AGAIN}") from error
    if max(end, needed) != len(data) - 8 - length:
        raise CorruptError(
            f"{path} is cut short or damaged: it holds {len(data) - 8 - length:,} bytes of values, and its header "
            f"promises {max(end, needed):,}. {AGAIN}"
        )
    return entries


AGAIN = "Get it again; a checkpoint is never repaired."


def check_tensors(header: Mapping[str, TensorFacts], expected: Mapping[str, Tensor], path: Path) -> None:
    """Compares names, shapes and dtypes with the network's.

    Raises:
        TensorNamesError, TensorShapesError, TensorDtypesError: At the first of the three that differs.
    """
    missing, extra = sorted(expected.keys() - header.keys()), sorted(header.keys() - expected.keys())
    if missing or extra:
        raise TensorNamesError(
            f"{path} does not belong to the network of its config: {_some('it lacks', missing)}"
            f"{_some('it has unknown', extra)}the config should name the network that was saved."
        )
    shapes = other_shapes(header, expected)
    if shapes:
        raise TensorShapesError(f"{path} does not have the sizes of its config: {'; '.join(shapes[:4])}.")
    dtypes = [
        f"{name} is {header[name].dtype}, not {' or '.join(_DTYPES[tensor.dtype])}"
        for name, tensor in expected.items()
        if header[name].dtype not in _DTYPES[tensor.dtype]
    ]
    if dtypes:
        raise TensorDtypesError(f"{path} has number types that are not allowed: {'; '.join(dtypes[:4])}.")


def other_shapes(found: Mapping[str, Tensor | TensorFacts], expected: Mapping[str, Tensor]) -> list[str]:
    """Tensors whose shape is not the expected one, in words; names are the same."""
    return [
        f"{name} {list(found[name].shape)} instead of {list(tensor.shape)}"
        for name, tensor in expected.items()
        if tuple(found[name].shape) != tuple(tensor.shape)
    ]


def check_hash(data: bytes, sha256: str | None, path: Path) -> None:
    """Compares the hash of a file with the one its config names.

    Raises:
        CorruptError: If they differ.
    """
    found = hashlib.sha256(data).hexdigest()
    if sha256 is not None and found != sha256:
        raise CorruptError(
            f"{path} is not the file its config was written for: SHA-256 {found[:12]}..., not {sha256[:12]}.... {AGAIN}"
        )


def read_tensors(data: bytes, path: Path) -> dict[str, Tensor]:
    """All tensors of a file whose header was checked.

    Raises:
        CorruptError: If they cannot be read.
        NonFiniteError: If one contains NaN or infinity.
    """
    try:
        tensors: dict[str, Tensor] = safetensors.torch.load(data)
    except (SafetensorError, KeyError, ValueError) as error:
        raise CorruptError(f"{path} is damaged ({error}). {AGAIN}") from error
    check_finite(tensors, path)
    return tensors


def check_finite(tensors: Mapping[str, Tensor], path: Path) -> None:
    """Refuses NaN and infinity.

    Raises:
        NonFiniteError: Naming the tensors that contain them.
    """
    bad = [name for name, value in tensors.items() if value.is_floating_point() and not torch.isfinite(value).all()]
    if bad:
        raise NonFiniteError(
            f"{path} contains NaN or infinity in {', '.join(bad[:4])}: the training diverged, or a value is too large "
            "for float16. Use an earlier state, or write it with half=False."
        )


def _stranger(data: bytes, path: Path) -> Exception:
    for magic, kind in _ARCHIVES.items():
        if data.startswith(magic):
            return PickleInDisguiseError(_disguise(path, kind))
    if len(data) > 2 and data[0] == 0x80 and data[1] in range(2, 6):  # the opcode PROTO and a protocol's number
        return PickleInDisguiseError(_disguise(path, "a pickle"))
    if data.startswith(_POINTER):
        return CorruptError(f"{path} is a Git LFS pointer, not the file itself; run `git lfs pull`.")
    return CorruptError(f"{path} is no safetensors file ({len(data):,} bytes, starting with {data[:8]!r}). {AGAIN}")


def _disguise(path: Path, kind: str) -> str:
    return (
        f"{path} is {kind}, not safetensors. It could run code when opened, so it is refused. Convert it where you "
        "trust it: load the state dict there and write it with engine.checkpoints.write_checkpoint."
    )


def _some(what: str, names: list[str]) -> str:
    if not names:
        return ""
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return f"{what} {', '.join(names[:4])}{more}; "
