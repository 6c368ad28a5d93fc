"""What the names in an official file stand for: functions that make inert data, and nothing else."""

from __future__ import annotations

import io
import itertools
import pickle
import pickletools
import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from torch.storage import TypedStorage

from engine.checkpoints.errors import CorruptError, PickleInDisguiseError
from engine.checkpoints.stylegan2_pickle.records import StoredTensor, brief, record_of

BEGINNINGS = tuple(bytes([0x80, protocol]) for protocol in range(2, 6))  # of pickles: the opcode PROTO, a protocol
_SHORT = 200  # opcodes; torch.save writes at most 40
_FOREIGN = re.compile(r"GLOBAL (\S+)")  # in what torch's restricted reader says


class _Easy(dict[str, Any]):
    """A dict, for `dnnlib.EasyDict`, whose entries are attributes too; nothing here reads them so."""

    def __init__(self) -> None:
        super().__init__()


class NumberType(str):
    """A type of NumPy's: `f8`."""

    __slots__ = ()


def _ordered() -> dict[str, Any]:
    return {}


def _set(items: list[object] | tuple[object, ...] = ()) -> set[object]:
    return set(hashable(items))


def _tensor(storage: torch.Tensor, offset: int, size: object, stride: object, *_: object) -> StoredTensor:
    if not isinstance(storage, torch.Tensor):
        raise CorruptError(f"has a tensor whose values are {brief(storage)}. Get it again.")
    return StoredTensor(storage, offset, size, stride)


def _parameter(data: StoredTensor, *_: object) -> StoredTensor:
    if not isinstance(data, StoredTensor):
        raise CorruptError(f"has a parameter made of {brief(data)}. Get it again.")
    return data


def _storage(data: bytes) -> torch.Tensor:
    """Values of a nested file of torch.save, flat; torch's own function would unpickle it without restrictions."""
    if not isinstance(data, bytes) or not data.startswith(BEGINNINGS):
        raise CorruptError("has a tensor whose values are not stored as StyleGAN2-ADA does. Get it again.")
    _check_short(data)
    try:
        with warnings.catch_warnings():  # about pickle protocols and old storages
            warnings.simplefilter("ignore")
            found = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
            if not isinstance(found, TypedStorage):
                raise PickleInDisguiseError(refused(f"{brief(found)} in place of a tensor's values"))
            return torch.empty(0, dtype=found.dtype).set_(found)
    except pickle.UnpicklingError as error:
        asked = _FOREIGN.search(str(error))
        if asked:
            raise PickleInDisguiseError(refused(f"{brief(asked[1])} inside a tensor")) from error
        raise CorruptError("has a tensor whose values are damaged, or no numbers. Get it again.") from error


def _check_short(data: bytes) -> None:
    """Five short pickles lie before the values; torch's reader would hash whatever else is there (see `hashable`)."""
    stream = io.BytesIO(data)
    for _ in range(5):
        if sum(1 for _ in itertools.islice(pickletools.genops(stream), _SHORT)) == _SHORT:
            raise CorruptError("has a tensor with more before its values than torch.save writes. Get it again.")


def _number_type(code: str, *_: object) -> NumberType:
    if code not in ("f8", "f4", "f2", "i8", "i4", "i2", "i1", "u1", "b1"):
        raise PickleInDisguiseError(refused(f"numbers of the type {brief(code)}"))
    return NumberType(code)


def _number(kind: NumberType, data: bytes) -> bool | int | float:
    if not isinstance(kind, NumberType):
        raise PickleInDisguiseError(refused(f"a number of the type {brief(kind)}"))
    return np.frombuffer(data, dtype=f"<{kind}", count=1)[0].item()


def _bytes(text: str, encoding: str) -> bytes:
    """How protocol 2, which has no bytes, writes them."""
    if encoding != "latin1":
        raise PickleInDisguiseError(refused(f"the encoding {brief(encoding)}"))
    return text.encode("latin1")


def hashable(keys: Iterable[object]) -> Iterable[object]:
    """Refuses what may be nested: hashing a tuple a million deep ends the process."""
    for key in keys:
        if not isinstance(key, str | int | float | None):
            raise PickleInDisguiseError(refused(f"{brief(key)} as a key"))
    return keys


def refused(asked: str) -> str:
    """What is said of a file that asks for more than networks."""
    return (
        f"asks for {asked}, which no network pickle of StyleGAN2-ADA needs: it is another kind of file, or an attack. "
        "None of it was run."
    )


GLOBALS: Mapping[tuple[str, str], Callable[..., Any]] = MappingProxyType(
    {
        ("torch_utils.persistence", "_reconstruct_persistent_obj"): record_of,
        ("dnnlib.util", "EasyDict"): _Easy,
        ("collections", "OrderedDict"): _ordered,
        ("torch._utils", "_rebuild_tensor_v2"): _tensor,
        ("torch._utils", "_rebuild_parameter"): _parameter,
        ("torch._utils", "_rebuild_parameter_with_state"): _parameter,
        ("torch.storage", "_load_from_bytes"): _storage,
        ("numpy.core.multiarray", "scalar"): _number,  # NumPy 1
        ("numpy._core.multiarray", "scalar"): _number,  # NumPy 2
        ("numpy", "dtype"): _number_type,
        ("builtins", "set"): _set,
        ("__builtin__", "set"): _set,  # protocol 2
        ("_codecs", "encode"): _bytes,  # protocol 2
    }
)
