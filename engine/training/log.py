"""A run's log: one CSV row per report, cut back to the saved state when a killed run goes on."""

from __future__ import annotations

import csv
import io
import time
from pathlib import Path

from engine.files import write_atomically


class Log:
    """Appends loss terms to a CSV file with the columns `step`, `time` and one per term.

    Args:
        path: The file; made when missing.
        from_step: Rows after this step are dropped, since the run will write them again.
    """

    def __init__(self, path: Path, *, from_step: int = 0) -> None:
        self.path = path
        rows = [row for row in read(path) if row["step"] <= from_step] if path.exists() else []
        text = io.StringIO()
        if rows:
            writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows({**row, "step": int(row["step"])} for row in rows)
        write_atomically(path, text.getvalue().encode())
        self._has_header = bool(rows)

    def write(self, step: int, terms: dict[str, float]) -> None:
        """Appends one row."""
        with self.path.open("a", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            if not self._has_header:
                writer.writerow(["step", "time", *terms])
                self._has_header = True
            writer.writerow([step, round(time.time(), 3), *(f"{value:.6g}" for value in terms.values())])


def read(path: Path) -> list[dict[str, float]]:
    """All whole rows of a log; one that was cut short, be it within its last number, is left out."""
    text = path.read_text(encoding="utf-8")
    reader = csv.reader(io.StringIO(text[: text.rfind("\n") + 1]))
    header = next(reader, [])
    return [dict(zip(header, map(float, row), strict=True)) for row in reader if len(row) == len(header)]
