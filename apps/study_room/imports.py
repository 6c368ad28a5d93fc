"""The original study's log as an analysis: read, analysed, shown, and not stored."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from apps.refusals import RefusedError, told
from apps.study_room.room import Analysed, Report, StudyRoom, analysed, in_words

if TYPE_CHECKING:
    from engine.study.design import Study
    from engine.study.measuring.yardsticks import Dial
    from engine.study.original_log.logged_events import Notice
    from engine.study.session import Session

MAX_BYTES = 20 * 2**20
NAME = "imported"


@dataclass(frozen=True, eq=False)
class ImportedLog:
    """A log's analysis, and what was dropped, mended or set aside on the way."""

    file: str
    found: Analysed
    notices: tuple[Notice, ...]


def imported(room: StudyRoom, path: Path, *, report: Report | None = None) -> ImportedLog:
    """Reads a file of log events and analyses what it holds.

    Raises:
        RefusedError: If it is too large, no text, or holds no session.
    """
    from engine.study.original_log.import_events import import_events

    text = _text(path)
    with in_words():
        log = import_events(text, study=NAME)
        dials = _dials(room, log.sessions)
        if dials:
            log = import_events(text, study=NAME, dials=dials)  # again, with our names of the dials
    if not log.sessions:
        first = f" The first problem: {log.notices[0]}." if log.notices else ""
        raise RefusedError(f"{path.name[:60]} holds no session that could be read.{first}")
    study = _study(path.name, log.sessions)
    spans = {model: one for model, one in room.yardsticks(study).items() if model in dials}
    return ImportedLog(path.name, analysed(study, log.sessions, spans, report=report), log.notices)


def _text(path: Path) -> str:
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise RefusedError(f"The log has {size / 2**20:.0f} MB; at most {MAX_BYTES / 2**20:.0f} MB are read. Split it.")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise RefusedError(f"{path.name[:60]} is no text: events are JSON, one a line, in UTF-8.") from error


def _dials(room: StudyRoom, sessions: Sequence[Session]) -> dict[str, tuple[Dial, ...]]:
    from engine.study.measuring.yardsticks import dial_spans

    here = {entry.id for entry in room.shelf.latent() if not entry.error}
    found = {}
    for model in sorted({model for one in sessions for model in one.plan.models} & here):
        try:
            spans = dial_spans(room.shelf.latent_model(model).axes, "full")
            if _fit(spans, model, sessions):
                found[model] = spans
        except Exception as error:
            told(error)  # logs what nobody foresaw; the log's own numbers stand in
    return found


def _fit(dials: Sequence[Dial], model: str, sessions: Sequence[Session]) -> bool:
    """Whether the log's codes of a model are as long as ours: another model may bear the same name."""
    from engine.study.steps import Reconstruction

    size = 1 + max((index for dial in dials for index in dial.indices), default=-1)
    steps = [step for one in sessions for step in one.plan.steps]
    return all(len(step.start) == size for step in steps if isinstance(step, Reconstruction) and step.model == model)


def _study(file: str, sessions: Sequence[Session]) -> Study:
    """A study that declares what the log holds: its models, its tasks, and every pair of models as a contrast."""
    from engine.study.design import Contrast, Study
    from engine.study.measuring.measures import PRIMARY

    models = tuple(dict.fromkeys(model for one in sessions for model in one.plan.models))
    tasks = tuple(dict.fromkeys(one.plan.task for one in sessions))
    measures = dict.fromkeys(PRIMARY[task] for task in tasks)
    return Study(
        name=NAME,
        title=f"Imported from {file}",
        models=models,
        tasks=tasks,
        range="full",
        contrasts=tuple(
            Contrast(first=first, second=second, measure=measure)
            for measure in measures
            for first, second in itertools.combinations(models, 2)
        ),
    )
