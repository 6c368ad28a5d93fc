"""What may stand in a study file, told by the dataclasses and their docstrings: a JSON schema, tables for people."""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
import types
from collections.abc import Mapping
from dataclasses import MISSING
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from engine.study.design import Contrast, Exclusion, Goal, Item, Study
from engine.study.files.ready_made import ready_made, ready_made_file
from engine.study.files.study_file import FORMAT, plain
from engine.study.files.typed_reader import described
from engine.study.questionnaires import QUESTIONNAIRES

PARTS = (Study, Item, Goal, Exclusion, Contrast)

_SCALARS: Mapping[type, str] = {str: "string", int: "integer", float: "number", bool: "boolean"}


def schema() -> dict[str, Any]:
    """The JSON schema (2020-12) of study files; rules beyond types stand in `study_rules`."""
    body = _object(Study)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Study file of Latent Explorer",
        **body,
        "properties": {"format": {"const": FORMAT, "description": "Version of this format."}, **body["properties"]},
        "required": ["format", *body["required"]],
        "$defs": {part.__name__: _object(part) for part in PARTS if part is not Study},
    }


def field_tables() -> str:
    """One Markdown table a part of a study file: field, what stands there, its default, what it means."""
    return "\n\n".join(_table(part) for part in PARTS)


def ready_made_table() -> str:
    """One Markdown row a ready-made study: its name and what its file says of itself in its first comment."""
    lines = ["| study | what it is |", "|---|---|"]
    for name in ready_made():
        comment = []
        for line in ready_made_file(name).read_text(encoding="utf-8").splitlines():
            if not line.startswith("#"):
                break
            comment.append(line.removeprefix("#").strip())
        lines.append(f"| `{name}` | {' '.join(comment)} |")
    return "\n".join(lines)


def questionnaire_table() -> str:
    """One Markdown row a ready-made questionnaire."""
    lines = ["| `use` | items |", "|---|---|"]
    for name, items in QUESTIONNAIRES.items():
        lines.append(f"| `{name}` | {'; '.join(f'`{item.name}`: {item.text}' for item in items)} |")
    return "\n".join(lines)


def descriptions(kind: type) -> dict[str, str]:
    """What the docstring of a dataclass says of its fields.

    Raises:
        ValueError: If it says nothing of one of them.
    """
    _, _, attributes = inspect.getdoc(kind).partition("Attributes:\n")  # type: ignore[union-attr]  # they all have one
    told = {}
    for entry in re.split(r"^ {4}(?=\w)", attributes, flags=re.MULTILINE)[1:]:
        name, _, text = entry.partition(":")
        told[name] = " ".join(text.split())
    missing = [field.name for field in dataclasses.fields(kind) if field.name not in told]
    if missing:
        raise ValueError(f"The docstring of {kind.__name__} does not describe {missing}; add them to its Attributes.")
    return told


def _object(kind: type) -> dict[str, Any]:
    hints, told = get_type_hints(kind), descriptions(kind)
    properties: dict[str, Any] = {}
    for field in dataclasses.fields(kind):
        properties[field.name] = {"description": told[field.name], **_type(hints[field.name])}
        if field.default is not MISSING:
            properties[field.name]["default"] = plain(field.default)
    return {
        "description": (inspect.getdoc(kind) or "").partition("\n")[0],
        "type": "object",
        "properties": properties,
        "required": [field.name for field in dataclasses.fields(kind) if field.default is MISSING],
        "additionalProperties": False,
    }


def _type(kind: Any) -> dict[str, Any]:  # noqa: ANN401 - any type
    origin, options = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return {"anyOf": [{"type": "null"} if one is type(None) else _type(one) for one in options]}
    if origin is Literal:
        return {"enum": list(options)}
    if origin is tuple and options[-1] is Ellipsis:
        return {"type": "array", "items": _listed(options[0])}
    if origin is tuple:
        return {"type": "array", "items": _type(options[0]), "minItems": len(options), "maxItems": len(options)}
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return {"$ref": f"#/$defs/{kind.__name__}"}
    return {"type": _SCALARS[kind]}


def _listed(kind: Any) -> dict[str, Any]:  # noqa: ANN401 - any type
    if kind is not Item:
        return _type(kind)
    use = {
        "description": "The items of a ready-made questionnaire.",
        "type": "object",
        "properties": {"use": {"enum": list(QUESTIONNAIRES)}},
        "required": ["use"],
        "additionalProperties": False,
    }
    return {"anyOf": [_type(Item), use]}


def _table(kind: type) -> str:
    hints, told = get_type_hints(kind), descriptions(kind)
    title = "### The study" if kind is Study else f"### {kind.__name__}"
    about = (inspect.getdoc(kind) or "").partition("\n")[0]
    lines = [title, "", about, "", "| field | value | default | meaning |", "|---|---|---|---|"]
    if kind is Study:
        lines.append(f"| `format` | {FORMAT} | required | Version of this format. |")
    for field in dataclasses.fields(kind):
        value = _words(hints[field.name])
        default = "required" if field.default is MISSING else f"`{json.dumps(plain(field.default))}`"
        lines.append(f"| `{field.name}` | {value} | {default} | {told[field.name]} |")
    return "\n".join(lines)


def _words(kind: Any) -> str:  # noqa: ANN401 - any type
    origin, options = get_origin(kind), get_args(kind)
    if origin is Literal:
        return ", ".join(f"`{option}`" for option in options)
    if origin is tuple and (dataclasses.is_dataclass(options[0]) or get_origin(options[0]) is Literal):
        return f"list of {_words(options[0])}"
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return f"[{kind.__name__}](#{kind.__name__.lower()})"
    return described(kind)
