"""YAML or JSON text as values that know their line: bounded, without tags, anchors or surprising numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from engine.study.files.study_problem import Path, Problem, StudyFileError

MAX_BYTES = 256 * 1024
MAX_DEPTH = 12
MAX_VALUES = 5_000

Scalar = None | bool | int | float | str

# YAML 1.2's core schema, so that `no` and `12:30` are texts; JSON is a part of it.
_CONSTANTS: Mapping[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_NUMBER = re.compile(r"[-+]?(\.[0-9]{1,40}|[0-9]{1,40}(\.[0-9]{0,40})?)([eE][-+]?[0-9]{1,3})?")


@dataclass(frozen=True)
class Place:
    """Where a value stands, counted from 1."""

    line: int
    column: int


@dataclass(frozen=True)
class Node:
    """A value and its place.

    Attributes:
        value: A scalar, a tuple of nodes, or a mapping of names to nodes.
        place: Where it begins.
        keys: Of a mapping: where its names stand.
    """

    value: Scalar | tuple[Node, ...] | Mapping[str, Node]
    place: Place
    keys: Mapping[str, Place] = field(default_factory=dict)


def parse_marked(data: bytes | str) -> tuple[Node, tuple[Problem, ...]]:
    """Reads one document; with it come the problems that did not hinder reading the rest.

    Raises:
        StudyFileError: If it is too long or too deep, is neither YAML nor JSON, or uses anchors.
    """
    text = _decoded(data)
    if text.lstrip().startswith("{"):
        text = text.replace("\t", " ")  # JSON may be indented by tabs, YAML may not; inside JSON's strings are none
    reader = _Reader(_events(text))
    try:
        root = reader.document()
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        raise _failure(
            f"the character U+{error.character:04X} must not stand in a study file",
            Place(before.count("\n") + 1, error.position - before.rfind("\n")),
        ) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        told = ", ".join(part for part in (error.context, error.problem) if part)
        raise _failure(f"this is neither YAML nor JSON: {told}", _place(mark)) from error
    return root, tuple(reader.problems)


def scalar(text: str) -> Scalar:
    """What unquoted text means: nothing, yes or no, a number, or itself."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text


class _Reader:
    """Builds nodes from YAML's events and collects what is wrong on the way."""

    def __init__(self, events: Iterator[Any]) -> None:
        self.events = events
        self.problems: list[Problem] = []
        self.count = 0

    def document(self) -> Node:
        next(self.events)  # the stream begins
        if isinstance(event := next(self.events), yaml.StreamEndEvent):
            raise _failure("it is empty; a study begins with `format: 1`", Place(1, 1))
        root = self.node(next(self.events), ())
        next(self.events)  # the document ends
        if not isinstance(event := next(self.events), yaml.StreamEndEvent):
            raise _failure("a second document begins here; a file holds one study", _place(event.start_mark))
        return root

    def node(self, event: Any, path: Path) -> Node:  # noqa: ANN401 - PyYAML has no types
        place = _place(event.start_mark)
        self.count += 1
        if len(path) > MAX_DEPTH:
            raise _failure(f"values lie in each other deeper than {MAX_DEPTH} levels", place)
        if self.count > MAX_VALUES:
            raise _failure(f"there are more than {MAX_VALUES} values", place)
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise _failure("anchors (&) and aliases (*) are not read; write the text out, or put it in quotes", place)
        if event.tag is not None:
            self.problem(path, f"tags such as {event.tag!r} are not read; leave it out", place)
        if isinstance(event, yaml.SequenceStartEvent):
            return Node(tuple(self.items(path)), place)
        if isinstance(event, yaml.MappingStartEvent):
            return self.mapping(path, place)
        return Node(self.scalar(event, path), place)

    def items(self, path: Path) -> Iterator[Node]:
        number = 0
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            yield self.node(event, (*path, number))
            number += 1

    def mapping(self, path: Path, place: Place) -> Node:
        values: dict[str, Node] = {}
        keys: dict[str, Place] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            at = _place(event.start_mark)
            if not isinstance(event, yaml.ScalarEvent):
                raise _failure("the name of a field should be plain text", at)
            name = event.value
            value = self.node(next(self.events), (*path, name))
            if name in values:
                self.problem((*path, name), f"it stands twice, first in line {keys[name].line}; keep one", at)
            else:
                values[name], keys[name] = value, at
        return Node(values, place, keys)

    def scalar(self, event: Any, path: Path) -> Scalar:  # noqa: ANN401 - PyYAML has no types
        try:  # JSON writes characters beyond U+FFFF as two escapes
            text: str = event.value.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            message = "half of a surrogate pair stands in it; write the character itself"
            self.problem(path, message, _place(event.start_mark))
            return ""
        return scalar(text) if event.implicit[0] else text

    def problem(self, path: Path, message: str, place: Place) -> None:
        self.problems.append(Problem(field=path, message=message, line=place.line, column=place.column))


def _events(text: str) -> Iterator[Any]:
    place = Place(1, 1)
    try:
        for event in yaml.parse(text, Loader=yaml.BaseLoader):
            place = _place(event.start_mark)
            yield event
    except (ValueError, OverflowError) as error:  # from PyYAML's scanner: "\\UFFFFFFFF", a version of 5,000 digits
        raise _failure(f"what follows is neither YAML nor JSON: {error}", place) from error


def _decoded(data: bytes | str) -> str:
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    if len(raw) > MAX_BYTES:
        raise _failure(f"it has {len(raw):,} bytes; a study file has at most {MAX_BYTES:,}", Place(1, 1))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        place = Place(before.count(b"\n") + 1, error.start - before.rfind(b"\n"))
        raise _failure("it is not UTF-8 text; save the file as UTF-8", place) from error


def _place(mark: Any) -> Place:  # noqa: ANN401 - PyYAML has no types
    return Place(mark.line + 1, mark.column + 1)


def _failure(message: str, place: Place) -> StudyFileError:
    return StudyFileError([Problem(field=(), message=message, line=place.line, column=place.column)], "The text")
