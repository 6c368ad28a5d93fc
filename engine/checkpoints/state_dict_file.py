"""Weights of networks made elsewhere: safetensors, or a state dict that torch.save wrote, read without running it."""

from __future__ import annotations

import hashlib
import io
import pickle
import re
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from engine.checkpoints.errors import (
    CorruptError,
    PickleInDisguiseError,
    TensorDtypesError,
    TensorNamesError,
    TensorShapesError,
)
from engine.checkpoints.nesting import check_nesting
from engine.checkpoints.weights import check_finite, other_shapes, read_bytes, read_header, read_tensors

MAX_BYTES = 2**31  # VGG-19, large among those in common use, has 0.6 * 10**9
_INSIDE = ("state_dict", "model")  # where training programs put the weights among other things
_FOREIGN = re.compile(r"GLOBAL (\S+)")
_ARCHIVE = b"PK\x03\x04"  # how torch knows an archive of torch.save
_OLD_PICKLES = 5  # in a file from before 2020, ahead of the values
_PICKLES = (b"\x80", _ARCHIVE)  # how its files begin, before 2020 and since


@dataclass(frozen=True)
class StateDict:
    """A file of weights.

    Attributes:
        tensors: By name, as they lie in the file.
        path: The file.
        sha256: Its hash.
    """

    tensors: Mapping[str, Tensor]
    path: Path
    sha256: str


def read_state_dict(path: Path) -> StateDict:
    """Reads a safetensors file (by its suffix), or one that torch.save wrote.

    The latter is a pickle: torch's restricted reader makes tensors and containers of it and refuses all else, so
    nothing of it runs. Names that all begin with `module.` lose it; weights under `state_dict` or `model` are found.

    Raises:
        CorruptError: If it is missing, cut short, damaged, larger than 2 GiB, or holds no state dict.
        PickleInDisguiseError: If it asks for more than tensors, such as a whole pickled model.
    """
    if path.is_file() and path.stat().st_size > MAX_BYTES:
        raise CorruptError(f"{path} has {path.stat().st_size:,} bytes; weights may have {MAX_BYTES:,}.")
    data = read_bytes(path)
    if path.suffix == ".safetensors":
        read_header(data, path)
        tensors = read_tensors(data, path)
    else:
        tensors = _state(_unpickled(data, path), path)
    return StateDict(tensors, path, hashlib.sha256(data).hexdigest())


def fitted(found: StateDict, network: nn.Module, name: str) -> dict[str, Tensor]:
    """The weights in the form `network.load_state_dict` takes: its number types, with batch norm's counters.

    Args:
        found: What a file holds.
        network: Of which only shapes and dtypes matter; may live on `meta`.
        name: What it is called in messages.

    Raises:
        TensorNamesError, TensorShapesError, TensorDtypesError: If the weights are not those of this network.
        NonFiniteError: If one contains NaN or infinity.
    """
    expected, tensors = network.state_dict(), dict(found.tensors)
    for counter in expected.keys() - tensors.keys():
        if counter.endswith("num_batches_tracked"):  # older files have none, and nothing reads them
            tensors[counter] = torch.tensor(0)
    missing, extra = sorted(expected.keys() - tensors.keys()), sorted(tensors.keys() - expected.keys())
    if missing or extra:
        raise TensorNamesError(
            f"{found.path} does not hold the weights of {name}: it lacks {_some(missing)}, and has {_some(extra)} that "
            "it does not know."
        )
    shapes = other_shapes(tensors, expected)
    if shapes:
        raise TensorShapesError(f"{found.path} does not have the sizes of {name}: {'; '.join(shapes[:4])}.")
    kinds = [
        f"{key} is {tensors[key].dtype}"
        for key, value in expected.items()
        if tensors[key].is_floating_point() != value.is_floating_point() or tensors[key].is_complex()
    ]
    if kinds:
        raise TensorDtypesError(f"{found.path} has number types that are not allowed: {'; '.join(kinds[:4])}.")
    state = {key: tensors[key].detach().to(value.dtype).contiguous() for key, value in expected.items()}
    check_finite(state, found.path)
    return state


def _unpickled(data: bytes, path: Path) -> object:
    _check_archive(data, path)
    try:
        _check_nesting(data)
        with warnings.catch_warnings():  # about pickle protocols and archives; what matters is said below
            warnings.simplefilter("ignore")
            return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except CorruptError as error:
        raise CorruptError(f"{path} {error}") from error
    except Exception as error:  # a damaged pickle fails in any way at all
        asked = _FOREIGN.search(str(error))
        if isinstance(error, pickle.UnpicklingError) and (asked or data.startswith(_PICKLES)):
            raise PickleInDisguiseError(_more_than_tensors(path, asked[1] if asked else "an object")) from error
        raise CorruptError(_damaged(path, error)) from error


def _check_nesting(data: bytes) -> None:
    """Refuses what would end the process inside torch's reader, which hashes keys however deep they are."""
    if data.startswith(_ARCHIVE):  # as torch.load opens it: two readers of archives may see two things in one
        check_nesting(torch._C.PyTorchFileReader(io.BytesIO(data)).get_record("data.pkl"))
    else:
        check_nesting(data, pickles=_OLD_PICKLES)


def _check_archive(data: bytes, path: Path) -> None:
    """Refuses zip archives that would swell, and programs."""
    if not data.startswith(_ARCHIVE):
        return  # the format before 2020, or none
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
    except Exception as error:  # a damaged table of contents fails in any way at all
        raise CorruptError(_damaged(path, error)) from error
    if any(entry.filename.endswith("/constants.pkl") for entry in entries):
        raise PickleInDisguiseError(_more_than_tensors(path, "a TorchScript program"))
    if sum(entry.file_size for entry in entries) > len(data):  # torch.save does not compress
        raise CorruptError(f"{path} holds more than its {len(data):,} bytes: it was compressed, and not by torch.save.")


def _state(content: object, path: Path) -> dict[str, Tensor]:
    if isinstance(content, Mapping):
        inside = next((content[name] for name in _INSIDE if isinstance(content.get(name), Mapping)), content)
        if inside and all(isinstance(name, str) and _is_plain(value) for name, value in inside.items()):
            bare = all(name.startswith("module.") for name in inside)
            return {name.removeprefix("module.") if bare else name: value for name, value in inside.items()}
    raise CorruptError(
        f"{path} holds no state dict, names with a tensor each, but {_description(content)}. Save one where the model "
        "is: torch.save(model.state_dict(), FILE)."
    )


def _is_plain(value: object) -> bool:
    if not isinstance(value, Tensor) or type(value) not in (Tensor, nn.Parameter):
        return False
    return value.layout is torch.strided and not value.is_quantized and not value.is_meta


def _description(content: object) -> str:
    names = f" with {_some([str(name) for name in content])}" if isinstance(content, Mapping) else ""
    return f"a {type(content).__name__}{names}"


def _damaged(path: Path, error: Exception) -> str:
    return f"{path} is cut short, damaged, or no file of torch.save ({type(error).__name__}). Get it again."


def _more_than_tensors(path: Path, asked: str) -> str:
    return (
        f"{path} asks for more than tensors ({asked}), as a whole pickled model does, or an attack. None of it was "
        "run. Save the weights alone where you trust it: torch.save(model.state_dict(), FILE)."
    )


def _some(names: list[str]) -> str:
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return f"{', '.join(names[:4])}{more}" if names else "nothing"
