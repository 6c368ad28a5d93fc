"""Stores in both databases: a SQLite file of the test's own, and one PostgreSQL that every test finds empty."""

from __future__ import annotations

import pytest

from engine.study.store import Store
from tests.study.store.postgres import programs, server


@pytest.fixture(scope="session")
def postgres():
    """The URL of a running PostgreSQL."""
    bin_folder = programs()
    if bin_folder is None:
        pytest.skip("PostgreSQL is not installed; scripts/postgres.sh installs it on CI")
    pytest.importorskip("psycopg", reason="psycopg is not installed: pip install -e '.[postgres]'")
    with server(bin_folder) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, tmp_path):
    """Where a store of this test's own can be: a path, or a URL."""
    if request.param == "sqlite":
        return tmp_path / "studies" / "studies.sqlite"
    return emptied(request.getfixturevalue("postgres"))


@pytest.fixture
def store(place):
    with Store.open(place) as opened:
        yield opened


def emptied(url):
    import psycopg

    with psycopg.connect(url) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return url
