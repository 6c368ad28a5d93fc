"""A checkpoint folder: config, weights, metrics, examples, training curve, card and pictures, written as one."""

from __future__ import annotations

import copy
import errno
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import safetensors.torch
import torch
from torch import Tensor, nn

from engine.checkpoints.atomic_folder import replaced, restore
from engine.checkpoints.card import card_files
from engine.checkpoints.config import (
    FORMAT,
    build_network,
    kind_of,
    library_versions,
    plain_axes,
    plain_space,
    read_config,
    read_json,
)
from engine.checkpoints.config_fields import shown
from engine.checkpoints.errors import CorruptError
from engine.checkpoints.examples import Examples, examples_bytes
from engine.checkpoints.weights import check_finite
from engine.interfaces import Axis
from engine.training import Network, Recipe
from engine.training.recipe import to_json


@dataclass(frozen=True)
class Card:
    """What is known of a model without loading its weights.

    Attributes:
        folder: The checkpoint folder; `log.csv`, `README.md` and pictures lie in it.
        config: The content of `config.json`.
        metrics: The content of `metrics.json`: by name, a mapping with `value`, `unit`, `definition`, `paper_value`
            and `higher_is_better`.
    """

    folder: Path
    config: Mapping[str, Any]
    metrics: Mapping[str, Mapping[str, Any]]


def read_card(folder: Path, *, id: str | None = None) -> Card:
    """Reads config and metrics of a checkpoint folder.

    Args:
        folder: The checkpoint folder.
        id: What the catalogue calls it, by its place; None for a folder that lies elsewhere.

    Raises:
        CheckpointError: If either is missing, damaged, of a newer format or in the place of another id.
    """
    restore(folder)
    metrics = read_json(folder / "metrics.json") if (folder / "metrics.json").is_file() else {}
    wrong = [f"{name} = {shown(row)}" for name, row in metrics.items() if not isinstance(row, dict)]
    if wrong:
        raise CorruptError(f"{folder / 'metrics.json'} should hold an object for each metric; found {wrong[0]}.")
    return Card(folder, MappingProxyType(read_config(folder, id=id)), MappingProxyType(metrics))


def write_checkpoint(
    root: Path,
    model: nn.Module,
    *,
    recipe: Recipe,
    axes: Sequence[Axis],
    examples: Examples,
    metrics: Mapping[str, Mapping[str, Any]],
    training: Mapping[str, Any],
    network: Network | None = None,
    needs: Mapping[str, str] = MappingProxyType({}),
    log: Path | None = None,
    half: bool = False,
) -> Path:
    """Writes the folder `root/<recipe id>`, in place of the one that may be there.

    Args:
        root: The folder of all checkpoints.
        model: The trained network.
        recipe: The row it was trained by; gives id, title, data set and network.
        axes: What a user can move; empty for a classifier.
        examples: Held-out rows with their codes and labels.
        metrics: By name, a mapping with `value`, `unit`, `definition`, `paper_value`, `higher_is_better`.
        training: Facts of the run, as JSON values: `steps`, `seconds`, `device`, `finished`, `threads`, ...
        network: What to ship where that is less than what was trained, such as a generator without its
            discriminator; tensors the smaller network lacks are left out. By default the recipe's.
        needs: Weight hashes (`weights_hash`) of the checkpoints this one stands on, by id.
        log: The run's `log.csv`.
        half: Store kernels and matrices as float16 (vectors stay float32). The caller has made sure, with
            `half_precision`, that no metric changes in three significant digits.

    Returns:
        The folder.

    Raises:
        NonFiniteError: If a weight or example is not finite, also after rounding to float16.
        SamplesTooLargeError: If the examples exceed a mebibyte.
        ValueError: If `needs` are not those of the recipe, or the network is not that of the model.
        OSError: If it cannot be written; an older folder stays as it was.
    """
    if set(needs) != set(recipe.needs):
        raise ValueError(f"{recipe.id} stands on {list(recipe.needs)}; got the hashes of {sorted(needs)}.")
    shipped = network or recipe.network
    tensors = shipped_tensors(model, shipped)
    stored = {name: stored_form(value, half=half) for name, value in tensors.items()}
    folder = root / recipe.id
    check_finite(stored, folder / "model.safetensors")
    weights: bytes = safetensors.torch.save(stored)
    samples = examples_bytes(examples, model.space)  # type: ignore[arg-type] # every family has a space
    config = {
        "format": FORMAT,
        "id": recipe.id,
        "title": recipe.title,
        "dataset": recipe.dataset,
        "kind": kind_of(model),
        "preset": recipe.preset,
        "network": {"name": shipped.name, "options": dict(shipped.options)},
        "space": plain_space(model.space),  # type: ignore[arg-type]
        "layout": [{"name": p.name, "size": p.size, "kind": p.kind} for p in getattr(model, "layout", ())],
        "prior": getattr(model, "prior", None),
        "classes": list(getattr(model, "classes", ())),
        "axes": plain_axes(tuple(axes)),
        "parameters": sum(tensors[name].numel() for name, _ in model.named_parameters() if name in tensors),
        "weights": {
            "dtype": "float16" if half else "float32",
            "sha256": hashlib.sha256(weights).hexdigest(),
            "bytes": len(weights),
            "left_out": sorted({name.partition(".")[0] for name in model.state_dict().keys() - tensors.keys()}),
        },
        "examples": {"count": len(examples), "sha256": hashlib.sha256(samples).hexdigest()},
        "needs": dict(needs),
        "seeds": [recipe.seed],
        "training": dict(training),
        "versions": library_versions(),
        "source": recipe.source,
        "note": recipe.note,
        "recipe": to_json(recipe),
    }
    files = {
        "metrics.json": json_bytes(metrics),
        "model.safetensors": weights,
        "samples.safetensors": samples,
    }
    if log is not None and log.is_file():
        files["log.csv"] = log.read_bytes()
    files |= card_files(model, config, metrics, examples)
    config["files"] = sorted(files.keys() - {"config.json"})
    write_files(folder, {"config.json": json_bytes(config), **files})
    return folder


