"""From the record of a network to its tensors by name, as its state dict would have them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from engine.checkpoints.errors import ConfigError, CorruptError
from engine.checkpoints.stylegan2_pickle.records import Record, StoredTensor, brief

MAX_RECORDS = 1000  # a generator of 1024 pixels a side has about 80
_FILTER = "resample_filter"
_TAPS = torch.outer(torch.tensor([1.0, 3.0, 3.0, 1.0]), torch.tensor([1.0, 3.0, 3.0, 1.0])) / 64


def state_dict(record: Record) -> dict[str, Tensor]:
    """All parameters and buffers of a network by their dotted names, views of what was stored.

    The filters of up- and downsampling are left out once they are known to be the standard 1 3 3 1.

    Raises:
        CorruptError: If a tensor is not stored as it should be, or networks lie in each other without end.
        ConfigError: If a filter is another.
    """
    stored = {
        f"{prefix}{name}": _stored(value, f"{prefix}{name}")
        for prefix, part in walk(record)
        for kind in ("_parameters", "_buffers")
        for name, value in _items(part, kind)
        if value is not None
    }
    found = {name: _made(tensor, name) for name, tensor in stored.items()}
    kept = {id(tensor.values): tensor.values.numel() for tensor in stored.values()}
    if sum(tensor.numel() for tensor in found.values()) > sum(kept.values()):  # a few bytes that swell when copied
        raise CorruptError(f"holds a {record.class_name} with more numbers than the file has. Get it again.")
    filters = [name for name in found if name.rpartition(".")[2] == _FILTER]
    for name in filters:
        _check_filter(found.pop(name), name)
    return found


def walk(record: Record) -> Iterator[tuple[str, Record]]:
    """A network and all networks in it, each with what the names of its tensors begin with, such as `mapping.fc0.`.

    Raises:
        CorruptError: If there are too many, as when one lies in itself.
    """
    waiting, seen = [("", record)], 0
    while waiting:
        prefix, part = waiting.pop()
        seen += 1
        if seen > MAX_RECORDS:
            raise CorruptError(f"holds a {record.class_name} of more than {MAX_RECORDS:,} parts, or one inside itself.")
        yield prefix, part
        inside = [(f"{prefix}{name}.", _record(child, f"{prefix}{name}")) for name, child in _items(part, "_modules")]
        waiting += reversed(inside)


def _items(record: Record, kind: str) -> list[tuple[str, Any]]:
    entries = record.state.get(kind)
    if not isinstance(entries, Mapping) or not all(isinstance(name, str) and len(name) < 80 for name in entries):
        raise CorruptError(f"holds a {record.class_name} without its {kind.strip('_')}. Get it again.")
    return list(entries.items())


def _record(child: object, name: str) -> Record:
    if not isinstance(child, Record):
        raise CorruptError(f"has {brief(child)} as the network {name[:80]}. Get it again.")
    return child


def _stored(value: object, name: str) -> StoredTensor:
    if not isinstance(value, StoredTensor):
        raise CorruptError(f"has {brief(value)} as the tensor {name[:80]}. Get it again.")
    return value


def _made(tensor: StoredTensor, name: str) -> Tensor:
    try:  # checks that all of it lies within what is stored
        return torch.as_strided(tensor.values, tensor.size, tensor.stride, tensor.offset)
    except (RuntimeError, TypeError, ValueError, OverflowError) as error:
        raise CorruptError(f"has a tensor {name[:80]} that reaches beyond its stored values. Get it again.") from error


def _check_filter(taps: Tensor, name: str) -> None:
    if taps.shape != _TAPS.shape or not torch.allclose(taps.float(), _TAPS, rtol=0, atol=1e-6):
        raise ConfigError(
            f"resamples with another filter than 1 3 3 1 ({name}, {list(taps.shape)}), which the networks here do not."
        )
