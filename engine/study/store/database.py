"""The database behind the store: SQLite in one file, or PostgreSQL; one transaction at a time writes a SQLite file."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from engine.files import locked
from engine.study.store.errors import StoreError
from engine.study.store.migrations import migrate

BUSY_S = 60  # how long a writer waits for those of other processes
_PRAGMAS = (
    f"PRAGMA busy_timeout = {BUSY_S * 1000}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # a commit returns when the disk has it
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",  # what is withdrawn is overwritten
)


class Database:
    """Transactions on SQLite or PostgreSQL, with the schema brought up to date.

    Args:
        place: Path of a SQLite file, made when missing, or a URL such as `postgresql://user:secret@host/studies`.
        clock: Seconds since 1970, the server's clock.

    Raises:
        NewerStoreError: If a newer version of this program wrote it.
        StoreError: If it cannot be opened.
    """

    def __init__(self, place: str | Path, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.file = None if "://" in str(place) else Path(place).expanduser()
        self._one_writer: AbstractContextManager[Any] = threading.Lock() if self.file else nullcontext()
        self._engine = _sqlite(self.file) if self.file else _by_url(str(place))
        with translated(), locked(self.file.with_name(f"{self.file.name}.lock")) if self.file else nullcontext():
            migrate(self._engine)

    def now_ms(self) -> float:
        """The server's clock, milliseconds since 1970."""
        return self.clock() * 1000.0

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A consistent view; writers go on meanwhile."""
        with (
            translated(),
            self._engine.connect().execution_options(reading=True) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """One transaction: when this is left without an error, the disk has all of it, else nothing has changed."""
        with translated(), self._one_writer, self._engine.begin() as connection:
            yield connection

    def insert_or_ignore(self, connection: sa.Connection, table: sa.Table, values: dict[str, Any]) -> bool:
        """Inserts a row unless any unique key of it is taken; whether it did."""
        from sqlalchemy.dialects import postgresql, sqlite

        insert = (sqlite.insert if self.file else postgresql.insert)(table).values(**values).on_conflict_do_nothing()
        return connection.execute(insert.returning(*table.primary_key)).first() is not None

    def forget_deleted(self) -> None:
        """Empties SQLite's log of changes, where deleted rows could still be read; waits a little for readers."""
        if self.file is None:
            return
        with translated(), self._one_writer:
            connection = self._engine.raw_connection()
            try:
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                connection.close()

    def close(self) -> None:
        """Closes all connections."""
        self._engine.dispose()


@contextmanager
def translated() -> Iterator[None]:
    """Turns what the database says into an error of ours.

    Raises:
        StoreError: In its place.
    """
    try:
        yield
    except (sa.exc.SQLAlchemyError, OSError) as error:
        said = str(getattr(error, "orig", None) or error).strip().splitlines() or [type(error).__name__]
        raise StoreError(
            f"The study database did not take it ({said[0]}). Nothing was changed; check that it can be reached and "
            "that its disk has space, then try again."
        ) from error


def _sqlite(file: Path) -> sa.Engine:
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)  # answers of people
    except OSError as error:
        raise StoreError(
            f"{file.parent} cannot be made ({error.strerror}); set LATENT_EXPLORER_STUDIES to another folder."
        ) from error
    engine = sa.create_engine(sa.URL.create("sqlite+pysqlite", database=str(file)), pool_size=8, pool_timeout=BUSY_S)

    @sa.event.listens_for(engine, "connect")
    def configure(connection: Any, _record: object) -> None:  # noqa: ANN401 - sqlite3's connection
        connection.isolation_level = None  # transactions begin below, not where sqlite3 thinks
        for pragma in _PRAGMAS:
            connection.execute(pragma)

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        reads = connection.get_execution_options().get("reading")
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine


def _by_url(place: str) -> sa.Engine:
    try:
        url = sa.make_url(place)
        if url.get_backend_name() != "postgresql":
            raise StoreError(f"Studies are kept in a SQLite file or in PostgreSQL; got {url.get_backend_name()}://...")
        url = url.set(drivername="postgresql+psycopg")
        engine = sa.create_engine(url, pool_size=10, max_overflow=20, pool_timeout=BUSY_S, pool_pre_ping=True)
    except sa.exc.ArgumentError as error:
        raise StoreError("The URL of the study database should be like postgresql://user@host/name.") from error
    except ModuleNotFoundError as error:
        raise StoreError("PostgreSQL needs psycopg: pip install 'latent-explorer[postgres]'.") from error

    @sa.event.listens_for(engine, "connect")
    def configure(connection: Any, _record: object) -> None:  # noqa: ANN401 - psycopg's connection
        connection.execute("SET synchronous_commit TO on")
        connection.commit()

    return engine
