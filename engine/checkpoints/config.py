"""`config.json`: all that is needed to build a model again, and to know how it was made."""

from __future__ import annotations

import dataclasses
import json
import platform
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import torch
from torch import nn

from engine.checkpoints.config_fields import check_axis, check_fields
from engine.checkpoints.errors import ConfigError, CorruptError, NewerFormatError
from engine.interfaces import Axis, Space
from engine.models import MODELS
from engine.registry import unknown
from engine.training import Network

FORMAT = 1
_LIBRARIES = ("torch", "numpy", "safetensors", "lightning-fabric", "scikit-learn")


def kind_of(model: nn.Module) -> str:
    """`classifier`, `formula` (no weights) or `latent`."""
    if callable(getattr(model, "probabilities", None)):
        return "classifier"
    return "latent" if any(True for _ in model.parameters()) else "formula"


def read_config(folder: Path, *, id: str | None = None) -> dict[str, Any]:
    """Reads and checks `config.json` without building anything.

    Args:
        folder: The checkpoint folder.
        id: What the catalogue calls it, by its place; None for a folder that lies elsewhere.

    Raises:
        CorruptError: If it is missing or no JSON.
        NewerFormatError: If a later version of this program wrote it.
        ConfigError: If it lacks a field, has one of another type, names what is not known here, or has another id.
    """
    path = folder / "config.json"
    config = read_json(path)
    version = config.get("format")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise ConfigError(f"{path} has no format version; it is not the config of a checkpoint of this program.")
    if version > FORMAT:
        raise NewerFormatError(
            f"{path} has format {version}; this program reads up to {FORMAT}. Update the program to load it."
        )
    check_fields(config, path)
    _check_network(config, path)
    axes_of_config(config)
    if id is not None and config["id"] != id:
        raise ConfigError(
            f"{path} is the config of {config['id']!r} and lies in the place of {id!r}: rename the folder to "
            f"{config['id']}, or write the checkpoint again as {id}."
        )
    return config


def _check_network(config: Mapping[str, Any], path: Path) -> None:
    name, kind = config["network"]["name"], config["kind"]
    if name not in MODELS:
        raise ConfigError(f"{config['id']} cannot be built: {unknown(MODELS.kind, name, MODELS)}")
    if callable(getattr(MODELS[name], "probabilities", None)) != (kind == "classifier"):
        raise ConfigError(f"{path} has kind {kind!r}, which its network {name!r} is not; it should be written again.")


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file.

    Raises:
        CorruptError: If it is missing, damaged or not an object.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise CorruptError(f"{path.parent} has no {path.name}; it is not a whole checkpoint folder.") from error
    except (ValueError, RecursionError) as error:
        raise CorruptError(f"{path} is damaged: it is not JSON ({error}).") from error
    if not isinstance(content, dict):
        raise CorruptError(f"{path} is damaged: it should hold a JSON object, not a {type(content).__name__}.")
    return content


def build_network(config: Mapping[str, Any]) -> nn.Module:
    """The network a config names, with weights still to be loaded.

    Raises:
        ConfigError: If the network or one of its options is not known here.
    """
    row = config["network"]
    try:
        network = Network(row["name"], row["options"])
        with torch.random.fork_rng(devices=[]):  # the layers' own initial draws should not be noticed by a caller
            return network.build()
    except KeyError as error:
        raise ConfigError(f"{config['id']} cannot be built: {error.args[0]}") from error
    except (TypeError, ValueError, RuntimeError) as error:
        known = MODELS[row["name"]].__name__ if row.get("name") in MODELS else row.get("name")
        raise ConfigError(
            f"{config['id']} cannot be built: {known} does not take {row.get('options')} ({error})."
        ) from error


def axes_of_config(config: Mapping[str, Any]) -> tuple[Axis, ...]:
    """The axes a config lists.

    Raises:
        ConfigError: If a row is not an axis, or one that moves what the code does not have.
    """
    try:
        axes = tuple(Axis(**{name: _tuples(value) for name, value in row.items()}) for row in config["axes"])
    except TypeError as error:
        raise ConfigError(f"{config['id']} lists axes that cannot be read ({error}).") from error
    size = sum(part["size"] for part in config["layout"])
    for axis in axes:
        check_axis(axis, size, config["id"])
    return axes


def plain_axes(axes: tuple[Axis, ...]) -> list[dict[str, Any]]:
    """Axes as plain JSON values."""
    return [dataclasses.asdict(axis) for axis in axes]


def plain_space(space: Space) -> dict[str, Any]:
    """A space as plain JSON values."""
    return dataclasses.asdict(space)


def library_versions() -> dict[str, str]:
    """Versions of Python and of the libraries that decide the outcome of a run."""
    found = {"python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _tuples(value: Any) -> Any:  # noqa: ANN401 - JSON values
    return tuple(value) if isinstance(value, list) else value
