"""What an official file is read as: inert records of networks and tensors, nothing that could run."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from engine.checkpoints.errors import ConfigError, CorruptError

VERSION = 6  # of the scheme that StyleGAN2-ADA's official files follow
CLASSES = frozenset(
    {
        "AugmentPipe",
        "Conv2dLayer",
        "Discriminator",
        "DiscriminatorBlock",
        "DiscriminatorEpilogue",
        "FullyConnectedLayer",
        "Generator",
        "MappingNetwork",
        "MinibatchStdLayer",
        "SynthesisBlock",
        "SynthesisLayer",
        "SynthesisNetwork",
        "ToRGBLayer",
    }
)


@dataclass(frozen=True, eq=False, slots=True)
class Record:
    """A network of an official file, without its code.

    Attributes:
        class_name: One of `CLASSES`.
        source_sha256: Hash of the Python source that came with it, which is not kept.
        state: What the network's `__dict__` was.
    """

    class_name: str
    source_sha256: str
    state: Mapping[str, Any]


@dataclass(frozen=True, eq=False, slots=True)
class StoredTensor:
    """A view of stored numbers, checked and made when it is needed."""

    values: Tensor
    offset: Any
    size: Any
    stride: Any


def record_of(meta: object) -> Record:
    """The record of what a network was reduced to; its source stays text, and only its hash is kept.

    Raises:
        ConfigError: If it is of another version or a class that is not known.
        CorruptError: If it lacks something.
    """
    if not isinstance(meta, dict) or meta.get("type") != "class":
        raise CorruptError("describes a network in a way that is none of StyleGAN2-ADA's. Get it again.")
    version, name = meta.get("version"), meta.get("class_name")
    if version != VERSION:
        raise ConfigError(
            f"was written in version {brief(version)} of its format; only {VERSION} can be read, that of StyleGAN2-ADA "
            "for PyTorch."
        )
    if not isinstance(name, str) or name not in CLASSES:
        raise ConfigError(
            f"holds a network of the class {brief(name)}, which StyleGAN2-ADA has not; only its own networks can be "
            "read, not those of its successors."
        )
    source, state = meta.get("module_src"), meta.get("state")
    if not isinstance(source, str) or not isinstance(state, dict):
        raise CorruptError(f"holds a {name} without its source or its state. Get it again.")
    return Record(name, hashlib.sha256(source.encode(errors="surrogatepass")).hexdigest(), state)


def brief(value: object) -> str:
    """A value in a message; of what may be large or deep, only the type."""
    if isinstance(value, str):
        return repr(value[:40])
    if value is None or isinstance(value, bool | int | float):
        return repr(value)[:40]
    return f"a {type(value).__name__}"
