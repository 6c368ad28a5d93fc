"""The schema's history: numbered steps, each run once, in order; `tables.py` says where they lead."""

from __future__ import annotations

import sqlalchemy as sa

from engine.study.store.errors import NewerStoreError

_FIRST = (
    "CREATE TABLE studies (name TEXT PRIMARY KEY, next_number INTEGER NOT NULL)",
    """CREATE TABLE versions (
        study TEXT NOT NULL REFERENCES studies (name),
        version INTEGER NOT NULL,
        hash TEXT NOT NULL,
        text TEXT NOT NULL,
        PRIMARY KEY (study, version),
        UNIQUE (study, hash)
    )""",
    """CREATE TABLE sessions (
        token TEXT PRIMARY KEY,
        study TEXT NOT NULL,
        version INTEGER NOT NULL,
        number INTEGER NOT NULL,
        participant TEXT NOT NULL,
        plan TEXT NOT NULL,
        began_ms DOUBLE PRECISION NOT NULL,
        finished_ms DOUBLE PRECISION,
        completion_code TEXT NOT NULL,
        clock_ms DOUBLE PRECISION NOT NULL,
        file TEXT NOT NULL UNIQUE,
        pushed INTEGER,
        UNIQUE (study, number),
        FOREIGN KEY (study, version) REFERENCES versions (study, version)
    )""",
    """CREATE TABLE responses (
        id TEXT PRIMARY KEY,
        token TEXT NOT NULL REFERENCES sessions (token),
        step INTEGER NOT NULL,
        outcome TEXT NOT NULL,
        shown_ms DOUBLE PRECISION NOT NULL,
        left_ms DOUBLE PRECISION NOT NULL,
        duration_ms DOUBLE PRECISION NOT NULL,
        answer TEXT NOT NULL,
        history {bytes},
        decoder TEXT NOT NULL,
        resumed INTEGER NOT NULL,
        saved_ms DOUBLE PRECISION NOT NULL,
        clock_ms DOUBLE PRECISION NOT NULL,
        UNIQUE (token, step)
    )""",
    """CREATE TABLE withdrawals (
        file TEXT PRIMARY KEY,
        withdrawn_ms DOUBLE PRECISION NOT NULL,
        pending INTEGER NOT NULL
    )""",
)

_PAGE_KEYS = (
    "ALTER TABLE sessions ADD COLUMN page_key TEXT",
    "CREATE UNIQUE INDEX sessions_page_key ON sessions (page_key)",
)

STEPS: tuple[tuple[str, ...], ...] = (_FIRST, _PAGE_KEYS)
"""Step number n leads from schema n to n + 1; a released step never changes, a new one is added at the end."""

_LOCK = 6_021_991  # any number: all processes that open a PostgreSQL database take turns by it


def migrate(engine: sa.Engine) -> None:
    """Brings a database up to date, in one transaction; an empty one gets all tables.

    Raises:
        NewerStoreError: If it is further than this program knows.
    """
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        version = _version(connection)
        if version > len(STEPS):
            raise NewerStoreError(
                f"The study database has schema {version}, this program knows up to {len(STEPS)}: a newer version "
                "wrote it. Update Latent Explorer, or set LATENT_EXPLORER_STUDIES to another place."
            )
        for step in STEPS[version:]:
            for statement in step:
                connection.execute(sa.text(statement.format(bytes=_bytes(engine))))
        if version < len(STEPS):
            connection.execute(sa.text("UPDATE schema_version SET version = :version"), {"version": len(STEPS)})


def _version(connection: sa.Connection) -> int:
    if not sa.inspect(connection).has_table("schema_version"):
        connection.execute(sa.text("CREATE TABLE schema_version (version INTEGER NOT NULL)"))
        connection.execute(sa.text("INSERT INTO schema_version VALUES (0)"))
    return int(connection.execute(sa.text("SELECT version FROM schema_version")).scalar_one())


def _bytes(engine: sa.Engine) -> str:
    return "BYTEA" if engine.dialect.name == "postgresql" else "BLOB"
