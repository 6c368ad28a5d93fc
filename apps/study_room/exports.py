"""A study's answers as files: tables with a data dictionary, jsPsych's CSV, the report as one page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from apps.study_room.room import Analysed, StudyRoom, in_words

if TYPE_CHECKING:
    from engine.study.session import Session

FORMATS = {"CSV": "csv", "JSON Lines": "jsonl", "Parquet": "parquet"}


def tables(room: StudyRoom, name: str, folder: Path, *, format: str, anonymised: bool) -> list[Path]:
    """Sessions, responses, slider events and the data dictionary.

    Raises:
        NotFoundError: If nobody took part.
        RefusedError: If they cannot be written.
    """
    from engine.study.store.export import export

    kind: Any = FORMATS.get(format, format)
    with in_words():
        return list(export(room.store, name, folder, format=kind, anonymised=anonymised))


def jspsych(sessions: tuple[Session, ...], name: str, folder: Path, *, histories: bool) -> list[Path]:
    """All confirmed steps as the CSV that jsPsych writes."""
    from engine.study.jspsych import jspsych_csv

    path = folder / f"{name}_jspsych.csv"
    path.write_text(jspsych_csv(sessions, histories=histories), encoding="utf-8", newline="")
    return [path]


def report(found: Analysed, folder: Path) -> list[Path]:
    """The results as one HTML page that needs nothing else."""
    from engine.figures.study_report import study_report

    path = folder / f"{found.study.name}_report.html"
    path.write_text(study_report(found.analysis, found.sessions, found.yardsticks), encoding="utf-8")
    return [path]
