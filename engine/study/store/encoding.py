"""Frozen dataclasses to JSON values and back, every value checked against its annotation."""

from __future__ import annotations

import functools
import json
import math
import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")

_WORDS = {float: "a number", int: "a whole number", str: "text", bool: "true or false"}


def to_json(value: Any) -> Any:  # noqa: ANN401 - any value made of dataclasses and JSON values
    """The value as JSON knows it: dataclasses become objects, tuples lists, and a union's member names its `kind`."""
    if is_dataclass(value) and not isinstance(value, type):
        hints = _hints(type(value))
        return {field.name: _field_to_json(getattr(value, field.name), hints[field.name]) for field in fields(value)}
    if isinstance(value, Mapping):
        return {key: to_json(part) for key, part in value.items()}
    if isinstance(value, tuple | list):
        return list(value) if _plain(value) else [to_json(part) for part in value]
    return value


def from_json(kind: type[T], data: Any, path: str = "") -> T:  # noqa: ANN401 - what a page or a file says
    """A dataclass from what `to_json` made of it, or from what somebody claims to be that.

    Args:
        kind: The dataclass.
        data: Parsed JSON; what has a default may be missing.
        path: Where in a larger value this is, for messages.

    Raises:
        ValueError: If a value is of the wrong type, missing or unknown; the message names its place.
    """
    if not isinstance(data, Mapping):
        raise _wrong(path, "an object", data)
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type] # T is a dataclass
    unknown = [name for name in data if name not in known]
    if unknown:
        raise ValueError(f"{path or kind.__name__} has no {unknown[0]!r:.80}; it knows {sorted(known)}.")
    missing = [name for name, field in known.items() if name not in data and _required(field)]
    if missing:
        raise ValueError(f"{path or kind.__name__} lacks {missing[0]!r}; add it.")
    hints = _hints(kind)  # type: ignore[arg-type] # a class is hashable
    prefix = f"{path}." if path else ""
    return kind(**{name: _read(hints[name], value, prefix + name) for name, value in data.items()})


def dumps(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """Compact JSON with sorted keys, ASCII only: equal values give equal text.

    Raises:
        ValueError: If a number is not finite.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _read(hint: Any, value: Any, path: str) -> Any:  # noqa: ANN401
    if hint is Any:
        return value
    if hint is float:
        return _number(value, path)
    if hint in (int, str, bool):
        if type(value) is not hint:  # True is an int, but no number of a step
            raise _wrong(path, _WORDS[hint], value)
        return value
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        if not isinstance(value, str) or value not in arguments:
            raise _wrong(path, f"one of {list(arguments)}", value)
        return value
    if origin is tuple:
        return _read_tuple(arguments, value, path)
    if origin in (Union, types.UnionType):
        return _read_union(arguments, value, path)
    if is_dataclass(hint):
        return from_json(hint, value, path)  # type: ignore[arg-type] # a dataclass' type
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise _wrong(path, "an object", value)
    return dict(value)


def _number(value: Any, path: str) -> float:  # noqa: ANN401
    if type(value) is float:
        return value
    if type(value) is not int:
        raise _wrong(path, "a number", value)
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _read_tuple(arguments: tuple[Any, ...], value: Any, path: str) -> tuple[Any, ...]:  # noqa: ANN401
    if not isinstance(value, list | tuple):
        raise _wrong(path, "a list", value)
    if arguments[-1] is Ellipsis:
        if arguments[0] is float and all(type(part) is float for part in value):
            return tuple(value)  # a history has thousands
        return tuple(_read(arguments[0], part, f"{path}[{at}]") for at, part in enumerate(value))
    if len(value) != len(arguments):
        raise _wrong(path, f"a list of {len(arguments)}", value)
    return tuple(_read(hint, value[at], f"{path}[{at}]") for at, hint in enumerate(arguments))


def _read_union(arguments: tuple[Any, ...], value: Any, path: str) -> Any:  # noqa: ANN401
    members = [one for one in arguments if one is not types.NoneType]
    if value is None and len(members) < len(arguments):
        return None
    if len(members) == 1:
        return _read(members[0], value, path)
    by_name = {one.__name__.lower(): one for one in members}
    name = value.get("kind") if isinstance(value, Mapping) else None
    if not isinstance(name, str) or name not in by_name:
        raise _wrong(f"{path}.kind", f"one of {sorted(by_name)}", name)
    return from_json(by_name[name], {key: part for key, part in value.items() if key != "kind"}, path)


def _field_to_json(value: Any, hint: Any) -> Any:  # noqa: ANN401
    """Members of a union of dataclasses carry their `kind`."""
    if get_origin(hint) is tuple and isinstance(value, tuple) and get_args(hint)[-1] is Ellipsis:
        if _plain(value):
            return list(value)
        return [_field_to_json(part, get_args(hint)[0]) for part in value]
    members = [one for one in get_args(hint) if is_dataclass(one)]
    if len(members) > 1 and is_dataclass(value):
        return {"kind": type(value).__name__.lower(), **to_json(value)}
    return to_json(value)


def _plain(values: Any) -> bool:  # noqa: ANN401
    return all(type(part) in (float, int, str) for part in values)


def _required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _wrong(path: str, wanted: str, given: Any) -> ValueError:  # noqa: ANN401
    text = repr(given)
    return ValueError(f"{path or 'This'} should be {wanted}; got {text if len(text) <= 80 else text[:77] + '...'}.")
