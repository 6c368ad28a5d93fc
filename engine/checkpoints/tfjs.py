"""Decoders of the interactive reconstruction study, from their TensorFlow.js files to registered networks.

A folder holds `config.json` (slider limits, percentiles, codes of 250 test examples) and `decoder_web/` with
`weights_manifest.json` and raw shards (Ross et al., 2021, https://arxiv.org/abs/2102.01264).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engine.checkpoints.config import read_json
from engine.checkpoints.errors import ConfigError
from engine.checkpoints.examples import Examples
from engine.checkpoints.folder import write_checkpoint
from engine.checkpoints.resolve import check_id
from engine.checkpoints.tfjs_layouts import Weights, network_and_weights
from engine.checkpoints.tfjs_shards import read_shards
from engine.checkpoints.weights import check_finite
from engine.interfaces import PERCENTILES, Axis
from engine.models.axes import axes_of
from engine.training import Recipe

_NUM_DRAWN = 256
_METRICS = {
    "mse": ("squared error per example", "Squared error summed over all values of an example"),
    "nll": ("nats per example", "Bernoulli cross-entropy summed over all pixels of an example"),
}
_SOURCE = "Ross et al. (2021), https://arxiv.org/abs/2102.01264; decoder published with the study"
_NOTE = "Imported from TensorFlow.js files, which hold no encoder; the examples are decoded from the codes they list."


@dataclass(frozen=True)
class Imported:
    """A decoder with what its files say of it.

    Attributes:
        weights: Network and tensors, as `tfjs_layouts` reads them.
        model: The network with its weights, in eval mode.
        codes: Codes of test examples, (N, D); drawn from the prior where the files have none.
        axes: Sliders with the study's limits and percentiles.
        metrics: Metrics stored beside the decoder.
    """

    weights: Weights
    model: Any
    codes: Tensor
    axes: tuple[Axis, ...]
    metrics: Mapping[str, Mapping[str, Any]]


def import_tfjs(folder: Path, root: Path, *, id: str | None = None, names: Sequence[str] = ()) -> Path:
    """Reads a decoder of the study and writes it as a checkpoint.

    Args:
        folder: The model's folder, with `config.json` and `decoder_web/`.
        root: Folder of checkpoints to write into.
        id: `<dataset>/<name>`; by default the data set of the network's layout and `<folder>-study`.
        names: Names of the continuous axes in the code's order.

    Returns:
        The checkpoint's folder.

    Raises:
        CorruptError: If a file is missing, or shards do not have the size their manifest says.
        TensorNamesError, TensorShapesError: If the tensors are none of the four known decoders.
        ConfigError: If `config.json` does not fit them, or the id is none.
    """
    found = read_tfjs(folder, names=names)
    name = id if id is not None else f"{found.weights.dataset}/{folder.resolve().name}-study"
    check_id(name)
    recipe = Recipe(
        id=name,
        title=f"Imported decoder, {sum(a.kind == 'continuous' for a in found.axes)} latents",
        dataset=name.partition("/")[0],
        network=found.weights.network,
        objective=None,
        steps=0,
        preset="paper",
        source=_SOURCE,
        note=_NOTE,
    )
    with torch.inference_mode():
        examples = Examples(x=found.model.decode(found.codes), codes=found.codes)
    training = {"imported_from": "TensorFlow.js"}
    return write_checkpoint(
        root, found.model, recipe=recipe, axes=found.axes, examples=examples, metrics=found.metrics, training=training
    )


def read_tfjs(folder: Path, *, names: Sequence[str] = ()) -> Imported:
    """Reads a decoder of the study; see `import_tfjs`."""
    config = read_json(folder / "config.json")
    weights = network_and_weights(read_shards(folder / "decoder_web"), num_latents=_whole(config, "Dz", folder))
    check_finite(weights.tensors, folder / "decoder_web")
    model = weights.network.build()
    model.load_state_dict(weights.tensors)
    model.eval()
    _check(config, model, folder)
    codes = _codes(config, model, folder)
    return Imported(weights, model, codes, _axes(config, model, codes, names, folder), _metrics(config))


def _check(config: Mapping[str, Any], model: Any, folder: Path) -> None:  # noqa: ANN401 - one of four families
    groups = config.get("Dc") or []
    latents, values = config["Dz"] + sum(groups), math.prod(model.space.shape)
    if latents != model.latent_dim or config.get("Dx", values) != values:
        raise ConfigError(
            f"{folder / 'config.json'} says {config.get('Dx')} values from {config['Dz']} latents and categories "
            f"{groups}; the decoder beside it makes {values} from {model.latent_dim}."
        )


def _codes(config: Mapping[str, Any], model: Any, folder: Path) -> Tensor:  # noqa: ANN401 - as above
    if "z" not in config:
        draw = getattr(model, "sample", None)
        if draw is None:
            raise ConfigError(
                f"{folder / 'config.json'} has no codes under 'z', and this decoder has no prior to draw from."
            )
        return draw(_NUM_DRAWN, generator=torch.Generator().manual_seed(0))
    try:
        parts = [torch.tensor(rows, dtype=torch.float32) for rows in (*config.get("c", []), config["z"])]
        codes = torch.cat(parts, dim=1)
    except (TypeError, ValueError, RuntimeError, IndexError) as error:
        text = f"{folder / 'config.json'} has codes 'z' and 'c' that do not fit together ({error})."
        raise ConfigError(text) from error
    if codes.shape[1] != model.latent_dim or not torch.isfinite(codes).all():
        raise ConfigError(
            f"{folder / 'config.json'} has codes of {codes.shape[1]} entries; the decoder takes {model.latent_dim}, "
            "all finite."
        )
    return codes


def _axes(
    config: Mapping[str, Any],
    model: Any,  # noqa: ANN401 - as above
    codes: Tensor,
    names: Sequence[str],
    folder: Path,
) -> tuple[Axis, ...]:
    """The study's limits and percentiles; the sliders' percentile range comes from the codes."""
    first = model.latent_dim - config["Dz"]
    try:
        limits = [(float(low), float(high)) for low, high in config["z_lims"]]
        table = config.get("z_pcts")
        rows = np.array([table[str(p)] for p in PERCENTILES], dtype=float).T if table else None  # (Dz, percentiles)
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"{folder / 'config.json'} has limits that cannot be read ({error!r}).") from error
    if len(limits) != config["Dz"] or (rows is not None and rows.shape != (config["Dz"], len(PERCENTILES))):
        raise ConfigError(f"{folder / 'config.json'} should have limits and percentiles of {config['Dz']} latents.")
    if names and len(names) != config["Dz"]:
        raise ConfigError(f"{folder} has {config['Dz']} latents; got the names {list(names)}.")
    drawn = limits if "z" not in config else ()
    axes = axes_of(model, codes, names=names, limits=drawn)
    places = [axis.indices[0] - first for axis in axes]  # negative for a category
    return tuple(
        _as_published(axis, limits[place], None if rows is None else rows[place]) if place >= 0 else axis
        for axis, place in zip(axes, places, strict=True)
    )


def _as_published(axis: Axis, limits: tuple[float, float], percentiles: Any) -> Axis:  # noqa: ANN401 - a row or None
    axis = replace(axis, minimum=limits[0], maximum=limits[1])
    if percentiles is None:
        return axis
    return replace(axis, percentiles=tuple(percentiles.tolist()), center=float(percentiles[PERCENTILES.index(50)]))


def _metrics(config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        name: {
            "value": float(config[name]),
            "unit": unit,
            "definition": f"{definition}; as stored with the imported decoder.",
            "paper_value": float(config[name]),
            "higher_is_better": False,
        }
        for name, (unit, definition) in _METRICS.items()
        if isinstance(config.get(name), int | float) and math.isfinite(config[name])
    }


def _whole(config: Mapping[str, Any], name: str, folder: Path) -> int:
    value = config.get(name)
    if not isinstance(value, int) or value < 1:
        raise ConfigError(f"{folder / 'config.json'} should give {name} as a positive whole number; got {value!r}.")
    return value
