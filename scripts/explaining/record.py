"""What became of every picture: lines in `manifest.jsonl`, by which a job that was stopped knows what is complete."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Literal

from engine.files import locked, write_atomically

Status = Literal["done", "partly", "failed"]


@dataclass(frozen=True, kw_only=True)
class Record:
    """One picture explained by one classifier.

    Attributes:
        model: The classifier's id.
        picture: The file, relative to the folder of pictures.
        status: `partly` where a method could not explain the model; what `failed` is tried again.
        key: A hash of `made_by`.
        made_by: All that decides the results: hashes of picture, weights and examples, the network, methods with their
            options, target, seed and form.
        files: What was written, relative to the folder of results.
        reasons: What went wrong, by method; under "" if nothing could be done at all.
        notes: What was changed on the way, one sentence each.
        predicted: The output with the largest logit: the class the model chose.
        judged: By method: `deletion_auc`, `insertion_auc`, `sensitivity_n`, `agreement`; None where undefined.
        seconds: What the maps took, by method; near zero from the cache.
    """

    model: str
    picture: str
    status: Status
    key: str = ""
    made_by: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    predicted: str = ""
    judged: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)


def key_of(made_by: Mapping[str, Any]) -> str:
    """The hash of what decides results."""
    return hashlib.sha256(json.dumps(made_by, sort_keys=True).encode()).hexdigest()


class Records:
    """The records of a folder of results, newest first in force; one job at a time writes.

    Args:
        folder: Where results go; need not exist while nothing is written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder, folder / "manifest.jsonl"
        self._rows = self._read()
        self._file: IO[bytes] | None = None

    def complete(self, model: str, picture: str, key: str) -> Record | None:
        """The record of results that are there, whole, and made in this very way."""
        row = self._rows.get((model, picture))
        if row is None or row.key != key or row.status == "failed":
            return None
        return row if all((self.folder / name).is_file() for name in row.files) else None

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Holds the folder while records are added; it is made when missing.

        Raises:
            BusyError: If another job writes there.
            OSError: If it cannot be written.
        """
        with locked(self.folder / "explain.lock", wait=False):
            self._rows = self._read()
            write_atomically(self.path, "".join(map(_line, self._rows.values())).encode())  # one line a picture again
            try:
                with self.path.open("ab") as self._file:
                    yield
            finally:
                self._file = None

    def add(self, record: Record) -> None:
        """Writes a record through to the disk; in `writing` only."""
        assert self._file is not None
        self._rows[record.model, record.picture] = record
        self._file.write(_line(record).encode())
        self._file.flush()
        os.fsync(self._file.fileno())

    def __iter__(self) -> Iterator[Record]:
        return iter(self._rows.values())

    def _read(self) -> dict[tuple[str, str], Record]:
        try:
            lines = self.path.read_bytes().splitlines()
        except FileNotFoundError:
            return {}
        rows = (_record(line) for line in lines)
        return {(row.model, row.picture): row for row in rows if row is not None}


def _line(record: Record) -> str:
    return json.dumps(dataclasses.asdict(record)) + "\n"


def _record(line: bytes) -> Record | None:
    """A line's record; None for one that was cut short or is not ours."""
    try:
        fields = json.loads(line)
        return Record(**{**fields, "files": tuple(fields["files"]), "notes": tuple(fields["notes"])})
    except (ValueError, TypeError, KeyError):
        return None
