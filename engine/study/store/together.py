"""Work of many threads in few transactions: what arrives while one is written goes to the disk with the next."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Generic, NoReturn, TypeVar

import sqlalchemy as sa

from engine.study.store.database import Database
from engine.study.store.errors import ResponseError, StoreError, UnknownSessionError

T = TypeVar("T")


class _Job(Generic[T]):
    def __init__(self, work: Callable[[sa.Connection], T]) -> None:
        self.work = work
        self.taken = False
        self.answer: Callable[[], T] = _not_written  # what the thread that waits is told


class Together(Generic[T]):
    """Runs work inside transactions of a SQLite file, all that waits in one; PostgreSQL does so by itself.

    A commit waits for the disk, and one writes at a time: a hundred that come at once would wait a hundred times.

    Args:
        database: Where to write.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._turn, self._list = threading.Lock(), threading.Lock()
        self._waiting: list[_Job[T]] = []

    def run(self, work: Callable[[sa.Connection], T]) -> T:
        """What `work` returns, once the disk has what it wrote.

        Args:
            work: Raises a ResponseError or UnknownSessionError only before it writes: the others' work goes on.

        Raises:
            StoreError: If the transaction failed; nothing of it was written.
        """
        if self._database.file is None:
            with self._database.writing() as connection:
                return work(connection)
        job = _Job(work)
        with self._list:
            self._waiting.append(job)
        with self._turn:
            if not job.taken:
                self._write()
        return job.answer()

    def _write(self) -> None:
        with self._list:
            jobs, self._waiting = self._waiting, []
        for job in jobs:
            job.taken = True
        answers: list[Callable[[], T]] = []
        try:
            with self._database.writing() as connection:
                answers += [_answer(job.work, connection) for job in jobs]
        except StoreError as error:
            answers = [functools.partial(_raise, StoreError, str(error))] * len(jobs)
        for job, answer in zip(jobs, answers, strict=True):  # the transaction is over
            job.answer = answer


def _answer(work: Callable[[sa.Connection], T], connection: sa.Connection) -> Callable[[], T]:
    try:
        result = work(connection)
    except (ResponseError, UnknownSessionError) as error:
        return functools.partial(_raise, type(error), str(error))
    return lambda: result


def _raise(kind: type[StoreError], text: str) -> NoReturn:
    raise kind(text)  # a new one in every thread


def _not_written() -> NoReturn:
    raise StoreError("The response was not stored; send it again.")
