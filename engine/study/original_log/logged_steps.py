"""What one logged event of the original study says in our words: a step and what was answered there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from engine.study.characters import whole_characters
from engine.study.design import Item, TaskName
from engine.study.measuring.yardsticks import Dial
from engine.study.original_log.logged_events import Event, MalformedError, items, mapping, number, numbers, text, whole
from engine.study.original_log.logged_history import read_history
from engine.study.questionnaires import DEMOGRAPHICS, EASE, TASK_LOAD, UNDERSTANDING
from engine.study.response import History, Outcome
from engine.study.sessions.levels import LEVELS
from engine.study.steps import Choice, Practice, Questionnaire, Reconstruction, Step

_TASKS: Mapping[str, TaskName] = {"sliders": "reconstruction", "exemplars": "exemplars", "traversals": "traversals"}
_MOST_OPTIONS = 100


@dataclass(frozen=True, kw_only=True)
class Told:
    """A step and its answer as one event tells them; `question` of the step is still 0.

    Attributes:
        step: The step, as far as it was logged.
        outcome: How it ended.
        answer: As in `Response`.
        history: As in `Response`.
        shown_ms: When the step was shown.
        duration_ms: How long; 0 for questionnaires, of which the log knows only the end.
        mended: What had to be repaired or guessed.
    """

    step: Step
    outcome: Outcome = "answered"
    answer: Mapping[str, Any] = field(default_factory=dict)
    history: History = field(default_factory=History)
    shown_ms: float
    duration_ms: float = 0.0
    mended: tuple[str, ...] = ()


def tell(event: Event, dials: Mapping[str, Sequence[Dial]]) -> Told:
    """Reads an event of a key in `TELLERS`.

    Args:
        event: The event.
        dials: The dials of models by id, where known (`yardsticks.dial_spans`).

    Raises:
        MalformedError: If it lacks something.
    """
    told = TELLERS[event.key](event, dials)
    return replace(told, answer=whole_characters(told.answer))


def task_of(event: Event) -> TaskName | None:
    """The participant's condition; None where the event does not tell."""
    return _TASKS.get(str(event.context.get("viz")))


def model_of(event: Event) -> str:
    """Our id of the model an event is about.

    Raises:
        MalformedError: If it does not tell.
    """
    name = text(event.context, "modelKey")
    return name if "/" in name else f"{text(event.context, 'dataKey')}/{name}"


def _reconstruction(event: Event, dials: Mapping[str, Sequence[Dial]]) -> Told:
    target, chosen = numbers(event.data, "zTarget"), numbers(event.data, "zChosen")
    if len(chosen) != len(target):
        raise MalformedError(f"zChosen has {len(chosen)} numbers, zTarget {len(target)}; they are codes of one model")
    began, model = number(event.data, "startTime"), model_of(event)
    read = read_history(items(event.data, "errorHistory"), began, len(target), dials.get(model))
    step = Reconstruction(
        model=model,
        stage=whole(event.context, "modelIdx"),
        question=0,
        start=read.start,
        target=target,
        start_row=None,
        target_row=None,
        redraws=0,
    )
    return Told(
        step=step,
        outcome="solved" if event.key == "slider-quiz-success" else "skipped",
        answer={
            "code": list(chosen),
            "agreement": number(event.data, "xAgreement"),
            "error": number(event.data, "xError"),
        },
        history=read.history,
        shown_ms=began,
        duration_ms=_not_negative(number(event.data, "duration"), "duration"),
        mended=read.mended,
    )


def _choice(event: Event, _: Mapping[str, Sequence[Dial]]) -> Told:
    chosen, correct = whole(event.data, "predValue"), whole(event.data, "trueValue")
    began, task = number(event.data, "startedAt"), task_of(event)
    if max(chosen, correct) >= _MOST_OPTIONS:
        raise MalformedError(f"predValue and trueValue should be below {_MOST_OPTIONS}; got {chosen} and {correct}")
    if task not in ("exemplars", "traversals"):
        raise MalformedError(f"viz should be exemplars or traversals; got {event.context.get('viz')!r}")
    levels = max(chosen, correct) < len(LEVELS)
    step = Choice(
        model=model_of(event),
        stage=whole(event.context, "modelIdx"),
        question=0,
        task=task,
        axis=_dial(event.data.get("dimId")),
        options=LEVELS if levels else tuple(str(option) for option in range(max(10, chosen + 1, correct + 1))),
        correct=correct,
        code=numbers(event.data, "cmz"),
        seed=0,
    )
    guessed = () if levels else ("the options' names were not logged; they are numbered",)
    return Told(
        step=step,
        answer={"option": chosen, **_confidence(event.data)},
        shown_ms=began,
        duration_ms=_not_negative(event.timestamp_ms - began, "the time from startedAt to timestamp"),
        mended=guessed,
    )


def _ease(event: Event, _: Mapping[str, Sequence[Dial]]) -> Told:
    rating = _rating(event.data.get("difficulty"), "difficulty", EASE[0])
    stage = whole(event.context, "modelIdx")
    step = Questionnaire(name="after_model", items=EASE, stage=stage)
    return Told(step=step, answer={"ease": rating}, shown_ms=event.timestamp_ms)


