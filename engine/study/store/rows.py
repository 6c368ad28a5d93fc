"""Rows of the database and the objects they are; histories lie compressed inside their response's row."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from engine.study.design import Study
from engine.study.response import History, Response
from engine.study.session import Session
from engine.study.steps import Plan
from engine.study.store.encoding import dumps, from_json, to_json
from engine.study.store.tables import RESPONSES, SESSIONS
from engine.study.store.validation import check_size

_SAME = ("id", "step", "outcome", "shown_ms", "left_ms", "duration_ms", "decoder", "resumed")


def study_text(study: Study) -> str:
    """The canonical text of a study: equal studies have equal texts, however their files were written."""
    return dumps(to_json(study))


def study_hash(text: str) -> str:
    """SHA-256 of a canonical text."""
    return hashlib.sha256(text.encode()).hexdigest()


def study_of(text: str) -> Study:
    """The study of a canonical text."""
    return from_json(Study, json.loads(text))


def plan_text(plan: Plan) -> str:
    """JSON of a plan."""
    return dumps(to_json(plan))


def plan_of(text: str) -> Plan:
    """The plan of `plan_text`."""
    return from_json(Plan, json.loads(text))


def response_values(response: Response, *, saved_ms: float, clock_ms: float) -> dict[str, Any]:
    """The row of a response.

    Raises:
        ResponseError: If it is too large.
    """
    answer = dumps(to_json(response.answer))
    history = dumps(to_json(response.history)).encode() if response.history.t_ms else None
    check_size(len(answer) + len(history or b""))
    return {
        **{name: getattr(response, name) for name in _SAME},
        "token": response.session,
        "answer": answer,
        "history": None if history is None else zlib.compress(history, 3),
        "saved_ms": saved_ms,
        "clock_ms": clock_ms,
    }


def response_of(row: Any) -> Response:  # noqa: ANN401 - a row of RESPONSES
    """The response of a row."""
    history = from_json(History, json.loads(zlib.decompress(row.history))) if row.history else History()
    same = {name: getattr(row, name) for name in _SAME}
    return Response(session=row.token, answer=json.loads(row.answer), history=history, **same)


def session_of(row: Any, responses: Iterable[Any]) -> Session:  # noqa: ANN401 - a row of SESSIONS
    """The session of a row and of its responses' rows."""
    arrived = sorted(responses, key=lambda one: (one.saved_ms, one.step))
    return Session(
        token=row.token,
        participant=row.participant,
        study=row.study,
        version=row.version,
        plan=plan_of(row.plan),
        began_ms=row.began_ms,
        finished_ms=row.finished_ms,
        completion_code=row.completion_code,
        clock_ms=(row.clock_ms, *(one.clock_ms for one in arrived)),
        responses=tuple(response_of(one) for one in sorted(arrived, key=lambda one: one.step)),
    )


def read_sessions(connection: sa.Connection, tokens: Iterable[str]) -> list[Session]:
    """Sessions by token, in the order of their numbers; unknown tokens are left out."""
    wanted = list(tokens)
    by_token: dict[str, list[Any]] = {token: [] for token in wanted}
    for row in connection.execute(sa.select(RESPONSES).where(RESPONSES.c.token.in_(wanted))):
        by_token[row.token].append(row)
    rows = connection.execute(sa.select(SESSIONS).where(SESSIONS.c.token.in_(wanted)).order_by(SESSIONS.c.number))
    return [session_of(row, by_token[row.token]) for row in rows]
