"""The study store: sessions begin, each step is confirmed once, and what was confirmed survives a killed server."""

from __future__ import annotations

import functools
import re
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Protocol
from uuid import uuid4

import sqlalchemy as sa

from engine import settings
from engine.registry import unknown
from engine.study.design import Study
from engine.study.response import Response
from engine.study.session import Session
from engine.study.steps import Plan
from engine.study.store.database import Database
from engine.study.store.errors import ResponseError, UnknownSessionError, UnknownStudyError
from engine.study.store.facts import Head, StoredStudy
from engine.study.store.rows import plan_of, plan_text, read_sessions, response_values, study_hash, study_of, study_text
from engine.study.store.tables import RESPONSES, SESSIONS, STUDIES, VERSIONS, WITHDRAWALS
from engine.study.store.together import Together
from engine.study.store.validation import check, check_clock, check_key

Saved = Literal["stored", "repeated", "taken"]
"""`stored` now, `repeated`: it was there already, `taken`: another response has confirmed this step (a second tab)."""

_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none is mistaken for another when copied by hand
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,100}")  # what databases can be asked for, whatever a page sends
_PLANS = 256  # kept in memory, of the sessions used last
_AT_ONCE = 50  # sessions read in one transaction


class Mirror(Protocol):
    """A copy of the store elsewhere (`engine.study.store.hub_push`)."""

    def finished(self) -> None:
        """A session has ended; returns at once."""

    def withdrawn(self) -> bool:
        """A session was withdrawn; waits a little and tells whether the copy has forgotten it."""