def _qualitative(event: Event, _: Mapping[str, Sequence[Dial]]) -> Told:
    stage = whole(event.context, "modelIdx")
    answer: dict[str, Any] = {}
    named = [value for name, value in event.data.items() if "tlx" in name.lower()]
    if len(named) != 1:
        raise MalformedError(f"there should be one field of TLX values; it has the fields {sorted(event.data)}")
    values = list(named[0].values()) if isinstance(named[0], dict) else named[0]
    if not isinstance(values, list) or len(values) != len(TASK_LOAD):
        raise MalformedError(f"there should be {len(TASK_LOAD)} TLX values")
    for item, value in zip(TASK_LOAD, values, strict=True):
        if value is not None:  # the page did not ask for all of them
            answer[item.name] = _rating(value, f"the TLX value {item.name}", item)
    asked = items(event.data, "likertValues")
    if len(asked) != len(UNDERSTANDING):
        raise MalformedError(f"likertValues should have {len(UNDERSTANDING)} entries; it has {len(asked)}")
    for item, value in zip(UNDERSTANDING, asked, strict=True):
        if value is not None:
            answer[item.name] = _rating(value, f"the rating {item.name}", item)
    step = Questionnaire(name="after_model", items=(*TASK_LOAD, *UNDERSTANDING), stage=stage)
    return Told(step=step, answer=answer, shown_ms=event.timestamp_ms)


def _end(event: Event, _: Mapping[str, Sequence[Dial]]) -> Told:
    questions = [str(question) for question in _given(event.data, "likertQuestions")]
    values = _given(event.data, "likertValues")
    if len(questions) != len(values):
        raise MalformedError(f"there are {len(questions)} likertQuestions and {len(values)} likertValues")
    asked = tuple(Item(name=f"likert_{place}", text=question) for place, question in enumerate(questions, start=1))
    pairs = zip(asked, values, strict=True)
    answer: dict[str, Any] = {item.name: _rating(value, item.text, item) for item, value in pairs if value is not None}
    comments = Item(name="comments", text="Comments", kind="text", required=False)
    if event.data.get("comments"):
        answer["comments"] = str(event.data["comments"])
    step = Questionnaire(name="at_end", items=(*asked, comments))
    return Told(step=step, answer=answer, shown_ms=event.timestamp_ms)


def _demographics(event: Event, _: Mapping[str, Sequence[Dial]]) -> Told:
    logged = {name.lower(): value for name, value in event.data.items()}
    names = {
        "age": "age",
        "gender": "gender",
        "gender_described": "selfdescribedgender",
        "education": "education",
        "region": "location",
    }
    answer = {ours: logged[theirs] for ours, theirs in names.items() if logged.get(theirs) not in (None, "", [])}
    step = Questionnaire(name="demographics", items=DEMOGRAPHICS)
    return Told(step=step, answer=answer, shown_ms=event.timestamp_ms)


def _instructions(event: Event, _: Mapping[str, Sequence[Dial]]) -> Told:
    began = number(event.data, "startedAt")
    step = Practice(text="", task=task_of(event) or "exemplars", required=False)
    answer = {name: value for name, value in event.data.items() if name != "startedAt"}
    took = _not_negative(event.timestamp_ms - began, "the time from startedAt to timestamp")
    return Told(step=step, outcome="passed", answer=answer, shown_ms=began, duration_ms=took)


TELLERS: Mapping[str, Callable[[Event, Mapping[str, Sequence[Dial]]], Told]] = {
    "slider-quiz-success": _reconstruction,
    "slider-quiz-skipped": _reconstruction,
    "instance-quiz-confirm-selection": _choice,
    "seq-completion": _ease,
    "qualitative-questions": _qualitative,
    "quiz-completion": _end,
    "completed-demographics": _demographics,
    "completed-instructions": _instructions,
}


def ratings_at_end(event: Event) -> dict[str, int]:
    """The difficulty of each model as `quiz-completion` repeats it, by the log's name of the model."""
    if event.data.get("difficulties") is None:
        return {}
    given = mapping(event.data, "difficulties")
    return {name: _rating(value, f"difficulties.{name}", EASE[0]) for name, value in given.items() if value is not None}


def _confidence(data: Mapping[str, Any]) -> dict[str, int]:
    questions = [str(question).lower() for question in _given(data, "likertQuestions")]
    names = ["confidence", "sense"]
    if len(questions) == 2 and "sense" in questions[0]:
        names.reverse()
    found = dict(zip(names, _given(data, "likertValues"), strict=False))
    found.setdefault("confidence", data.get("confidence"))
    scale = Item(name="likert", text="")
    return {name: _rating(value, name, scale) for name, value in found.items() if value is not None}


def _given(data: Mapping[str, Any], name: str) -> Sequence[Any]:
    return [] if data.get(name) is None else items(data, name)


def _rating(value: object, name: str, item: Item) -> int:
    given = number({name: int(value) if isinstance(value, str) and re.fullmatch("[0-9]{1,3}", value) else value}, name)
    if given != int(given) or not item.low <= given <= item.high:
        raise MalformedError(f"{name} should be a whole number from {item.low} to {item.high}; got {given:g}")
    return int(given)


def _dial(name: object) -> int:
    if isinstance(name, int) and not isinstance(name, bool) and name >= 0:
        return name
    if isinstance(name, str) and (digits := re.search(r"[0-9]{1,6}$", name)):
        return int(digits.group())
    raise MalformedError(f"dimId should be or end with the number of a dial; got {name!r}")


def _not_negative(value: float, name: str) -> float:
    if value < 0:
        raise MalformedError(f"{name} should not be negative; got {value:g} ms")
    return value
