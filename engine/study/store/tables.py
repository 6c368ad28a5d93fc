"""The tables as queries see them; `migrations.py` makes them, and a test holds the two equal."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

TABLES = MetaData()

STUDIES = Table(
    "studies",
    TABLES,
    Column("name", Text, primary_key=True),
    Column("next_number", Integer, nullable=False),  # of the next session
)

VERSIONS = Table(
    "versions",
    TABLES,
    Column("study", Text, ForeignKey("studies.name"), primary_key=True),
    Column("version", Integer, primary_key=True),  # from 1
    Column("hash", Text, nullable=False),  # SHA-256 of the text
    Column("text", Text, nullable=False),  # canonical JSON of the study
    UniqueConstraint("study", "hash"),
)

SESSIONS = Table(
    "sessions",
    TABLES,
    Column("token", Text, primary_key=True),
    Column("study", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("participant", Text, nullable=False),
    Column("plan", Text, nullable=False),  # JSON
    Column("began_ms", Double, nullable=False),
    Column("finished_ms", Double),
    Column("completion_code", Text, nullable=False),
    Column("clock_ms", Double, nullable=False),  # page's minus server's clock when it began
    Column("file", Text, nullable=False, unique=True),  # its name in the Hub's data set
    Column("pushed", Integer),  # how many of its responses the Hub has; NULL: not even the session
    Column("page_key", Text),  # made by the page that began it, so that asking twice begins it once
    UniqueConstraint("study", "number"),
    Index("sessions_page_key", "page_key", unique=True),
    ForeignKeyConstraint(["study", "version"], ["versions.study", "versions.version"]),
)

RESPONSES = Table(
    "responses",
    TABLES,
    Column("id", Text, primary_key=True),
    Column("token", Text, ForeignKey("sessions.token"), nullable=False),
    Column("step", Integer, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("shown_ms", Double, nullable=False),
    Column("left_ms", Double, nullable=False),
    Column("duration_ms", Double, nullable=False),
    Column("answer", Text, nullable=False),  # JSON
    Column("history", LargeBinary),  # zlib of JSON; NULL: nothing happened
    Column("decoder", Text, nullable=False),
    Column("resumed", Integer, nullable=False),
    Column("saved_ms", Double, nullable=False),  # server's clock
    Column("clock_ms", Double, nullable=False),  # page's minus server's clock when it arrived
    UniqueConstraint("token", "step"),
)

WITHDRAWALS = Table(
    "withdrawals",
    TABLES,
    Column("file", Text, primary_key=True),  # all that is kept of a withdrawn session
    Column("withdrawn_ms", Double, nullable=False),
    Column("pending", Integer, nullable=False),  # 1 while the Hub may still have it
)
