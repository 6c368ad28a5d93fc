"""Classifiers made elsewhere: a small config and weights, from a folder or a Hub repository, loaded or imported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch

from engine.checkpoints.config import FORMAT, build_network, plain_space
from engine.checkpoints.default_id import check_free, default_id
from engine.checkpoints.errors import ConfigError
from engine.checkpoints.examples import Examples
from engine.checkpoints.folder import Card, write_checkpoint
from engine.checkpoints.foreign_config import foreign_config, network_of, weights_name
from engine.checkpoints.loaded import LoadedClassifier
from engine.checkpoints.resolve import check_id, find_folder
from engine.checkpoints.state_dict_file import StateDict, fitted, read_state_dict
from engine.models.torchvision_classifier import TorchvisionClassifier
from engine.training import Network, Recipe

_NOTE = "As it came, with its weights; without examples, and under the licence of its publishers."


@dataclass(frozen=True)
class _Found:
    network: Network
    model: TorchvisionClassifier
    weights: StateDict
    title: str


def load_foreign(folder: Path, config: Mapping[str, Any], *, id: str) -> LoadedClassifier:
    """Loads a classifier made elsewhere, on the CPU, in eval mode; see `foreign_config.network_of` for its config.

    Args:
        folder: With `config.json` and a safetensors file.
        config: The content of the former.
        id: What it was asked for by.

    Raises:
        CheckpointError: If config or weights are not as they should be; a pickle of weights has to be imported first.
    """
    name = weights_name(config, folder / "config.json")
    if not name.endswith(".safetensors"):
        raise ConfigError(
            f"{folder / name} is a pickle; only safetensors are loaded directly. Import it, with torch's restricted "
            "reader: python scripts/import_model.py classifier FOLDER --out checkpoints."
        )
    found = _read(folder, config, id)
    model = found.model
    card = Card(folder, MappingProxyType(_described(found, id)), MappingProxyType({}))
    return LoadedClassifier(model, card, _no_examples(model)).eval()


def import_classifier(source: str | Path, root: Path, *, id: str | None = None) -> Path:
    """Writes a classifier made elsewhere as a checkpoint, so that catalogue and apps have it.

    Args:
        source: A folder with `config.json` (see `foreign_config.network_of`) and the weights it names, safetensors or
            a state dict that torch.save wrote; or `owner/repo[@revision]` on the Hub, safetensors only.
        root: Folder of checkpoints to write into.
        id: `<data set>/<name>`, in place of the checkpoint that may have it; by default `folder/<name of the source>`,
            for one's own pictures, where no other weights have that name.

    Returns:
        The checkpoint's folder.

    Raises:
        CheckpointError: If there is no such source, its files are not as they should be, the id is none, or the default
            one is taken by other weights.
    """
    local = Path(source).expanduser().is_dir()
    own = Path(source).expanduser().resolve().name if local else str(source).partition("@")[0].rpartition("/")[2]
    name = id if id is not None else default_id(own)
    check_id(name)
    folder = find_folder(source)
    config = foreign_config(folder)
    if config is None:
        raise ConfigError(f"{folder} is a checkpoint of this program already; engine.load({str(source)!r}) opens it.")
    found = _read(folder, config, own if id is None else name.partition("/")[2])
    if id is None:
        check_free(root / name, name, sha256=found.weights.sha256, source=found.weights.path)
    recipe = Recipe(
        id=name,
        title=found.title,
        dataset=name.partition("/")[0],
        network=found.network,
        objective=None,
        steps=0,
        preset="imported",
        source=own if local else f"{source} on the Hugging Face Hub",
        note=_NOTE,
    )
    return write_checkpoint(
        root,
        found.model,
        recipe=recipe,
        axes=(),
        examples=_no_examples(found.model),
        metrics={},
        training={"imported_from": found.weights.path.name, "sha256": found.weights.sha256},
    )


def _read(folder: Path, config: Mapping[str, Any], name: str) -> _Found:
    path = folder / "config.json"
    network = network_of(config, path)
    row = {"id": name, "network": {"name": network.name, "options": network.options}}
    with torch.device("meta"):  # a config may ask for any size: compare before memory is spent on it
        planned = build_network(row)
        assert isinstance(planned, TorchvisionClassifier)
        _check_size(planned, path)
    weights = read_state_dict(folder / weights_name(config, path))
    architecture = str(network.options["architecture"])
    tensors = fitted(weights, planned.body, f"torchvision's {architecture} with {len(planned.classes)} outputs")
    model = build_network(row)
    assert isinstance(model, TorchvisionClassifier)
    model.body.load_state_dict(tensors)
    title = f"{name} ({architecture}), {len(model.classes)} output{'s' * (len(model.classes) > 1)}"
    return _Found(network, model.eval(), weights, title)


def _check_size(planned: TorchvisionClassifier, path: Path) -> None:
    """Some networks read pictures of one size only, and all need a smallest one; a pass without values tells."""
    try:
        planned.eval()(torch.empty(1, *planned.space.shape))
    except (RuntimeError, ValueError, AssertionError) as error:
        raise ConfigError(f"{path} has an input_size that its architecture does not take ({error}).") from error


def _no_examples(model: TorchvisionClassifier) -> Examples:
    return Examples(x=torch.zeros(0, *model.space.shape))


def _described(found: _Found, id: str) -> dict[str, Any]:
    """What `config.json` of a checkpoint would say of it."""
    return {
        "format": FORMAT,
        "id": id,
        "title": found.title,
        "dataset": "",
        "kind": "classifier",
        "preset": "imported",
        "network": {"name": found.network.name, "options": dict(found.network.options)},
        "space": plain_space(found.model.space),
        "layout": [],
        "prior": None,
        "classes": list(found.model.classes),
        "axes": [],
        "parameters": sum(parameter.numel() for parameter in found.model.parameters()),
        "weights": {"sha256": found.weights.sha256},
        "examples": {"count": 0, "sha256": ""},
        "needs": {},
        "training": {"imported_from": found.weights.path.name},
        "source": id,
        "note": _NOTE,
    }