def weights_hash(folder: Path) -> str:
    """The SHA-256 of a checkpoint's weights, which checkpoints that stand on it record."""
    sha256: str = read_config(folder)["weights"]["sha256"]
    return sha256


def half_precision(model: nn.Module) -> nn.Module:
    """A copy of a network whose weights went through the stored float16 form; measure it before `half=True`."""
    rounded = copy.deepcopy(model)
    tensors = {name: stored_form(value, half=True).to(value) for name, value in model.state_dict().items()}
    rounded.load_state_dict(tensors)
    return rounded


def shipped_tensors(model: nn.Module, network: Network) -> dict[str, Tensor]:
    """The tensors of `model` that `network` has.

    Raises:
        ValueError: If it has others.
    """
    built = build_network({"id": network.name, "network": {"name": network.name, "options": network.options}})
    state, expected = model.state_dict(), built.state_dict()
    wrong = [name for name, value in expected.items() if name not in state or state[name].shape != value.shape]
    if wrong:
        raise ValueError(
            f"The model's weights are not those of the network {network.name} with {dict(network.options)}: "
            f"{', '.join(wrong[:4])} differ. Pass the network they belong to."
        )
    return {name: state[name] for name in expected}


def stored_form(value: Tensor, *, half: bool) -> Tensor:
    """A tensor as it is stored: on the CPU, contiguous, float32; kernels and matrices as float16 where asked for."""
    value = value.detach().cpu()
    if value.is_floating_point():
        value = value.to(torch.float16 if half and value.ndim > 1 else torch.float32)
    return value.contiguous().clone()


def json_bytes(content: Mapping[str, Any]) -> bytes:
    """JSON as it lies in a folder: indented, UTF-8, without NaN.

    Raises:
        ValueError: If a number is not finite.
    """
    return (json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Puts a folder with these files in the place of `folder`, at once.

    Raises:
        OSError: If it cannot be written.
    """
    try:
        with replaced(folder) as fresh:
            for name, data in files.items():
                (fresh / name).write_bytes(data)
    except OSError as error:
        raise OSError(
            error.errno or errno.EIO,
            f"The checkpoint {folder} could not be written ({error}). Free space or choose another folder; what was "
            "there before is kept.",
        ) from error
