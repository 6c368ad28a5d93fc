"""Sessions as files that travel: what a copy elsewhere lacks, and how a copy is read back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from engine.study.store.database import Database
from engine.study.store.encoding import dumps, to_json
from engine.study.store.errors import ResponseError, StoreError
from engine.study.store.rows import plan_of, response_of, response_values, study_of
from engine.study.store.store import keep_version
from engine.study.store.tables import RESPONSES, SESSIONS, STUDIES, VERSIONS, WITHDRAWALS
from engine.study.store.validation import read_response

FORMAT = 1
_KEPT = ("token", "number", "participant", "plan", "began_ms", "finished_ms", "completion_code", "clock_ms")


class Copies:
    """Which sessions a copy of the store lacks or should forget; a session is one JSON Lines file, named by a UUID.

    Args:
        database: The store's.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def unpushed(self, limit: int) -> dict[str, tuple[bytes, int]]:
        """Files that the copy lacks or has an older state of: contents, and how many responses are in them.

        A session without a response is nobody's work yet, and is left out.

        Args:
            limit: How many at most.
        """
        confirmed = sa.func.count(RESPONSES.c.id)
        query = sa.select(SESSIONS.c.token).join(RESPONSES, RESPONSES.c.token == SESSIONS.c.token)
        query = query.group_by(SESSIONS.c.token).having(confirmed > sa.func.coalesce(SESSIONS.c.pushed, 0))
        query = query.order_by(SESSIONS.c.began_ms).limit(limit)
        with self._database.reading() as connection:
            return dict(_file(connection, token) for token in list(connection.scalars(query)))

    def mark_pushed(self, states: Mapping[str, int]) -> bool:
        """Notes that the copy has these files with so many responses; False if one was withdrawn meanwhile."""
        kept = True
        with self._database.writing() as connection:
            for file, num_responses in states.items():
                change = SESSIONS.update().where(SESSIONS.c.file == file).values(pushed=num_responses)
                if not connection.execute(change).rowcount:
                    kept = False
                    connection.execute(WITHDRAWALS.update().where(WITHDRAWALS.c.file == file).values(pending=1))
        return kept

    def to_forget(self) -> list[str]:
        """Files of withdrawn sessions that the copy may still have."""
        with self._database.reading() as connection:
            return list(connection.scalars(sa.select(WITHDRAWALS.c.file).where(WITHDRAWALS.c.pending == 1)))

    def mark_forgotten(self, files: Iterable[str]) -> None:
        """Notes that the copy has these no more."""
        with self._database.writing() as connection:
            change = WITHDRAWALS.update().where(WITHDRAWALS.c.file.in_(list(files))).values(pending=0)
            connection.execute(change)

    def known(self) -> set[str]:
        """Files of sessions that are here or were withdrawn."""
        with self._database.reading() as connection:
            return {*connection.scalars(sa.select(SESSIONS.c.file)), *connection.scalars(sa.select(WITHDRAWALS.c.file))}

    def restore(self, file: str, content: bytes) -> None:
        """Reads a session back; one whose number went to somebody else meanwhile gets the next free one.

        Args:
            file: Its UUID.
            content: What `unpushed` gave.

        Raises:
            StoreError: If the file is damaged, or of a newer format.
        """
        head, lines = _parse(file, content)
        study, row = head["study"], {name: head["session"][name] for name in _KEPT}
        responses = [
            response_values(read_response(line["response"]), saved_ms=line["saved_ms"], clock_ms=line["clock_ms"])
            for line in lines
        ]
        with self._database.writing() as connection:
            self._database.insert_or_ignore(connection, STUDIES, {"name": study["name"], "next_number": 0})
            row |= _free_number(connection, study["name"], row)
            row["version"] = keep_version(connection, self._database, study["name"], study["text"])
            row |= {"study": study["name"], "file": file, "pushed": len(responses)}
            if self._database.insert_or_ignore(connection, SESSIONS, row):
                for response in responses:
                    connection.execute(RESPONSES.insert().values(**response))


def _file(connection: sa.Connection, token: str) -> tuple[str, tuple[bytes, int]]:
    row = connection.execute(sa.select(SESSIONS).where(SESSIONS.c.token == token)).one()
    ours = (VERSIONS.c.study == row.study) & (VERSIONS.c.version == row.version)
    text = connection.execute(sa.select(VERSIONS.c.text).where(ours)).scalar_one()
    session = {name: getattr(row, name) for name in _KEPT}
    lines = [{"format": FORMAT, "study": {"name": row.study, "version": row.version, "text": text}, "session": session}]
    query = sa.select(RESPONSES).where(RESPONSES.c.token == token).order_by(RESPONSES.c.step)
    for one in connection.execute(query):
        lines.append({"response": to_json(response_of(one)), "saved_ms": one.saved_ms, "clock_ms": one.clock_ms})
    return row.file, ("".join(f"{dumps(line)}\n" for line in lines).encode(), len(lines) - 1)


def _parse(file: str, content: bytes) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    try:
        head, *lines = (json.loads(line) for line in content.splitlines())
        if head["format"] > FORMAT:
            raise StoreError(f"Session {file} was written by a newer version of this program; update it.")
        plan_of(head["session"]["plan"])
        study_of(head["study"]["text"])
        for line in lines:
            read_response(line["response"])
            float(line["saved_ms"]), float(line["clock_ms"])
        missing = [name for name in _KEPT if name not in head["session"]]
        if missing:
            raise StoreError(f"Session {file} lacks {missing[0]}.")
    except (ValueError, KeyError, TypeError) as error:
        reason = error if isinstance(error, ResponseError) else repr(error)
        raise StoreError(f"Session {file} is damaged and stays where it is: {reason}") from error
    return head, lines


def _free_number(connection: sa.Connection, study: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """The session's own number, or the next free one; either way later sessions get other ones."""
    ours = STUDIES.c.name == study
    free = connection.execute(sa.select(STUDIES.c.next_number).where(ours).with_for_update()).scalar_one()
    mine = (SESSIONS.c.study == study) & (SESSIONS.c.number == row["number"])
    taken = connection.scalar(sa.select(sa.func.count()).select_from(SESSIONS).where(mine))
    number = free if taken else row["number"]
    connection.execute(STUDIES.update().where(ours).values(next_number=max(free, number + 1)))
    return {"number": number, "participant": f"p{number + 1:04d}"} if taken else {}
