"""Sessions as JSON: what is needed to stand where one stood, read with care."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from engine.explain.style_matrix.bank import BankSettings
from engine.explain.style_matrix.configuration import Mixed
from engine.explain.style_matrix.notation import from_json, to_json
from engine.explain.style_matrix.session import MOST_BOOKMARKS, Bookmark, Session
from engine.explain.style_matrix.state import State

VERSION = 1
MOST_BYTES = 2**24
_FORMAT = "latent-explorer style matrix"


@dataclass(frozen=True, kw_only=True)
class SavedSession:
    """A session as a file keeps it.

    Attributes:
        model: Id of the model.
        bank: Id of the bank that the state's settings made; another id then means other pictures.
        session: State and bookmarks; how it came there is not kept.
    """

    model: str
    bank: str
    session: Session


def save_session(session: Session, *, model: str, bank: str) -> str:
    """The session as JSON text.

    Args:
        session: State and bookmarks are kept.
        model: Id of the model.
        bank: Id of the state's bank.
    """
    return json.dumps(
        {
            "format": _FORMAT,
            "version": VERSION,
            "model": model,
            "bank": bank,
            "state": state_to_json(session.state),
            "bookmarks": [{"name": mark.name, "state": state_to_json(mark.state)} for mark in session.bookmarks],
        },
        indent=1,
    )


def load_session(text: str) -> SavedSession:
    """The session that JSON text holds.

    Raises:
        ValueError: If it is too long, no such session, or one that cannot be.
    """
    if len(text) > MOST_BYTES:
        raise ValueError(f"A session has at most {MOST_BYTES:,} characters; got {len(text):,}.")
    try:
        found = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"This is no JSON file ({error}). Choose one that the style matrix saved.") from error
    if not isinstance(found, dict) or found.get("format") != _FORMAT:
        raise ValueError("This is no session of the style matrix. Choose a file that it saved.")
    if found.get("version") != VERSION:
        raise ValueError(f"This session has version {found.get('version')!r}; this program reads {VERSION}. "
                         "Open it with the program that saved it.")  # fmt: skip
    marks = _typed(found, "bookmarks", list)
    if len(marks) > MOST_BOOKMARKS:
        raise ValueError(f"A session has at most {MOST_BOOKMARKS} bookmarks; got {len(marks)}.")
    bookmarks = tuple(
        Bookmark(_typed(mark, "name", str), state_from_json(_typed(mark, "state", dict))) for mark in marks
    )
    if len({mark.name for mark in bookmarks}) < len(bookmarks):
        raise ValueError("Two bookmarks of this session have the same name.")
    return SavedSession(
        model=_typed(found, "model", str),
        bank=_typed(found, "bank", str),
        session=Session(state=state_from_json(_typed(found, "state", dict)), bookmarks=bookmarks),
    )


def state_to_json(state: State) -> dict[str, Any]:
    """A state as JSON values."""
    return {
        "references": [to_json(picture) for picture in state.references],
        "order": [list(column) for column in state.order],
        "selected": state.selected,
        "view": state.view,
        "step": state.step,
        "rating": state.rating,
        "copied": [None if mix is None else to_json(Mixed((mix,))) for mix in state.copied],
        "settings": settings_to_json(state.settings),
    }


def state_from_json(value: Any) -> State:  # noqa: ANN401 - what a file or page sent
    """The state that JSON values say.

    Raises:
        ValueError: If they say none, or one that cannot be.
    """
    step = float(_typed(value, "step", float))
    order = _typed(value, "order", list)
    if not all(isinstance(column, list) and all(type(style) is int for style in column) for column in order):
        raise ValueError("The order of a session's columns should be lists of whole numbers.")
    return State(
        references=tuple(_mixed(one).normal(step) for one in _typed(value, "references", list)),
        order=tuple(map(tuple, order)),
        settings=settings_from_json(_typed(value, "settings", dict)),
        selected=_typed(value, "selected", int),
        view=_typed(value, "view", str),
        step=step,
        rating=_typed(value, "rating", str),
        copied=tuple(None if one is None else _mixed(one).mixes[0] for one in _typed(value, "copied", list)),
    )


def settings_to_json(settings: BankSettings) -> dict[str, Any]:
    """The settings of a bank as JSON values, given codes as base64."""
    return asdict(settings) | {"given": base64.b64encode(settings.given).decode("ascii")}


def settings_from_json(value: Any) -> BankSettings:  # noqa: ANN401 - what a file or page sent
    """The settings that JSON values say.

    Raises:
        ValueError: If they say none, or some that cannot be.
    """
    try:
        given = base64.b64decode(_typed(value, "given", str), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"The codes given to this session's bank are damaged ({error}).") from error
    return BankSettings(
        styles=_typed(value, "styles", int),
        columns=None if value.get("columns") is None else _typed(value, "columns", int),
        shared=_typed(value, "shared", bool),
        seed=_typed(value, "seed", int),
        given=given,
    )


def _mixed(value: Any) -> Mixed:  # noqa: ANN401 - what the file holds
    found = from_json(value)
    if not isinstance(found, Mixed) or not found.mixes:
        raise ValueError(f"A reference picture has a mix in every slot; got {str(value)[:80]}.")
    return found


def _typed(value: Any, name: str, kind: type) -> Any:  # noqa: ANN401
    """A field of an object, if it is of that type; whole numbers will do for others."""
    found = value.get(name) if isinstance(value, Mapping) else None
    kinds = (int, float) if kind is float else (kind,)
    if type(found) not in kinds:
        raise ValueError(f"{name!r} of this session should be of type {kind.__name__}; got {str(found)[:80]!r}.")
    return found
