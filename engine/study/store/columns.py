"""Every column of the exported tables, with type and meaning: tables and data dictionary are made of this."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from engine.study.design import Item
from engine.study.response import Response
from engine.study.session import Session
from engine.study.steps import Choice, Plan, Questionnaire, Reconstruction, Step

Type = Literal["text", "whole", "number", "yes/no", "numbers", "texts"]


@dataclass(frozen=True)
class Column:
    """One column of an exported table.

    Attributes:
        name: Its heading.
        type: Of its values; `numbers` and `texts` are lists. An empty cell means that there is none.
        meaning: What it says, with its unit; a sentence of the data dictionary.
        value: Reads it off a row.
        private: Whether an anonymised export leaves it out: secrets, free text and wall-clock times.
    """

    name: str
    type: Type
    meaning: str
    value: Callable[[Any], Any]
    private: bool = False


@dataclass(frozen=True)
class Row:
    """One response in its session."""

    session: Session
    response: Response

    @property
    def step(self) -> Step:
        """What was asked."""
        return self.session.plan.steps[self.response.step]


@dataclass(frozen=True)
class Event:
    """One entry of a history."""

    row: Row
    at: int

    def entry(self, name: str) -> Any:  # noqa: ANN401 - a number or a code
        """The history's list `name` at this place."""
        return getattr(self.row.response.history, name)[self.at]


def _of_session(read: Callable[[Session], Any]) -> Callable[[Any], Any]:
    return lambda row: read(_session(row))


def _session(row: Session | Row | Event) -> Session:
    if isinstance(row, Session):
        return row
    return row.session if isinstance(row, Row) else row.row.session


def _of_step(name: str, *kinds: type) -> Callable[[Row], Any]:
    """The step's field of that name, where the step is one of these kinds."""
    return lambda row: _listed(getattr(row.step, name)) if isinstance(row.step, kinds) else None


def _answered(name: str, *kinds: type) -> Callable[[Row], Any]:
    return lambda row: row.response.answer.get(name) if isinstance(row.step, kinds) else None


def _measured(name: str) -> Callable[[Row], float | None]:
    return lambda row: float(row.response.answer[name]) if isinstance(row.step, Reconstruction) else None


def _since_began(name: str) -> Callable[[Row], float]:
    """Milliseconds from the session's begin, both by the page's clock."""
    return lambda row: getattr(row.response, name) - row.session.began_ms - row.session.clock_ms[0]


def _through_row(read: Callable[[Row], Any]) -> Callable[[Event], Any]:
    return lambda event: read(event.row)


def _listed(value: Any) -> Any:  # noqa: ANN401
    return list(value) if isinstance(value, tuple) else value


_WHO = (
    Column("study", "text", "Name of the study.", _of_session(lambda s: s.study)),
    Column("version", "whole", "Version of the study's file, from 1.", _of_session(lambda s: s.version)),
    Column("participant", "text", "The participant's name in all tables.", _of_session(lambda s: s.participant)),
)

_STEP = (
    Column("step", "whole", "Number of the step in the session, from 0.", lambda row: row.response.step),
    Column("kind", "text", "What the step is: consent, practice, reconstruction, choice or questionnaire.",
           lambda row: type(row.step).__name__.lower()),
    Column("stage", "whole", "Which model of the session it is about, from 0.",
           _of_step("stage", Reconstruction, Choice, Questionnaire)),
    Column("question", "whole", "Which question of the stage, from 0.", _of_step("question", Reconstruction, Choice)),
    Column("model", "text", "Id of the model; of a questionnaire, the model of its stage.", lambda row: _model(row)),
)  # fmt: skip

SESSIONS: tuple[Column, ...] = (
    *_WHO,
    Column("token", "text", "Secret name of the session, as in the participant's link.", lambda s: s.token, True),
    Column("number", "whole", "Which session of the study it is, from 0.", lambda s: s.plan.number),
    Column("task", "text", "The participant's condition.", lambda s: s.plan.task),
    Column("models", "texts", "Ids of the models in the order of the stages.", lambda s: list(s.plan.models)),
    Column("steps", "whole", "How many steps the session has.", lambda s: len(s.plan.steps)),
    Column("confirmed", "whole", "How many of them were confirmed.", lambda s: len(s.responses)),
    Column("finished", "yes/no", "Whether all of them were.", lambda s: s.finished_ms is not None),
    Column("began_ms", "number", "When it began: server's clock, milliseconds since 1970.", lambda s: s.began_ms, True),
    Column("finished_ms", "number", "When the last step was confirmed: server's clock, milliseconds since 1970.",
           lambda s: s.finished_ms, True),
    Column("lasted_ms", "number", "From its begin to the last confirmed step: server's clock, milliseconds.",
           lambda s: None if s.finished_ms is None else s.finished_ms - s.began_ms),
    Column("completion_code", "text", "What the participant was shown at the end.", lambda s: s.completion_code, True),
    Column("clock_ms", "number", "Page's minus server's clock when the session began, milliseconds.",
           lambda s: s.clock_ms[0], True),
    Column("clock_drift_ms", "number", "Largest change of that difference during the session, milliseconds.",
           lambda s: max(s.clock_ms) - min(s.clock_ms)),
)  # fmt: skip

