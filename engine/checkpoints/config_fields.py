"""The fields of `config.json`: which there are and what each may hold."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from engine.checkpoints.errors import ConfigError
from engine.interfaces import Axis

Check = Callable[[Any], bool]
KINDS = ("latent", "formula", "classifier")
AXIS_KINDS = ("continuous", "category", "direction")
_NUMBERS = ("low", "high", "center", "minimum", "maximum", "effect")


def check_fields(config: Mapping[str, Any], path: Path) -> None:
    """Makes sure that whatever is read of a config later is there and of its type.

    Raises:
        ConfigError: Naming the field, what it should be and what was found.
    """
    missing = [name for name in FIELDS if "." not in name and name not in config]
    if missing:
        raise ConfigError(f"{path} lacks {', '.join(missing)}; the checkpoint should be written again.")
    for name, (what, fits) in FIELDS.items():
        above, _, own = name.rpartition(".")
        within = config[above] if above else config
        if own not in within:
            raise ConfigError(f"{path} lacks {name}; the checkpoint should be written again.")
        if not fits(within[own]):
            raise ConfigError(f"{path} should have {what} as {name}; found {shown(within[own])}.")


def check_axis(axis: Axis, size: int, id: str) -> None:
    """Makes sure that an axis moves entries of a code of that size, between finite ends.

    Raises:
        ConfigError: Naming the axis, what is wrong with it and the checkpoint.
    """
    number = {name: is_number(getattr(axis, name)) for name in _NUMBERS}
    indices = isinstance(axis.indices, tuple) and all(is_whole(i) and i < size for i in axis.indices)
    options = len(axis.indices) if indices and axis.kind == "category" else 0
    fits = {
        "name": isinstance(axis.name, str),
        "kind": axis.kind in AXIS_KINDS,
        "indices": indices and len(axis.indices) > 0,
        **number,
        "center": number["center"] and (not options or axis.center in range(options)),
        "options": isinstance(axis.options, tuple) and len(axis.options) == options,
        "direction": isinstance(axis.direction, tuple) and all(is_number(entry) for entry in axis.direction),
    }
    wrong = next((name for name, well in fits.items() if not well), None)
    if wrong is not None:
        found = shown(getattr(axis, wrong))
        raise ConfigError(f"{id} lists axes that cannot be read ({axis.name!r} has {wrong} = {found}).")


def is_number(value: object) -> bool:
    """Whether a JSON value is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def is_whole(value: object) -> bool:
    """Whether a JSON value is a whole number that is not negative."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def shown(value: object) -> str:
    """A value in a message, cut where it is long."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_object(value: object) -> bool:
    return isinstance(value, Mapping)


def _is_texts(value: object) -> bool:
    return isinstance(value, Mapping) and all(isinstance(item, str) for item in value.values())


def _is_rows(value: object) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(row, Mapping) for row in value)


def _is_layout(value: object) -> bool:
    return _is_rows(value) and all(_is_text(row.get("name")) and is_whole(row.get("size")) for row in value)  # type: ignore[attr-defined] # rows


_TEXT, _OBJECT = ("a text", _is_text), ("an object", _is_object)

# By name, with dots into objects: what it should be, and how that is told.
FIELDS: Mapping[str, tuple[str, Check]] = MappingProxyType(
    {
        "id": _TEXT,
        "title": _TEXT,
        "dataset": _TEXT,
        "kind": (f"one of {', '.join(KINDS)}", lambda value: value in KINDS),
        "preset": _TEXT,
        "network": _OBJECT,
        "network.name": _TEXT,
        "network.options": _OBJECT,
        "layout": ("a list of parts with name and size", _is_layout),
        "axes": ("a list of objects", _is_rows),
        "parameters": ("a whole number", is_whole),
        "weights": _OBJECT,
        "weights.sha256": _TEXT,
        "examples": _OBJECT,
        "examples.sha256": _TEXT,
        "needs": ("an object of hashes by id", _is_texts),
        "training": _OBJECT,
        "note": _TEXT,
    }
)
