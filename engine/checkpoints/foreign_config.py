"""The small config of a classifier made elsewhere: `config.json` of a timm repository, or a few lines of one's own."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.checkpoints.config import read_json
from engine.checkpoints.config_fields import is_number, shown
from engine.checkpoints.errors import ConfigError
from engine.models.normalise_pictures import IMAGENET_MEAN, IMAGENET_STD
from engine.models.torchvision_classifier import INTERPOLATIONS, architectures, imagenet_classes
from engine.registry import unknown
from engine.training import Network

WEIGHTS = "model.safetensors"
_MAX_CLASSES = 100_000
_MAX_SIZE = 4096  # pixels


def foreign_config(folder: Path) -> dict[str, Any] | None:
    """The content of `config.json` if it is that of a classifier made elsewhere; None if it is one of ours.

    Raises:
        CorruptError: If it is missing or damaged.
    """
    config = read_json(folder / "config.json")
    return config if is_foreign(config) else None


def is_foreign(config: Mapping[str, Any]) -> bool:
    """Whether it names an architecture and has no format of ours."""
    return "architecture" in config and "format" not in config


def network_of(config: Mapping[str, Any], path: Path) -> Network:
    """The network that a config describes.

    Fields may stand at the top or in `pretrained_cfg`, as timm writes them; the top wins:

    - `architecture`: the name of a classifier of torchvision; those of timm whose tensors have the same names, its
      ResNets for instance, have the same name as well.
    - `classes` or `label_names`: names of the outputs, a list or an object by number; or `num_classes` alone, when they
      are called by their numbers. A thousand classes whose `tag` ends with `in1k` get ImageNet's names.
    - `exclusive`: whether one class applies, which is so unless there is one output only.
    - `input_size`: [3, side, side] that the network reads, [3, 224, 224] by default.
    - `crop_pct`: the share of a side that is read after resizing; all by default.
    - `mean`, `std`: of each colour, ImageNet's by default; `interpolation`: `bilinear` (default) or `bicubic`.

    Args:
        config: The content of `config.json`.
        path: Its place, for messages.

    Raises:
        ConfigError: If a field is not as described, or asks for what torchvision does not have.
    """
    inner = config.get("pretrained_cfg")
    fields = {**(inner if isinstance(inner, Mapping) else {}), **config}
    name = fields["architecture"]
    if name not in architectures():
        raise ConfigError(
            f"{path} asks for what torchvision does not have: {unknown('architecture', str(name), architectures())} "
            "A network of timm loads only where torchvision has the same one."
        )
    _refuse_variations(fields, path)
    classes = _classes(fields, path)
    crop = _side(fields, path)
    share = fields.get("crop_pct", 1.0)
    if not (is_number(share) and 0.1 <= share <= 1):
        raise _wrong(path, "a share from 0.1 to 1", "crop_pct", share)
    size = math.floor(crop / share)  # as timm does
    if size > _MAX_SIZE:
        raise _wrong(path, f"a share of a picture of up to {_MAX_SIZE} pixels", "crop_pct", share)
    interpolation = fields.get("interpolation", "bilinear")
    if interpolation not in INTERPOLATIONS:
        raise _wrong(path, f"one of {', '.join(INTERPOLATIONS)}", "interpolation", interpolation)
    exclusive = fields.get("exclusive", len(classes) > 1)
    if not isinstance(exclusive, bool) or (exclusive and len(classes) == 1):
        raise _wrong(path, "true or false (false for a single output)", "exclusive", exclusive)
    options = {
        "architecture": name,
        "classes": classes,
        "size": size,
        "crop": crop,
        "mean": _colours(fields, "mean", IMAGENET_MEAN, path),
        "std": _colours(fields, "std", IMAGENET_STD, path),
        "interpolation": interpolation,
        "exclusive": exclusive,
    }
    return Network("torchvision-classifier", options)


def weights_name(config: Mapping[str, Any], path: Path) -> str:
    """Name of the file of weights beside the config: its field `weights`, or `model.safetensors`.

    Raises:
        ConfigError: If it is no plain name.
    """
    name = config.get("weights", WEIGHTS)
    if not isinstance(name, str) or not name or Path(name).name != name or name.startswith("."):
        raise _wrong(path, "the name of a file beside it", "weights", name)
    return name


def _refuse_variations(fields: Mapping[str, Any], path: Path) -> None:
    """What would give the same tensors another meaning."""
    for field, usual in (("model_args", (None, {})), ("global_pool", (None, "avg")), ("crop_mode", (None, "center"))):
        if fields.get(field) not in usual:
            raise ConfigError(
                f"{path} has {field} = {shown(fields[field])}, a variation that torchvision does not have; use the "
                "model with the library it was made with."
            )


def _classes(fields: Mapping[str, Any], path: Path) -> tuple[str, ...]:
    names = next((fields[key] for key in ("classes", "label_names", "labels") if fields.get(key) is not None), None)
    count = fields.get("num_classes")
    if isinstance(names, Mapping):
        names = [names.get(str(place)) for place in range(len(names))]
    if names is None:
        if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= _MAX_CLASSES:
            raise _wrong(path, f"classes, or a number from 1 to {_MAX_CLASSES:,}", "num_classes", count)
        of_imagenet = count == 1000 and str(fields.get("tag", "")).endswith("in1k")
        return imagenet_classes() if of_imagenet else tuple(str(place) for place in range(count))
    if not isinstance(names, list) or not names or not all(isinstance(name, str) and name for name in names):
        raise _wrong(path, "a list of names, or an object of names by 0, 1, 2 and so on,", "classes", names)
    if count is not None and count != len(names):
        raise ConfigError(f"{path} names {len(names)} classes and says num_classes = {shown(count)}; correct either.")
    described = fields.get("label_descriptions")
    described = described if isinstance(described, Mapping) else {}
    return tuple(str(described.get(name, name)) for name in names)


def _side(fields: Mapping[str, Any], path: Path) -> int:
    size = fields.get("input_size", [3, 224, 224])
    whole = isinstance(size, list) and all(isinstance(n, int) and not isinstance(n, bool) for n in size)
    if not whole or len(size) != 3 or size[0] != 3 or size[1] != size[2] or not 1 <= size[1] <= _MAX_SIZE:
        raise _wrong(path, f"[3, side, side], a square of up to {_MAX_SIZE} pixels,", "input_size", size)
    side: int = size[1]
    return side


def _colours(fields: Mapping[str, Any], name: str, usual: tuple[float, ...], path: Path) -> tuple[float, ...]:
    values = fields.get(name, list(usual))
    well = isinstance(values, list) and len(values) == 3 and all(is_number(value) for value in values)
    if not well or (name == "std" and min(values) <= 0):
        raise _wrong(path, "three numbers", name, values)
    return tuple(float(value) for value in values)


def _wrong(path: Path, what: str, field: str, found: object) -> ConfigError:
    return ConfigError(f"{path} should have {what} as {field}; found {shown(found)}.")
