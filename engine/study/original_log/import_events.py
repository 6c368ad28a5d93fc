"""Log events of the original study become sessions that the analysis reads; nothing of the log is dropped in silence.

The events are those of Ross et al. (2021), https://arxiv.org/abs/2102.01264, and its published code. Known flaws of the
logging are met: questions are numbered by time, slide distance follows from histories, early entries move to the start.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from engine.registry import unknown
from engine.study.design import TaskName
from engine.study.measuring.yardsticks import Dial
from engine.study.original_log.logged_events import Event, Level, MalformedError, Notice, read_events
from engine.study.original_log.logged_steps import TELLERS, Told, ratings_at_end, task_of, tell
from engine.study.questionnaires import EASE
from engine.study.response import Response
from engine.study.session import Session
from engine.study.steps import Choice, Plan, Questionnaire, Reconstruction, Step

_RENAMED = "editable"


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What a log held.

    Attributes:
        sessions: In the order in which they began; participants are numbered, names of users and workers are not kept.
        notices: Events that were dropped, mended or set aside, in the order of the log.
    """

    sessions: tuple[Session, ...]
    notices: tuple[Notice, ...]


def import_events(
    text: str, *, study: str = "imported", dials: Mapping[str, Sequence[Dial]] | None = None
) -> Imported:
    """Reads a log.

    Args:
        text: JSON objects {scope, key, value}, one a line, or one JSON array of them.
        study: What the sessions' study is called.
        dials: The dials of models by id (`yardsticks.dial_spans`), so that histories name our axes; without them a dial
            has the log's number, which counts continuous dials only.
    """
    log = _Log()
    events = [event for read in read_events(text) if (event := log.kept(read)) is not None]
    groups: dict[str, list[Event]] = {}
    for event in sorted(events, key=lambda event: event.timestamp_ms):
        groups.setdefault(event.session, []).append(event)
    log.note_returning(groups)
    sessions: list[Session] = []
    for name, group in groups.items():
        session = _session(len(sessions), name, group, study, dials or {}, log)
        sessions += [session] if session.responses else []
    return Imported(
        sessions=tuple(sessions),
        notices=tuple(sorted(log.notices, key=lambda notice: notice.line)),
    )


class _Log:
    """Collects notices and knows which events were there before."""

    def __init__(self) -> None:
        self.notices: list[Notice] = []
        self._seen: dict[str, int] = {}

    def note(self, event: Event, level: Level, message: str) -> None:
        self.notices.append(Notice(line=event.line, key=event.key, level=level, message=message))

    def kept(self, event: Event | Notice) -> Event | None:
        """The event if it takes part; what does not is noted."""
        if isinstance(event, Notice):
            self.notices.append(event)
            return None
        if event.key == _RENAMED:
            old, new = event.data.get("oldValue"), event.data.get("value")
            self.note(event, "aside", f"a dial was renamed from {old!r} to {new!r}, which is no answer")
            return None
        if event.key not in TELLERS:
            self.note(event, "dropped", unknown("event", event.key, [*TELLERS, _RENAMED]))
            return None
        same = json.dumps([event.session, event.key, event.timestamp_ms, event.data, event.context], sort_keys=True)
        if (first := self._seen.setdefault(same, event.line)) != event.line:
            self.note(event, "dropped", f"it was sent twice, first in line {first}")
            return None
        return event

    def note_returning(self, groups: Mapping[str, Sequence[Event]]) -> None:
        """Notes people who took part more than once."""
        first: dict[str, str] = {}
        for name, group in groups.items():
            for event in group:
                if event.user and first.setdefault(event.user, name) != name:
                    self.note(event, "aside", "this participant took part before, in another session")
                    break


def _session(
    number: int, name: str, events: Sequence[Event], study: str, dials: Mapping[str, Sequence[Dial]], log: _Log
) -> Session:
    told = _told(events, dials, log)
    count: Counter[tuple[type, int]] = Counter()
    steps: list[Step] = []
    responses: list[Response] = []
    for event, one in told:
        step = one.step
        if isinstance(step, Reconstruction | Choice):
            place = type(step), step.stage
            step = replace(step, question=count[place])
            count[place] += 1
        responses.append(_response(name, len(steps), event, one))
        steps.append(step)
    ended = [event.timestamp_ms for event, _ in told if event.key in ("quiz-completion", "completed-demographics")]
    return Session(
        token=name,
        participant=f"p{number + 1:04d}",
        study=study,
        plan=Plan(number=number, task=_task(events, steps), models=_models(steps), steps=tuple(steps)),
        began_ms=min((response.shown_ms for response in responses), default=events[0].timestamp_ms),
        finished_ms=max(ended, default=None),
        completion_code=name,
        clock_ms=(),
        responses=tuple(responses),
    )


def _told(events: Sequence[Event], dials: Mapping[str, Sequence[Dial]], log: _Log) -> list[tuple[Event, Told]]:
    told: list[tuple[Event, Told]] = []
    for event in events:
        try:
            one = tell(event, dials)
        except MalformedError as error:
            log.note(event, "dropped", str(error))
            continue
        if event.key == "quiz-completion":
            told += [(event, late) for late in _missed_ratings(event, [step.step for _, step in told], events, log)]
        for message in one.mended:
            log.note(event, "mended", message)
        told.append((event, one))
    return told


def _missed_ratings(event: Event, steps: Sequence[Step], events: Sequence[Event], log: _Log) -> list[Told]:
    try:
        ratings = ratings_at_end(event)
    except MalformedError as error:
        log.note(event, "mended", f"the models' ratings are passed over: {error}")
        return []
    rated = {step.stage for step in steps if isinstance(step, Questionnaire) and step.items == EASE}
    stages = {step.model: step.stage for step in steps if isinstance(step, Reconstruction | Choice)}
    missed = []
    for name, rating in ratings.items():
        stage = stages.get(name, stages.get(f"{event.context.get('dataKey') or _dataset(events)}/{name}"))
        if stage is None:
            log.note(event, "aside", f"difficulties.{name} rates a model of which no question was logged")
        elif stage not in rated:
            step = Questionnaire(name="after_model", items=EASE, stage=stage)
            log.note(event, "mended", f"the rating of {name!r} after its questions is missing and taken from here")
            missed.append(Told(step=step, answer={"ease": rating}, shown_ms=event.timestamp_ms))
    return missed


def _dataset(events: Sequence[Event]) -> str:
    return next((str(event.context["dataKey"]) for event in events if event.context.get("dataKey")), "")


def _response(session: str, place: int, event: Event, told: Told) -> Response:
    return Response(
        id=str(uuid.uuid5(uuid.NAMESPACE_OID, f"{session}/{place}/{event.key}/{event.timestamp_ms}")),
        session=session,
        step=place,
        outcome=told.outcome,
        shown_ms=told.shown_ms,
        left_ms=told.shown_ms + told.duration_ms,
        duration_ms=told.duration_ms,
        answer=told.answer,
        history=told.history,
        decoder="page" if isinstance(told.step, Reconstruction) else "none",
    )


def _task(events: Sequence[Event], steps: Sequence[Step]) -> TaskName:
    for step in steps:
        if isinstance(step, Choice):
            return step.task
    told = (task_of(event) for event in events)
    return next((task for task in told if task is not None), "reconstruction")


def _models(steps: Sequence[Step]) -> tuple[str, ...]:
    asked = [(step.stage, step.model) for step in steps if isinstance(step, Reconstruction | Choice)]
    return tuple(dict.fromkeys(model for _, model in sorted(asked)))
