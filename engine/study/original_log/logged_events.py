"""The original study's log, read event by event: every object with its line, and what is wrong with it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeGuard

Level = Literal["dropped", "mended", "aside"]

_BETWEEN = re.compile(r"[\s,\[\]]*")


@dataclass(frozen=True, kw_only=True)
class Notice:
    """What the reader of a log should know about one event.

    Attributes:
        line: Where the event begins, from 1.
        key: What kind of event it is; empty where that is not known.
        level: `dropped`: it could not be used; `mended`: it was used after a repair; `aside`: it is no answer.
        message: What is the matter.
    """

    line: int
    key: str
    level: Level
    message: str

    def __str__(self) -> str:
        return f"line {self.line}, {self.key or 'no event'}, {self.level}: {self.message}"


@dataclass(frozen=True, kw_only=True)
class Event:
    """One logged event.

    Attributes:
        line: Where it begins, from 1.
        key: What kind of event it is.
        session: Name of the session.
        user: Who took part; empty where the log does not tell.
        timestamp_ms: When it was sent, milliseconds since 1970.
        data: `eventData`.
        context: `eventContext`: modelIdx, modelKey, dataKey, viz.
    """

    line: int
    key: str
    session: str
    user: str
    timestamp_ms: float
    data: Mapping[str, Any]
    context: Mapping[str, Any]


class MalformedError(ValueError):
    """An event lacks something or has it in a wrong form."""


def read_events(text: str) -> Iterator[Event | Notice]:
    """The events of a log, in its order.

    Args:
        text: JSON objects, one a line, or one JSON array of them.

    Yields:
        An event, or what is wrong with what should have been one.
    """
    for line, value in _objects(text):
        if isinstance(value, Notice):
            yield value
            continue
        key = value.get("key")
        try:
            yield _event(line, value)
        except MalformedError as error:
            yield Notice(line=line, key=key if isinstance(key, str) else "", level="dropped", message=str(error))


def number(data: Mapping[str, Any], name: str) -> float:
    """A finite number.

    Raises:
        MalformedError: If it is anything else.
    """
    value = data.get(name)
    if not _is_number(value):
        raise MalformedError(f"{name} should be a number; got {_short(value)}")
    return float(value)


def whole(data: Mapping[str, Any], name: str) -> int:
    """A whole number from 0.

    Raises:
        MalformedError: If it is anything else.
    """
    value = number(data, name)
    if value != int(value) or value < 0:
        raise MalformedError(f"{name} should be a whole number from 0; got {value:g}")
    return int(value)


def numbers(data: Mapping[str, Any], name: str) -> tuple[float, ...]:
    """A list of finite numbers.

    Raises:
        MalformedError: If it is anything else.
    """
    values = data.get(name)
    if not isinstance(values, list) or not values or not all(_is_number(value) for value in values):
        raise MalformedError(f"{name} should be a list of numbers; got {_short(values)}")
    return tuple(float(value) for value in values)


def text(data: Mapping[str, Any], name: str) -> str:
    """A text that is not empty.

    Raises:
        MalformedError: If it is anything else.
    """
    value = data.get(name)
    if not isinstance(value, str) or not value:
        raise MalformedError(f"{name} should be a text; got {_short(value)}")
    return value


def items(data: Mapping[str, Any], name: str) -> Sequence[Any]:
    """A list.

    Raises:
        MalformedError: If it is anything else.
    """
    value = data.get(name)
    if not isinstance(value, list):
        raise MalformedError(f"{name} should be a list; got {_short(value)}")
    return value


def mapping(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An object, which some loggers write as JSON inside a text.

    Raises:
        MalformedError: If it is anything else.
    """
    value = data.get(name)
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise MalformedError(f"{name} should be an object; got the text {_short(value)}") from error
    if not isinstance(value, dict):
        raise MalformedError(f"{name} should be an object; got {_short(value)}")
    return value


def _event(line: int, value: Mapping[str, Any]) -> Event:
    inner = mapping(value, "value")
    user = inner.get("userId") or inner.get("workerId") or ""
    return Event(
        line=line,
        key=text(value, "key"),
        session=_name(inner, "session"),
        user=str(user),
        timestamp_ms=number(inner, "timestamp"),
        data=mapping(inner, "eventData"),
        context=mapping(inner, "eventContext") if inner.get("eventContext") is not None else {},
    )


def _name(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else text(data, name)


def _objects(log: str) -> Iterator[tuple[int, Any]]:
    decoder = json.JSONDecoder()
    place, line, counted = 0, 1, 0
    while (place := _skip(log, place)) < len(log):
        line += log.count("\n", counted, place)
        counted = place
        try:
            value, place = decoder.raw_decode(log, place)
        except (ValueError, RecursionError) as error:
            why = error.msg if isinstance(error, json.JSONDecodeError) else "objects lie too deep in each other"
            yield line, _dropped(line, f"this is no JSON ({why}); the rest of the line is passed over")
            place = end if (end := log.find("\n", place)) >= 0 else len(log)
            continue
        if isinstance(value, dict):
            yield line, value
        else:
            yield line, _dropped(line, f"an event is an object; got {_short(value)}")


def _skip(log: str, place: int) -> int:
    found = _BETWEEN.match(log, place)
    return found.end() if found else place


def _dropped(line: int, message: str) -> Notice:
    return Notice(line=line, key="", level="dropped", message=message)


def _is_number(value: object) -> TypeGuard[float]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < 1e300 and math.isfinite(value)


def _short(value: object) -> str:
    written = repr(value)
    return written if len(written) <= 60 else f"{written[:59]}…"