class Store:
    """Sessions and responses of all studies; safe to use from many threads and processes.

    Args:
        database: Where they are kept.
        mirror: A copy elsewhere, told of what ends and what is withdrawn.
    """

    def __init__(self, database: Database, mirror: Mirror | None = None) -> None:
        self.database = database
        self.mirror = mirror
        self._together: Together[tuple[Saved, bool]] = Together(database)
        self._plan = functools.lru_cache(_PLANS)(self._read_plan)  # plans never change

    @classmethod
    def open(cls, place: str | Path | None = None, *, clock: Callable[[], float] = time.time) -> Store:
        """Opens a store, made when missing.

        Args:
            place: Path of a SQLite file, or the URL of a PostgreSQL database; None: where `LATENT_EXPLORER_STUDIES`
                says.
            clock: Seconds since 1970, the server's clock.

        Raises:
            NewerStoreError: If a newer version of this program wrote it.
            StoreError: If it cannot be opened.
        """
        return cls(Database(settings.studies() if place is None else place, clock))

    def begin(
        self,
        study: Study,
        make_plan: Callable[[int], Plan],
        page_clock_ms: float,
        *,
        key: str | None = None,
        arrived_ms: float | None = None,
    ) -> Session:
        """Begins a session; its number is nobody else's, however many begin at once.

        Args:
            study: The study; its text is kept with the first session of every version.
            make_plan: Draws the plan of session number k, from 0; may take its time, nobody waits for it.
            page_clock_ms: The page's clock when it asked, milliseconds since 1970.
            key: A UUID of the page's own; the session that began with it is given again, however far it is.
            arrived_ms: The server's clock when the request came; None: now.

        Raises:
            ResponseError: If the clock is no number, or the key no UUID.
            StoreError: If it cannot be stored.
        """
        check_clock(page_clock_ms)
        if key is not None:
            check_key(key)
            with self.database.reading() as connection:
                if begun := _begun_with(connection, key):
                    return begun
        began_ms = self.database.now_ms()
        number = self._next_number(study.name)
        session: Session | None = None
        try:
            plan = make_plan(number)
            if plan.number != number:
                raise ValueError(f"make_plan({number}) should draw the plan of session {number}; got {plan.number}.")
            row = {
                "token": secrets.token_urlsafe(24),
                "study": study.name,
                "number": number,
                "participant": f"p{number + 1:04d}",
                "plan": plan_text(plan),
                "began_ms": began_ms,
                "completion_code": _completion_code(),
                "clock_ms": page_clock_ms - (began_ms if arrived_ms is None else arrived_ms),
                "file": str(uuid4()),
                "page_key": key,
            }
            session = self._insert_session(study, row)
            return session
        finally:
            if session is None or session.plan.number != number:
                self._give_back(study.name, number)

    def session(self, token: str) -> Session | None:
        """The session of a token with all it confirmed, or None: no such session, or withdrawn."""
        if not _TOKEN.fullmatch(token):
            return None
        with self.database.reading() as connection:
            return next(iter(read_sessions(connection, [token])), None)

    def plan(self, token: str) -> Plan:
        """The plan of a session, parsed once.

        Raises:
            UnknownSessionError: If there is no such session, or it was withdrawn.
        """
        self._rows(token, sa.select(SESSIONS.c.token))  # what is remembered may have been withdrawn
        return self._plan(token)

    def confirmed(self, token: str) -> frozenset[int]:
        """Numbers of the steps that a session has confirmed.

        Raises:
            UnknownSessionError: If there is no such session, or it was withdrawn.
        """
        rows = self._rows(token, sa.select(RESPONSES.c.step).select_from(SESSIONS.outerjoin(RESPONSES)))
        return frozenset(row.step for row in rows if row.step is not None)

    def head(self, token: str) -> Head:
        """A session without its plan and its responses.

        Raises:
            UnknownSessionError: If there is no such session, or it was withdrawn.
        """
        (row,) = self._rows(token, sa.select(*(SESSIONS.c[field.name] for field in fields(Head))))
        return Head(**row._mapping)

    def sessions(self, study: str) -> Iterator[Session]:
        """All sessions of a study, every version, in the order in which they began."""
        with self.database.reading() as connection:
            query = sa.select(SESSIONS.c.token).where(SESSIONS.c.study == study).order_by(SESSIONS.c.number)
            tokens = list(connection.scalars(query))
        for at in range(0, len(tokens), _AT_ONCE):
            with self.database.reading() as connection:
                found = read_sessions(connection, tokens[at : at + _AT_ONCE])
            yield from found

    def studies(self) -> tuple[StoredStudy, ...]:
        """All versions of all studies that anybody took part in, by name, then version."""
        counted = sa.func.count(SESSIONS.c.token), sa.func.count(SESSIONS.c.finished_ms)
        both = (SESSIONS.c.study == VERSIONS.c.study) & (SESSIONS.c.version == VERSIONS.c.version)
        keys = (VERSIONS.c.study, VERSIONS.c.version, VERSIONS.c.hash, VERSIONS.c.text)
        query = sa.select(*keys, *counted).outerjoin(SESSIONS, both).group_by(*keys)
        with self.database.reading() as connection:
            rows = connection.execute(query.order_by(VERSIONS.c.study, VERSIONS.c.version)).all()
        return tuple(
            StoredStudy(study=study_of(text), version=version, hash=digest, sessions=began, finished=finished)
            for _, version, digest, text, began, finished in rows
        )

    def mark(self, study: str) -> tuple[int, int, float]:
        """Another one whenever a session of a study begins, confirms a step or is withdrawn: what computes can compare.

        Returns:
            How many sessions, how many responses, and when the last of them was saved, milliseconds since 1970.
        """
        counted = sa.func.count(sa.distinct(SESSIONS.c.token)), sa.func.count(RESPONSES.c.id)
        query = sa.select(*counted, sa.func.coalesce(sa.func.max(RESPONSES.c.saved_ms), 0.0))
        joined = SESSIONS.outerjoin(RESPONSES, RESPONSES.c.token == SESSIONS.c.token)
        with self.database.reading() as connection:
            row = connection.execute(query.select_from(joined).where(SESSIONS.c.study == study)).one()
        return int(row[0]), int(row[1]), float(row[2])

    def study(self, name: str, version: int | None = None) -> Study:
        """A study that somebody took part in.

        Args:
            name: Its name.
            version: Which version of its file (`Session.version`); None: the newest.

        Raises:
            UnknownStudyError: If there is none.
        """
        query = sa.select(VERSIONS.c.text).where(VERSIONS.c.study == name).order_by(VERSIONS.c.version.desc()).limit(1)
        with self.database.reading() as connection:
            text = connection.scalar(query if version is None else query.where(VERSIONS.c.version == version))
            names = [] if text else list(connection.scalars(sa.select(STUDIES.c.name)))
        if text is None:
            known = name in names
            raise UnknownStudyError(f"{name} has no version {version}." if known else unknown("study", name, names))
        return study_of(text)

    def save(self, response: Response, page_clock_ms: float, *, arrived_ms: float | None = None) -> Saved:
        """Keeps a response; when this returns, the disk has it.

        Args:
            response: Checked against the session's plan first. The same one may be sent any number of times.
            page_clock_ms: The page's clock when it was sent, milliseconds since 1970.
            arrived_ms: The server's clock when it came, with which that is compared; None: now. An answer that waited
                for its turn is no clock that went wrong.

        Raises:
            UnknownSessionError: If there is no such session, or it was withdrawn.
            ResponseError: If it does not fit its step, or its id belongs to another step.
            StoreError: If it could not be stored; the page keeps it and sends it again.
        """
        now_ms = self.database.now_ms()
        plan = self._plan(response.session)
        check(response, plan)
        clock_ms = check_clock(page_clock_ms) - (now_ms if arrived_ms is None else arrived_ms)
        row = response_values(response, saved_ms=now_ms, clock_ms=clock_ms)

        def write(connection: sa.Connection) -> tuple[Saved, bool]:
            saved = self._insert(connection, row)
            return saved, saved == "stored" and self._finish(connection, response.session, len(plan.steps))

        saved, ended = self._together.run(write)
        if ended and self.mirror:
            self.mirror.finished()
        return saved

    def withdraw(self, token: str) -> bool:
        """Deletes a session with all its responses, here and on the Hub.

        Returns:
            Whether it is gone everywhere; False: the Hub cannot be reached now and is asked again until it can.

        Raises:
            UnknownSessionError: If there is no such session.
        """
        if not _TOKEN.fullmatch(token):
            raise _no_session()
        with self.database.writing() as connection:
            query = sa.select(SESSIONS.c.file, SESSIONS.c.pushed).where(SESSIONS.c.token == token).with_for_update()
            row = connection.execute(query).one_or_none()
            if row is None:
                raise _no_session()
            elsewhere = row.pushed is not None or self.mirror is not None
            connection.execute(RESPONSES.delete().where(RESPONSES.c.token == token))
            connection.execute(SESSIONS.delete().where(SESSIONS.c.token == token))
            mark = {"file": row.file, "withdrawn_ms": self.database.now_ms(), "pending": int(elsewhere)}
            self.database.insert_or_ignore(connection, WITHDRAWALS, mark)
        self.database.forget_deleted()
        return self.mirror.withdrawn() if self.mirror else not elsewhere

    def close(self) -> None:
        """Closes all connections."""
        self.database.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _next_number(self, study: str) -> int:
        with self.database.writing() as connection:
            self.database.insert_or_ignore(connection, STUDIES, {"name": study, "next_number": 0})
            ours = STUDIES.c.name == study
            connection.execute(STUDIES.update().where(ours).values(next_number=STUDIES.c.next_number + 1))
            return connection.execute(sa.select(STUDIES.c.next_number).where(ours)).scalar_one() - 1

    def _give_back(self, study: str, number: int) -> None:
        """The number of a session that did not come about goes to the next one, unless another has begun since.

        A session may be there whose commit only seemed to fail: two of one number could never both be stored.
        """
        mine = sa.select(SESSIONS.c.token).where((SESSIONS.c.study == study) & (SESSIONS.c.number == number))
        last = (STUDIES.c.name == study) & (STUDIES.c.next_number == number + 1) & ~mine.exists()
        with self.database.writing() as connection:
            connection.execute(STUDIES.update().where(last).values(next_number=number))

    def _read_plan(self, token: str) -> Plan:
        return plan_of(self._rows(token, sa.select(SESSIONS.c.plan))[0].plan)

    def _rows(self, token: str, query: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
        """What a query tells of one session, a row or more.

        Raises:
            UnknownSessionError: If there is no such session.
        """
        if not _TOKEN.fullmatch(token):
            raise _no_session()
        with self.database.reading() as connection:
            rows = connection.execute(query.where(SESSIONS.c.token == token)).all()
        if not rows:
            raise _no_session()
        return rows

    def _insert_session(self, study: Study, row: dict[str, Any]) -> Session:
        """The session of a new row, or the one that began with the same key meanwhile."""
        with self.database.writing() as connection:
            version = keep_version(connection, self.database, study.name, study_text(study))  # others now wait
            if begun := _begun_with(connection, row["page_key"]):
                return begun
            connection.execute(SESSIONS.insert().values(**row, version=version))
            return read_sessions(connection, [row["token"]])[0]

    def _insert(self, connection: sa.Connection, row: dict[str, Any]) -> Saved:
        own = sa.select(SESSIONS.c.token).where(SESSIONS.c.token == row["token"]).with_for_update()
        if connection.execute(own).one_or_none() is None:  # withdrawn a moment ago
            raise _no_session()
        if self.database.insert_or_ignore(connection, RESPONSES, row):
            return "stored"
        query = sa.select(RESPONSES.c.token, RESPONSES.c.step).where(RESPONSES.c.id == row["id"])
        there = connection.execute(query).one_or_none()
        if there is None:
            return "taken"
        if (there.token, there.step) != (row["token"], row["step"]):
            raise ResponseError(f"Response {row['id']} has confirmed another step; make a new id for every step.")
        return "repeated"

    def _finish(self, connection: sa.Connection, token: str, num_steps: int) -> bool:
        confirmed = sa.select(sa.func.count()).select_from(RESPONSES).where(RESPONSES.c.token == token)
        if connection.execute(confirmed).scalar_one() < num_steps:
            return False
        finished = SESSIONS.update().where(SESSIONS.c.token == token).values(finished_ms=self.database.now_ms())
        connection.execute(finished)
        return True


def keep_version(connection: sa.Connection, database: Database, study: str, text: str) -> int:
    """The version of a study's text, kept as the next one if it is new; its row in `studies` is there."""
    connection.execute(sa.select(STUDIES.c.name).where(STUDIES.c.name == study).with_for_update())  # one at a time
    ours, digest = VERSIONS.c.study == study, study_hash(text)
    known = connection.scalar(sa.select(VERSIONS.c.version).where(ours & (VERSIONS.c.hash == digest)))
    if known is not None:
        return int(known)
    last = connection.scalar(sa.select(sa.func.max(VERSIONS.c.version)).where(ours)) or 0
    row = {"study": study, "version": last + 1, "hash": digest, "text": text}
    connection.execute(VERSIONS.insert().values(**row))
    return int(last) + 1


def _begun_with(connection: sa.Connection, key: str | None) -> Session | None:
    if key is None:
        return None
    tokens = connection.scalars(sa.select(SESSIONS.c.token).where(SESSIONS.c.page_key == key))
    return next(iter(read_sessions(connection, tokens)), None)


def _completion_code() -> str:
    drawn = [secrets.choice(_LETTERS) for _ in range(8)]
    return "".join(drawn[:4]) + "-" + "".join(drawn[4:])


def _no_session() -> UnknownSessionError:
    return UnknownSessionError("There is no such session, or it was withdrawn; begin a new one from the study's link.")
