"""Official StyleGAN2-ADA network pickles: weights and constructor arguments alone; nothing in a file is ever run.

unpickler.py      the restricted reader: which names and opcodes a file may use
stand_ins.py      what the names stand for
records.py        what it is read as: inert records of networks and tensors
tensors.py        a record's tensors by name
configuration.py  what a network was built with
family.py         the same as options of the network `stylegan2`
importing.py      all of it as a checkpoint
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from engine.checkpoints.config import build_network
from engine.checkpoints.errors import CheckpointError, ConfigError, CorruptError
from engine.checkpoints.state_dict_file import StateDict, fitted
from engine.checkpoints.stylegan2_pickle.configuration import (
    DiscriminatorConfiguration,
    GeneratorConfiguration,
    discriminator_configuration,
    generator_configuration,
)
from engine.checkpoints.stylegan2_pickle.family import network_of
from engine.checkpoints.stylegan2_pickle.records import Record, brief
from engine.checkpoints.stylegan2_pickle.tensors import state_dict
from engine.checkpoints.stylegan2_pickle.unpickler import unpickled
from engine.checkpoints.weights import read_bytes
from engine.training import Network

MAX_BYTES = 2**30  # three networks of 1024 pixels a side have 0.4 * 10**9


@dataclass(frozen=True)
class OfficialNetworks:
    """What a file holds, in the words of this program.

    Attributes:
        network: The family `stylegan2` with its options.
        tensors: Its state dict, float32: of the averaged generator, and of the discriminator where it has one.
        generator: What the averaged generator was built with, under the official names.
        discriminator: The same of the discriminator; None where the file has none, or it was not asked for.
        source_sha256: Hash of the Python source in the file that defines the generator.
        sha256: Hash of the file.
    """

    network: Network
    tensors: Mapping[str, Tensor]
    generator: GeneratorConfiguration
    discriminator: DiscriminatorConfiguration | None
    source_sha256: str
    sha256: str


def read(path: Path, *, discriminator: bool = True) -> OfficialNetworks:
    """Reads the averaged generator G_ema, and the discriminator D where there is one.

    Args:
        path: A pickle of StyleGAN2-ADA for PyTorch, such as `ffhq.pkl` or `network-snapshot-025000.pkl`.
        discriminator: Whether to take the discriminator along.

    Raises:
        CorruptError: If it is missing, no pickle, cut short, damaged, or larger than 1 GiB.
        PickleInDisguiseError: If it asks for anything but networks; none of it was run.
        ConfigError: If its networks are of a version, class or architecture that is not known here.
        TensorNamesError, TensorShapesError, TensorDtypesError: If its tensors are not those of such networks.
        NonFiniteError: If one contains NaN or infinity.
    """
    if path.is_file() and path.stat().st_size > MAX_BYTES:
        raise CorruptError(f"{path} has {path.stat().st_size:,} bytes; a network pickle may have {MAX_BYTES:,}.")
    data = read_bytes(path)
    with _about(path):
        found = _networks(unpickled(data), discriminator)
        tensors = state_dict(found["G_ema"])
        generator, judge = generator_configuration(found["G_ema"], tensors), None
        if "D" in found:
            of_judge = state_dict(found["D"])
            judge = discriminator_configuration(found["D"], of_judge)
            tensors |= {f"discriminator.{name}": tensor for name, tensor in of_judge.items()}
        network = network_of(generator, judge)
    sha256 = hashlib.sha256(data).hexdigest()
    row = {"id": str(path), "network": {"name": network.name, "options": network.options}}
    with torch.device("meta"):  # only names and shapes matter
        expected = build_network(row)
    checked = fitted(StateDict(tensors, path, sha256), expected, "such a StyleGAN2")
    return OfficialNetworks(network, checked, generator, judge, found["G_ema"].source_sha256, sha256)


@contextmanager
def _about(path: Path) -> Iterator[None]:
    """Puts the file's name before errors that do not know it."""
    try:
        yield
    except CheckpointError as error:
        raise type(error)(f"{path} {error}") from error


def _networks(content: object, discriminator: bool) -> dict[str, Record]:
    if not isinstance(content, dict) or not isinstance(content.get("G_ema"), Record):
        names = f" with {', '.join(brief(name) for name in list(content)[:4])}" if isinstance(content, dict) else ""
        raise ConfigError(
            f"holds {brief(content)}{names}, not a dict of networks with G_ema, as StyleGAN2-ADA saves it."
        )
    wanted = ("G_ema", "D") if discriminator else ("G_ema",)
    return {name: content[name] for name in wanted if isinstance(content.get(name), Record)}


__all__ = ["MAX_BYTES", "OfficialNetworks", "read"]