RESPONSES: tuple[Column, ...] = (
    *_WHO,
    *_STEP,
    Column("id", "text", "The response's own id, made in the page.", lambda row: row.response.id, True),
    Column("outcome", "text", "agreed to a consent, passed a practice, solved or skipped a reconstruction, answered.",
           lambda row: row.response.outcome),
    Column("shown_ms", "number", "When the step was shown: page's clock, milliseconds since 1970.",
           lambda row: row.response.shown_ms, True),
    Column("left_ms", "number", "When it was left: page's clock, milliseconds since 1970.",
           lambda row: row.response.left_ms, True),
    Column("shown_after_ms", "number", "When the step was shown: milliseconds after the session began, page's clock.",
           _since_began("shown_ms")),
    Column("left_after_ms", "number", "When it was left: milliseconds after the session began, page's clock.",
           _since_began("left_ms")),
    Column("duration_ms", "number", "From shown to left by the page's monotonic clock, milliseconds.",
           lambda row: row.response.duration_ms),
    Column("decoder", "text", "Where pictures were drawn: page, server or none.", lambda row: row.response.decoder),
    Column("resumed", "whole", "How often the step was shown again after a reload.", lambda row: row.response.resumed),
    Column("events", "whole", "Entries of the slider history, in the table of events.",
           lambda row: len(row.response.history.t_ms)),
    Column("start", "numbers", "Reconstruction: where the sliders stood at first.", _of_step("start", Reconstruction)),
    Column("target", "numbers", "Reconstruction: the code to be matched.", _of_step("target", Reconstruction)),
    Column("start_row", "whole", "Reconstruction: row of the model's examples the start is the code of; none: drawn.",
           _of_step("start_row", Reconstruction)),
    Column("target_row", "whole", "Reconstruction: the same for the target.", _of_step("target_row", Reconstruction)),
    Column("redraws", "whole", "Reconstruction: targets dropped because the start already agreed with them.",
           _of_step("redraws", Reconstruction)),
    Column("code", "numbers", "Reconstruction: where the sliders stood at the end; choice: of the picture asked about.",
           lambda row: _code(row)),
    Column("agreement", "number", "Reconstruction: agreement with the target at the end, in [0, 1].",
           _measured("agreement")),
    Column("error", "number", "Reconstruction: summed squared difference from the target at the end.",
           _measured("error")),
    Column("task", "text", "Choice: what explains the dial.", _of_step("task", Choice)),
    Column("axis", "whole", "Choice: number of the dial among the model's axes, from 0.", _of_step("axis", Choice)),
    Column("options", "texts", "Choice: what could be answered.", _of_step("options", Choice)),
    Column("seed", "whole", "Choice: seed of the explanation's first panel.", _of_step("seed", Choice)),
    Column("correct_option", "whole", "Choice: number of the right option, from 0.", _of_step("correct", Choice)),
    Column("option", "whole", "Choice: number of the option that was chosen.", _answered("option", Choice)),
    Column("right", "yes/no", "Choice: whether it is the right one.",
           lambda row: row.response.answer.get("option") == row.step.correct if isinstance(row.step, Choice) else None),
    Column("confidence", "whole", "Choice: confident of being right, 1 to 5.", _answered("confidence", Choice)),
    Column("sense", "whole", "Choice: the dial makes sense, 1 to 5.", _answered("sense", Choice)),
    Column("more", "whole", "Choice: how often more of the explanation was asked for.", _answered("more", Choice)),
    Column("questionnaire", "text", "Questionnaire: after_model, at_end or demographics.",
           _of_step("name", Questionnaire)),
)  # fmt: skip

EVENTS: tuple[Column, ...] = (
    *_WHO,
    *(Column(one.name, one.type, one.meaning, _through_row(one.value)) for one in _STEP),
    Column("event", "whole", "Number of the entry in the step's history, from 0.", lambda event: event.at),
    Column("t_ms", "number", "Milliseconds since the step was shown.", lambda event: event.entry("t_ms")),
    Column("axis", "whole", "Number of the dial that moved; -1: none.", lambda event: event.entry("axis")),
    Column("direction", "whole", "-1 down, 0 neither, 1 up.", lambda event: event.entry("direction")),
    Column("agreement", "number", "With the target, in [0, 1].", lambda event: event.entry("agreement")),
    Column("error", "number", "Summed squared difference from the target.", lambda event: event.entry("error")),
    Column("code", "numbers", "Where the sliders stood. A single number, of a code too long for every event, says "
           "where dial `axis` came to stand; all else is as in the event before, at first as in `start`.",
           lambda event: list(event.entry("code"))),
)  # fmt: skip


def item_columns(plans: Iterable[Plan]) -> tuple[Column, ...]:
    """A column for every questionnaire item of these plans, named `item_<name>`, in order of appearance."""
    items: dict[str, Item] = {}
    for plan in plans:
        for step in plan.steps:
            if isinstance(step, Questionnaire):
                items |= {item.name: item for item in step.items if item.name not in items}
    return tuple(_item_column(item) for item in items.values())


def _item_column(item: Item) -> Column:
    words = {
        "scale": f"{item.low} ({item.ends[0]}) to {item.high} ({item.ends[1]})",
        "choice": f"one of {list(item.options)}",
        "several": f"any of {list(item.options)}",
        "text": "free text",
    }
    types: dict[str, Type] = {"scale": "whole", "choice": "text", "several": "texts", "text": "text"}
    meaning = f"Questionnaire: {item.text} ({words[item.kind]})"
    return Column(f"item_{item.name}", types[item.kind], meaning, _item(item.name), item.kind == "text")


def _item(name: str) -> Callable[[Row], Any]:
    def value(row: Row) -> Any:  # noqa: ANN401
        given = row.response.answer.get(name) if isinstance(row.step, Questionnaire) else None
        return None if given == "" else given

    return value


def _model(row: Row) -> str | None:
    step = row.step
    if isinstance(step, Reconstruction | Choice):
        return step.model
    if isinstance(step, Questionnaire) and step.stage is not None:
        return row.session.plan.models[step.stage]
    return None


def _code(row: Row) -> list[float] | None:
    if isinstance(row.step, Reconstruction):
        return [float(number) for number in row.response.answer["code"]]
    return list(row.step.code) if isinstance(row.step, Choice) else None
