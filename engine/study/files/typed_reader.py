"""Frozen dataclasses from marked values: the types, defaults and Literals of their fields say what may stand where."""

from __future__ import annotations

import dataclasses
import math
import types
from collections.abc import Iterator, Mapping
from dataclasses import MISSING
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from engine.registry import unknown
from engine.study.files.marked_yaml import Node, Place
from engine.study.files.study_problem import Path, Problem, short

_NAMES = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}


class UnreadError(AttributeError):
    """A field was asked for that could not be read."""


class Partial:
    """What could be read of an object some of whose fields are wrong.

    Attributes:
        partial_of: The dataclass it would have been; no field has such a name.
        partial_fields: Its fields by name, `UNREAD` for what is wrong.
    """

    def __init__(self, kind: type, read: Mapping[str, Any]) -> None:
        self.partial_of = kind
        self.partial_fields = read

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - a field may be anything
        value = self.partial_fields.get(name, UNREAD)
        if value is UNREAD:
            raise UnreadError(name)
        return value


UNREAD: Any = Partial(object, {})  # nothing could be read


class TypedReader:
    """Reads values as what a type says, and collects every problem instead of stopping at the first.

    Args:
        shorthands: By dataclass, what `use: NAME` stands for in a list of it.
    """

    def __init__(self, shorthands: Mapping[type, Mapping[str, tuple[Any, ...]]]) -> None:
        self.shorthands = shorthands
        self.problems: list[Problem] = []
        self._origins: dict[Path, tuple[Path, Place]] = {}

    def read(self, node: Node, kind: Any, path: Path, shown: Path) -> Any:  # noqa: ANN401 - what comes out is `kind`
        """The value of a node, `UNREAD` or a `Partial` where it is wrong.

        Args:
            node: What stands in the file.
            kind: The type it should have.
            path: Where it comes to stand in the object.
            shown: Where it stands in the file; the two differ behind a shorthand.
        """
        self._origins[path] = (shown, node.place)
        origin = get_origin(kind)
        if origin in (Union, types.UnionType):
            return self._optional(node, kind, path, shown)
        if origin is Literal:
            return self._literal(node, kind, shown)
        if origin is tuple:
            return self._tuple(node, kind, path, shown)
        if dataclasses.is_dataclass(kind):
            return self._dataclass(node, kind, path, shown)
        return self._scalar(node, kind, shown)

    def problem(self, path: Path, message: str) -> Problem:
        """A problem of the object at `path`, led back to the line where it, or what it lies in, is written."""
        for length in range(len(path), -1, -1):
            if path[:length] in self._origins:
                shown, place = self._origins[path[:length]]
                return Problem(field=(*shown, *path[length:]), message=message, line=place.line, column=place.column)
        return Problem(field=path, message=message)

    def _wrong(self, shown: Path, place: Place, message: str) -> Any:  # noqa: ANN401 - UNREAD stands for any value
        self.problems.append(Problem(field=shown, message=message, line=place.line, column=place.column))
        return UNREAD

    def _optional(self, node: Node, kind: Any, path: Path, shown: Path) -> Any:  # noqa: ANN401 - as read
        (inner,) = (option for option in get_args(kind) if option is not type(None))
        return None if node.value is None else self.read(node, inner, path, shown)

    def _literal(self, node: Node, kind: Any, shown: Path) -> Any:  # noqa: ANN401 - as read
        if node.value in get_args(kind) and isinstance(node.value, str):
            return node.value
        if isinstance(node.value, str):
            return self._wrong(shown, node.place, unknown("choice", short(node.value), get_args(kind)))
        return self._wrong(shown, node.place, f"it should be {described(kind)}; got {found(node)}")

    def _scalar(self, node: Node, kind: Any, shown: Path) -> Any:  # noqa: ANN401 - as read
        value = float(node.value) if kind is float and type(node.value) is int else node.value
        if type(value) is not kind:
            return self._wrong(shown, node.place, f"it should be {described(kind)}; got {found(node)}")
        if isinstance(value, float) and not math.isfinite(value):
            return self._wrong(shown, node.place, "the number is too large")
        return value

    def _tuple(self, node: Node, kind: Any, path: Path, shown: Path) -> Any:  # noqa: ANN401 - as read
        if not isinstance(node.value, tuple):
            return self._wrong(shown, node.place, f"it should be {described(kind)}; got {found(node)}")
        options = get_args(kind)
        if options[-1] is not Ellipsis and len(node.value) != len(options):
            return self._wrong(shown, node.place, f"it should be {described(kind)}; got {len(node.value)} of them")
        inner = options[0]  # all of one type, as the study's are
        values = tuple(self._items(node.value, inner, path, shown))
        return values if dataclasses.is_dataclass(inner) or UNREAD not in values else UNREAD

    def _items(self, nodes: tuple[Node, ...], kind: Any, path: Path, shown: Path) -> Iterator[Any]:  # noqa: ANN401 - as read
        place = 0
        for number, node in enumerate(nodes):
            if kind in self.shorthands and isinstance(node.value, Mapping) and "use" in node.value:
                for item in self._used(node, self.shorthands[kind], (*shown, number)):
                    self._origins[(*path, place)] = ((*shown, number), node.place)
                    place += 1
                    yield item
            else:
                yield self.read(node, kind, (*path, place), (*shown, number))
                place += 1

    def _used(self, node: Node, shorthands: Mapping[str, tuple[Any, ...]], shown: Path) -> tuple[Any, ...]:
        assert isinstance(node.value, Mapping)
        name = node.value["use"].value
        for other in node.value.keys() - {"use"}:
            self._wrong((*shown, other), node.keys[other], "beside `use` stands no other field")
        if not isinstance(name, str) or name not in shorthands:
            message = unknown("ready-made questionnaire", short(name), shorthands)
            self._wrong((*shown, "use"), node.value["use"].place, message)
            return ()
        return shorthands[name]

    def _dataclass(self, node: Node, kind: Any, path: Path, shown: Path) -> Any:  # noqa: ANN401 - as read
        if not isinstance(node.value, Mapping):
            return self._wrong(shown, node.place, f"it should be {described(kind)}; got {found(node)}")
        fields = {field.name: field for field in dataclasses.fields(kind)}
        for name in node.value.keys() - fields.keys():
            self._wrong((*shown, short(name)), node.keys[name], unknown("field", short(name), fields))
        hints = get_type_hints(kind)
        read: dict[str, Any] = {}
        for name, field in fields.items():
            if name in node.value:
                read[name] = self.read(node.value[name], hints[name], (*path, name), (*shown, name))
            elif field.default is MISSING:
                message = f"it is missing; it should be {described(hints[name])}"
                read[name] = self._wrong((*shown, name), node.place, message)
            else:
                read[name] = field.default
        return Partial(kind, read) if any(_is_unread(value) for value in read.values()) else kind(**read)


def described(kind: Any) -> str:  # noqa: ANN401 - any type
    """What a type asks for, in words."""
    origin, options = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return " or ".join("null" if option is type(None) else described(option) for option in options)
    if origin is Literal:
        return f"one of {list(options)}"
    if origin is tuple:
        number = "" if options[-1] is Ellipsis else f"{len(options)} times "
        return f"a list of {number}{described(options[0])}"
    if dataclasses.is_dataclass(kind):
        return f"a mapping with fields from {[field.name for field in dataclasses.fields(kind)]}"
    return _NAMES[kind]


def found(node: Node) -> str:
    """What stands in the file, in words."""
    if isinstance(node.value, Mapping):
        return "a mapping"
    if isinstance(node.value, tuple):
        return "a list"
    constant = {None: "nothing (null)", True: "true", False: "false"}
    if node.value is None or isinstance(node.value, bool):
        return constant[node.value]
    return short(repr(node.value))


def _is_unread(value: Any) -> bool:  # noqa: ANN401 - a field may be anything
    if isinstance(value, tuple):
        return any(_is_unread(one) for one in value)
    return isinstance(value, Partial)
