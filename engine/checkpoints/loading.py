"""`engine.load`: from a reference to a model ready to use."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from engine.checkpoints.config import axes_of_config, build_network
from engine.checkpoints.device import Device, choose_device
from engine.checkpoints.directions import read_directions
from engine.checkpoints.errors import ConfigError, NeedsError
from engine.checkpoints.examples import read_examples
from engine.checkpoints.folder import Card, read_card, weights_hash
from engine.checkpoints.foreign_classifier import load_foreign
from engine.checkpoints.foreign_config import foreign_config
from engine.checkpoints.loaded import Loaded, LoadedClassifier, LoadedDecoder, LoadedEncoder
from engine.checkpoints.resolve import catalogue_id, find_folder, roots
from engine.checkpoints.weights import read_weights


def load(ref: str | Path, device: Device = "auto", *, folders: Sequence[Path] = ()) -> Any:  # noqa: ANN401 - see Returns
    """Loads a model: a catalogue id, a checkpoint folder, or a repository of the Hub.

    A folder or repository may also hold a classifier made elsewhere, such as a ResNet of timm: a `config.json` that
    names an architecture of torchvision (see `engine.checkpoints.foreign_config.network_of`), and safetensors.

    Args:
        ref: `mnist/tc5`; a folder; `owner/repo`, `owner/repo/mnist/tc5`, both optionally with `@revision`. Shipped and
            cached models never wait for the network.
        device: `auto` (CUDA where there is one), or any device torch knows.
        folders: More folders of checkpoints to look in for ids.

    Returns:
        A `LoadedClassifier`, `LoadedDecoder` or `LoadedEncoder` in eval mode. (Typed Any, since only the checkpoint
        decides which.)

    Raises:
        CheckpointError: Each failure under its own class, see `engine.checkpoints.errors`.
        DeviceError: If this machine has no such device.
    """
    target = choose_device(device)
    folder = find_folder(ref, folders=folders)
    id = catalogue_id(folder, folders)
    foreign = foreign_config(folder) if id is None else None
    if foreign is not None:
        return load_foreign(folder, foreign, id=folder.name if Path(ref).is_dir() else str(ref)).to(target)
    card = read_card(folder, id=id)
    _check_needs(card, folders)
    return load_folder(card).to(target)


def load_folder(card: Card) -> Loaded:
    """Builds the network of a card and gives it its weights, on the CPU, in eval mode.

    Raises:
        CheckpointError: If a file is damaged or does not belong to the network.
    """
    config = card.config
    with torch.device("meta"):  # a config may ask for any size: compare before memory is spent on it
        expected = build_network(config).state_dict()
    tensors = read_weights(card.folder / "model.safetensors", expected, sha256=config["weights"]["sha256"])
    network = build_network(config)
    network.load_state_dict(tensors)
    network.eval()
    space = network.space
    samples = card.folder / "samples.safetensors"
    examples = read_examples(samples, space, sha256=config["examples"]["sha256"])  # type: ignore[arg-type]
    if config["kind"] == "classifier":
        return LoadedClassifier(network, card, examples).eval()
    size = sum(part["size"] for part in config["layout"])
    if size != network.latent_dim:
        raise ConfigError(f"{card.folder} has a layout of {size} entries; its network takes {network.latent_dim}.")
    if examples.codes is None or examples.codes.ndim != 2 or examples.codes.shape[1] != size:
        raise ConfigError(f"{card.folder} should carry codes of {size} entries with its examples.")
    family = LoadedEncoder if callable(getattr(network, "encode", None)) else LoadedDecoder
    _, directions = read_directions(card.folder, network.layout, weights=config["weights"]["sha256"])  # type: ignore[arg-type]
    return family(network, card, examples, axes_of_config(config), directions).eval()


def _check_needs(card: Card, folders: Sequence[Path]) -> None:
    """Makes sure that the checkpoints this one stands on are there, with the weights it was made with.

    Raises:
        NeedsError: If one is missing or has other weights.
    """
    beside = card.folder.parent.parent
    for name, sha256 in card.config["needs"].items():
        places = [root / name for root in (beside, *roots(folders)) if (root / name / "config.json").is_file()]
        if not places:
            raise NeedsError(
                f"{card.config['id']} stands on {name}, which is not beside it in {beside} nor in the catalogue. "
                f"Get {name} from where this checkpoint came from."
            )
        found = weights_hash(places[0])
        if found != sha256:
            raise NeedsError(
                f"{card.config['id']} was made with weights {sha256[:12]}... of {name}, and {places[0]} has "
                f"{found[:12]}.... Get that version of {name}, or train {card.config['id']} again."
            )
