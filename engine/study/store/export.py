"""A study's sessions as tables for other programs: CSV, JSON Lines or parquet, with a data dictionary."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from engine.files import write_atomically
from engine.study.session import Session
from engine.study.store.columns import EVENTS, RESPONSES, SESSIONS, Column, Event, Row, item_columns
from engine.study.store.errors import UnknownStudyError
from engine.study.store.store import Store

if TYPE_CHECKING:
    import pyarrow as pa

Format = Literal["csv", "jsonl", "parquet"]
DICTIONARY = "data_dictionary.csv"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would compute what a participant wrote
_ROWS_AT_ONCE = 10_000


def export(
    store: Store, study: str, folder: Path, *, format: Format = "csv", anonymised: bool = False
) -> tuple[Path, ...]:
    """Writes the tables `sessions`, `responses` and `events` (one row per entry of a slider history).

    Sessions that have not ended are in it too. Empty cells mean that there is no such value; lists are JSON in CSV, and
    free text that a spreadsheet would take for a formula has an apostrophe before it there.

    Args:
        store: Where the study is kept.
        study: Its name; all versions are exported.
        folder: Where to write; made when missing. A file there is replaced whole or not at all.
        format: Of the tables; the data dictionary is always CSV.
        anonymised: Leaves out tokens, ids, completion codes, free text and wall-clock times; times stay as milliseconds
            since the session began.

    Returns:
        The files: the three tables and the data dictionary.

    Raises:
        UnknownStudyError: If nobody took part in such a study.
        ValueError: If there is no such format.
        OSError: If a file cannot be written.
    """
    if format not in _WRITERS:
        raise ValueError(f"Tables are written as {', '.join(get_args(Format))}; got {format!r}.")
    items = item_columns(session.plan for session in store.sessions(study))
    tables: dict[str, tuple[Sequence[Column], Callable[[], Iterator[Any]]]] = {
        "sessions": (SESSIONS, lambda: store.sessions(study)),
        "responses": ((*RESPONSES, *items), lambda: _rows(store.sessions(study))),
        "events": (EVENTS, lambda: _events(_rows(store.sessions(study)))),
    }
    if next(store.sessions(study), None) is None:
        raise UnknownStudyError(f"Nobody took part in {study!r}; the store has {_names(store)}.")
    folder.mkdir(parents=True, exist_ok=True)
    written, kept = [], {}
    for name, (columns, rows) in tables.items():
        kept[name] = [column for column in columns if not (anonymised and column.private)]
        written.append(folder / f"{study}_{name}.{format}")
        _write(written[-1], format, kept[name], rows())
    written.append(folder / f"{study}_{DICTIONARY}")
    write_atomically(written[-1], _dictionary(kept).encode())
    return tuple(written)


def _write(path: Path, format: Format, columns: Sequence[Column], rows: Iterator[Any]) -> None:
    write_atomically(path, lambda fresh: _WRITERS[format](fresh, columns, rows))


def _rows(sessions: Iterable[Session]) -> Iterator[Row]:
    return (Row(session, response) for session in sessions for response in session.responses)


def _events(rows: Iterable[Row]) -> Iterator[Event]:
    return (Event(row, at) for row in rows for at in range(len(row.response.history.t_ms)))


def _write_csv(path: Path, columns: Sequence[Column], rows: Iterator[Any]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([column.name for column in columns])
        for row in rows:
            writer.writerow([_cell(column, column.value(row)) for column in columns])


def _cell(column: Column, value: Any) -> Any:  # noqa: ANN401 - any cell
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return json.dumps(value)
    if column.type == "text" and column.name.startswith("item_") and value.startswith(_FORMULA):
        return f"'{value}"
    return value


def _write_json_lines(path: Path, columns: Sequence[Column], rows: Iterator[Any]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps({column.name: column.value(row) for column in columns}, allow_nan=False) + "\n")


def _write_parquet(path: Path, columns: Sequence[Column], rows: Iterator[Any]) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    schema = _schema(columns)
    with parquet.ParquetWriter(path, schema) as writer:
        while batch := list(islice(rows, _ROWS_AT_ONCE)):
            values = {column.name: [column.value(row) for row in batch] for column in columns}
            writer.write_table(pa.table(values, schema=schema))


def _schema(columns: Sequence[Column]) -> pa.Schema:
    import pyarrow as pa

    types = {
        "text": pa.string(), "whole": pa.int64(), "number": pa.float64(), "yes/no": pa.bool_(),
        "numbers": pa.list_(pa.float64()), "texts": pa.list_(pa.string()),
    }  # fmt: skip
    return pa.schema([pa.field(one.name, types[one.type], metadata={"meaning": one.meaning}) for one in columns])


def _dictionary(tables: Mapping[str, Sequence[Column]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["table", "column", "type", "meaning"])
    writer.writerows([table, one.name, one.type, one.meaning] for table, columns in tables.items() for one in columns)
    return text.getvalue()


def _names(store: Store) -> list[str]:
    return sorted({one.study.name for one in store.studies()})


_WRITERS: Mapping[str, Callable[[Path, Sequence[Column], Iterator[Any]], None]] = {
    "csv": _write_csv,
    "jsonl": _write_json_lines,
    "parquet": _write_parquet,
}
