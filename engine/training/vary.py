"""Varying a recipe by dotted settings, `optimiser.lr=1e-4`; a varied row gets an id of its own."""

from __future__ import annotations

import dataclasses
import inspect
import json
import math
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from engine.models import MODELS
from engine.registry import Registry, unknown
from engine.training.recipe import PARTS, Network, Recipe
from engine.training.state import WORDS

# Fields that name or describe a row, or that say what other rows it stands on.
FIXED = WORDS | {"needs"}


class SettingError(ValueError):
    """A setting names nothing that can be varied, or its value is of the wrong kind."""


def vary(recipe: Recipe, settings: Sequence[str]) -> Recipe:
    """The recipe with some settings changed, and `+key=value` for each of them added to its id.

    Args:
        recipe: The row.
        settings: `key=value` with dots into parts: `steps=100`, `optimiser.lr=1e-4`, `network.width=16`,
            `objective.terms.1.weight=4`, `optimiser=sgd`. A value equal to the row's own changes nothing.

    Raises:
        SettingError: If a key is not known (the message lists those that are) or a value does not fit.
    """
    varied, suffix = recipe, []
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not equals:
            raise SettingError(f"--set takes KEY=VALUE; got {setting!r}. For example: --set optimiser.lr=1e-4.")
        try:
            changed = _changed(varied, key.split("."), text, _Place(recipe.id, key))
        except ValueError as error:  # a row refuses what makes no sense
            raise SettingError(str(error)) from error
        if changed != varied:
            varied = changed
            suffix.append(f"{key}={_shown(_get(changed, key.split('.')))}")
    if not suffix:
        return recipe
    note = f"{recipe.note} Varied: {', '.join(suffix)}.".strip()
    return replace(varied, id="+".join([recipe.id, *sorted(suffix)]), note=note)


@dataclass(frozen=True)
class _Place:
    """Where we are, for messages."""

    recipe: str
    key: str


def _children(value: Any) -> dict[str, tuple[Any, Any]]:  # noqa: ANN401 - walks a tree of unlike values
    """Name -> (value, annotated type or None) of whatever lies below; empty for a plain value."""
    if isinstance(value, Network):
        parameters = inspect.signature(MODELS[value.name]).parameters
        return {name: (value.options.get(name, p.default), None) for name, p in parameters.items()}
    if dataclasses.is_dataclass(value):
        hints = typing.get_type_hints(type(value))
        names = [field.name for field in dataclasses.fields(value)]
        fixed = FIXED if isinstance(value, Recipe) else frozenset()
        return {name: (getattr(value, name), hints[name]) for name in names if name not in fixed}
    if isinstance(value, Mapping):
        return {key: (item, None) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return {str(i): (item, None) for i, item in enumerate(value)}
    return {}


def _get(value: Any, path: Sequence[str]) -> Any:  # noqa: ANN401 - walks a tree of unlike values
    for name in path:
        value = _children(value)[name][0]
    return value


def _changed(value: Any, path: Sequence[str], text: str, place: _Place) -> Any:  # noqa: ANN401 - as above
    children = _children(value)
    head, *rest = path
    if head not in children:
        raise SettingError(f"{place.recipe}: {unknown('setting', place.key, _keys(value, place, path))}")
    old, hint = children[head]
    new = _changed(old, rest, text, place) if rest else _parsed(text, old, hint, place)
    if isinstance(value, Network):
        return Network(value.name, {**value.options, head: new})
    if isinstance(value, tuple | list):
        return tuple(new if str(i) == head else item for i, item in enumerate(value))
    if isinstance(value, Mapping):
        return {**value, head: new}
    return replace(value, **{head: new})


def _keys(value: Any, place: _Place, path: Sequence[str]) -> list[str]:  # noqa: ANN401 - as above
    """The full keys that could have been meant at this level."""
    before = place.key.split(".")[: -len(path)]
    return [".".join([*before, name]) for name in _children(value)]


def _parsed(text: str, old: Any, hint: Any, place: _Place) -> Any:  # noqa: ANN401 - the value's type is the row's
    registry = _registry(old)
    if registry is not None or _children(old):
        if registry is not None and text in registry:
            try:
                return registry.build(text)
            except TypeError as error:
                raise SettingError(f"{place.recipe}: {place.key}={text} does not say enough ({error}).") from error
        inner = [f"{place.key}.{name}" for name in _children(old)]
        raise SettingError(f"{place.recipe}: {place.key} has parts; set one of {inner}" + _or_names(registry))
    if typing.get_origin(hint) is Literal:
        if text not in typing.get_args(hint):
            raise SettingError(
                f"{place.recipe}: {place.key} should be one of {list(typing.get_args(hint))}; got {text!r}."
            )
        return text
    if isinstance(old, str):
        return text
    try:
        new = json.loads(text.lower() if text in ("True", "False", "None") else text)
    except ValueError:  # not JSON, or a number of thousands of digits
        new = text
    if isinstance(old, bool) or old is None:
        fits = isinstance(new, bool) or old is None
    else:
        fits = isinstance(new, int | float) and not isinstance(new, bool) and _is_finite(new)
        if isinstance(old, int):
            fits = fits and new == int(new)
    if not fits:
        raise SettingError(f"{place.recipe}: {place.key} is a {type(old).__name__}, {old!r} so far; got {text!r}.")
    return new if old is None else type(old)(new)


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond any float
        return False


def _registry(value: Any) -> Registry[Any] | None:  # noqa: ANN401 - any part
    for registry in PARTS.values():
        if any(registry[name] is type(value) for name in registry):
            return registry
    return None


def _or_names(registry: Registry[Any] | None) -> str:
    return "." if registry is None else f", or replace it by one of {list(registry)}."


def _shown(value: Any) -> str:  # noqa: ANN401 - any plain value or part
    registry = _registry(value)
    if registry is not None:
        return next(name for name in registry if registry[name] is type(value))
    return str(value).replace("/", "-")
