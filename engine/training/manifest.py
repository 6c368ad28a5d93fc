"""What became of every run of a folder: `manifest.json`, replaced at once with every change."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from engine.files import locked, write_atomically

Status = Literal["waiting", "running", "done", "failed", "skipped", "interrupted"]


@dataclass(frozen=True, kw_only=True)
class Record:
    """One run.

    Attributes:
        id: The recipe's id.
        status: Where it stands.
        recipe: The row as JSON.
        device: Where it was trained: `cpu`, or the GPU's name; empty where that is not recorded.
        threads: Torch threads of the training; None where that is not recorded.
        seconds: Wall time of training and of evaluation, by name.
        error: What went wrong; empty otherwise.
        checkpoint: The folder written; empty otherwise.
        headline: The metrics people compare, by name.
    """

    id: str
    status: Status
    recipe: Mapping[str, Any] = field(default_factory=dict)
    device: str = ""
    threads: int | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)
    error: str = ""
    checkpoint: str = ""
    headline: Mapping[str, float] = field(default_factory=dict)


class Manifest:
    """The entries of all runs ever started in a folder; several processes may write.

    Args:
        path: The file; made with the first entry.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[str, Record]:
        """All entries by id; none where there is no file or it is damaged (it only reports, so it is begun anew)."""
        try:
            rows = json.loads(self.path.read_text(encoding="utf-8"))["runs"]
            return {row["id"]: Record(**row) for row in rows}
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return {}

    def put(self, *entries: Record) -> None:
        """Adds or replaces entries.

        Raises:
            OSError: If the file cannot be written; the previous one stays.
        """
        with locked(self.path.with_suffix(".lock")):
            runs = self.read() | {entry.id: entry for entry in entries}
            text = json.dumps({"runs": [dataclasses.asdict(runs[name]) for name in sorted(runs)]}, indent=1)
            write_atomically(self.path, f"{text}\n".encode())
