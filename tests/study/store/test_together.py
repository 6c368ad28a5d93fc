"""What many threads write together is there for each of them, or refused to the one it concerns."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from engine.study.store import ResponseError, StoreError
from engine.study.store.database import Database
from engine.study.store.tables import STUDIES
from engine.study.store.together import Together


@pytest.fixture
def database(place):
    opened = Database(place)
    yield opened
    opened.close()


def write_all(database, works):
    """Runs works at once; returns what each returned or raised."""
    together, start = Together(database), threading.Barrier(len(works))

    def run(work):
        start.wait(60)
        try:
            return together.run(work)
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def insert(name, then=None):
    def work(connection):
        if isinstance(then, ResponseError):
            raise then
        connection.execute(STUDIES.insert().values(name=name, next_number=0))
        if then is not None:
            raise then
        return name

    return work


def names(database):
    with database.reading() as connection:
        return set(connection.scalars(sa.select(STUDIES.c.name)))


def test_each_gets_its_own_answer(database):
    works = [insert(f"s{at}", ResponseError(f"no {at}") if at % 5 == 0 else None) for at in range(40)]
    answers = write_all(database, works)
    for at, answer in enumerate(answers):
        assert str(answer) == f"no {at}" if at % 5 == 0 else answer == f"s{at}"
    assert names(database) == {f"s{at}" for at in range(40) if at % 5}


def test_nobody_is_told_stored_when_the_transaction_failed(database):
    works = [insert(f"s{at}") for at in range(20)] + [insert("s0")]  # the last breaks a key
    answers = write_all(database, works)
    there = names(database)
    for work, answer in zip([f"s{at}" for at in range(20)], answers, strict=False):
        assert isinstance(answer, StoreError) or work in there
    assert sum(isinstance(answer, StoreError) for answer in answers) >= 1
    assert Together(database).run(insert("later")) == "later"


def test_an_unexpected_error_confirms_nothing(database):
    answers = write_all(database, [insert(f"s{at}", ZeroDivisionError() if at == 3 else None) for at in range(20)])
    there = names(database)
    assert isinstance(answers[3], ZeroDivisionError | StoreError)
    assert all(isinstance(answer, Exception) or answer in there for answer in answers)
