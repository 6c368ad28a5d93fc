"""A run's log: one CSV row per report, cut back to the saved state when a killed run goes on."""

from __future__ import annotations

import csv
import io
import math
import time
from collections.abc import Mapping
from pathlib import Path

from engine.files import write_atomically

_PLACE = ("step", "time")


class Log:
    """Appends loss terms to a CSV file with the columns `step`, `time` and one per term.

    Where a row lacks a term, of a player that plays only now and then or of what is measured from time to time, it is
    `nan`.

    Args:
        path: The file; made when missing.
        from_step: Rows after this step are dropped, since the run will write them again.
    """

    def __init__(self, path: Path, *, from_step: int = 0) -> None:
        self.path = path
        rows = [row for row in read(path) if row["step"] <= from_step] if path.exists() else []
        self._terms = list(dict.fromkeys(name for row in rows for name in row if name not in _PLACE))
        self._replace(rows)

    def write(self, step: int, terms: dict[str, float]) -> None:
        """Appends one row."""
        new = [name for name in terms if name not in self._terms]
        if new:
            self._terms += new
            self._replace(read(self.path))
        with self.path.open("a", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow([step, round(time.time(), 3), *self._values(terms)])

    def _replace(self, rows: list[dict[str, float]]) -> None:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        if self._terms:
            writer.writerow([*_PLACE, *self._terms])
        writer.writerows([int(row["step"]), row["time"], *self._values(row)] for row in rows)
        write_atomically(self.path, text.getvalue().encode())

    def _values(self, terms: Mapping[str, float]) -> list[str]:
        return [f"{terms.get(name, math.nan):.6g}" for name in self._terms]


def read(path: Path) -> list[dict[str, float]]:
    """All whole rows of a log; one that was cut short, be it within its last number, is left out."""
    text = path.read_text(encoding="utf-8")
    reader = csv.reader(io.StringIO(text[: text.rfind("\n") + 1]))
    header = next(reader, [])
    return [dict(zip(header, map(float, row), strict=True)) for row in reader if len(row) == len(header)]
