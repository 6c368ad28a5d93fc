"""Sessions of the style matrix as files: written from what a page shows, read with care."""

from __future__ import annotations

from collections.abc import Mapping

from apps import fields as read
from apps.gradio_app.style_matrix import view
from apps.gradio_app.style_matrix_banks import Ateliers, fitting
from apps.gradio_app.style_matrix_fields import Fields
from apps.gradio_app.traverse import Answer
from apps.hypothesising import refusing
from apps.refusals import RefusedError
from engine.explain.style_matrix import Session, commands, load_session, save_session, state_from_json


def save(ateliers: Ateliers, fields: Fields) -> Answer:
    """The session file of a `state` and its `bookmarks`, [{name, state}], rated by `rating`: name and text."""
    matrix, marks = ateliers.matrix(fields), fields.get("bookmarks", [])
    if not isinstance(marks, list) or not all(isinstance(mark, Mapping) for mark in marks):
        raise RefusedError("bookmarks should be a list of objects with name and state.")
    rating = fields.get("rating", "")
    if not isinstance(rating, str) or len(rating) > 400:
        raise RefusedError("rating should be a text of at most 400 characters.")
    with refusing():
        session = Session(state=commands.rate_by(matrix.state, rating))
        for mark in marks:
            name = read.text(mark, "name")
            session = session.move_to(state_from_json(mark.get("state"))).bookmark(name)
        session = Session(state=commands.rate_by(matrix.state, rating), bookmarks=session.bookmarks)
        model = matrix.atelier.model.id
        text = save_session(session, model=model, bank=matrix.bank.id)
    return {"name": f"style-matrix-{model.replace('/', '-')}.json", "text": text}


def load(ateliers: Ateliers, fields: Fields) -> Answer:
    """The views of a session file's `text`: where it stood and its bookmarks; `note` where pictures may differ."""
    text = fields.get("text")
    if not isinstance(text, str):
        raise RefusedError("text should be what a session's file holds.")
    with refusing():
        saved = load_session(text)
    atelier = ateliers.of({"model": saved.model})
    now = view(fitting(atelier, saved.session.state))
    marks = [{"name": one.name, "view": view(fitting(atelier, one.state))} for one in saved.session.bookmarks]
    other = "" if now["bank"] == saved.bank else (
        f"{saved.model} is not the model that this session was saved with: its styles look different now.")  # fmt: skip
    return {"view": now, "bookmarks": marks, "rating": saved.session.state.rating, "note": other}
