"""Whether a response can have come from the page that showed this step; nothing else is stored."""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Collection, Mapping
from dataclasses import fields, replace
from itertools import pairwise
from typing import Any

from engine.study.characters import whole_characters
from engine.study.design import Item
from engine.study.response import History, Response
from engine.study.steps import Choice, Consent, Plan, Practice, Questionnaire, Reconstruction, Step
from engine.study.store.encoding import from_json
from engine.study.store.errors import ResponseError

MAX_ENTRIES = 50_000  # of a history: over an hour of steady movement at one every 100 ms
MAX_BYTES = 8 * 2**20  # of a response as JSON: half an hour of steady movement, however long the code
MAX_TEXT = 10_000  # characters of a free answer
MAX_AXES = 10_000
MAX_TRIES = 10  # of a practice

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PRACTICE_DIALS = 2
_LIKERT = (1, 5)
_LARGEST = sys.float_info.max
_ROUNDING = 1e-6  # an agreement summed up in float32 may pass 1 by this


def read_response(data: object) -> Response:
    """A response from JSON: the text or bytes a page posted, or what they say once parsed.

    Halves of characters in its answer, which no file could hold, become U+FFFD.

    Raises:
        ResponseError: If it is none; `check` then compares it with the plan.
    """
    try:
        if isinstance(data, str | bytes):
            if len(data) > MAX_BYTES:
                raise ResponseError(_too_large(len(data)))
            data = json.loads(data)
        response = from_json(Response, data)
        return replace(response, answer=whole_characters(response.answer))
    except RecursionError as error:
        raise ResponseError("A response should not be nested this deeply.") from error
    except ResponseError:
        raise
    except ValueError as error:
        raise ResponseError(f"This is no response: {error}") from error


def check(response: Response, plan: Plan) -> None:
    """Compares a response with the step it answers.

    Raises:
        ResponseError: If they do not fit; the message says what was given and what was wanted.
    """
    if not isinstance(response.id, str) or not _ID.fullmatch(response.id):
        raise _error("id", "a UUID in lower case, as crypto.randomUUID() makes it", response.id)
    if not 0 <= response.step < len(plan.steps):
        raise _error("step", f"one of this session's, 0 to {len(plan.steps) - 1}", response.step)
    step = plan.steps[response.step]
    _choose("outcome", response.outcome, _outcomes(step))
    for name in ("shown_ms", "left_ms", "duration_ms"):
        _within(name, getattr(response, name), 0.0, math.inf)
    _within("resumed", response.resumed, 0, 1_000_000)
    _check_history(response.history, step)
    _check_answer(response.answer, step)


def check_size(num_bytes: int) -> None:
    """Holds a response's size, as JSON, to `MAX_BYTES`.

    Raises:
        ResponseError: If it is larger.
    """
    if num_bytes > MAX_BYTES:
        raise ResponseError(_too_large(num_bytes))


def check_clock(page_clock_ms: float) -> float:
    """The page's clock, milliseconds since 1970; any finite number is believed, since it is only compared.

    Raises:
        ResponseError: If it is none.
    """
    return _within("page_clock_ms", page_clock_ms, -math.inf, math.inf)


def check_key(key: str) -> None:
    """Holds the key of a new session to what a page makes: whoever knows it is given the session.

    Raises:
        ResponseError: If it is none.
    """
    if not isinstance(key, str) or not _ID.fullmatch(key):
        raise _error("key", "a UUID in lower case, as crypto.randomUUID() makes it", key)


def _outcomes(step: Step) -> tuple[str, ...]:
    match step:
        case Consent():
            return ("agreed",)
        case Practice():
            return ("passed",) if step.required else ("passed", "skipped")
        case Reconstruction():
            return ("solved", "skipped")
        case _:
            return ("answered",)


def _check_history(history: History, step: Step) -> None:
    lengths = {field.name: len(getattr(history, field.name)) for field in fields(history)}
    if len(set(lengths.values())) > 1:
        raise _error("history", "lists of one length", lengths)
    entries = lengths["t_ms"]
    if entries > MAX_ENTRIES:
        raise _error("history", f"{MAX_ENTRIES:,} entries at most; the page should thin it out", f"{entries:,}")
    if not entries:
        return
    if not isinstance(step, Reconstruction | Practice):
        raise _error("history", f"empty, since a {type(step).__name__.lower()} has no sliders", f"{entries} entries")
    size = len(step.start) if isinstance(step, Reconstruction) else _PRACTICE_DIALS
    _all_within("t_ms", history.t_ms, 0.0, math.inf)
    for at, (before, t) in enumerate(pairwise(history.t_ms), start=1):
        if t < before:
            raise _error(f"history.t_ms[{at}]", f"no less than {before:g}, the one before", t)
    for at, (code, axis) in enumerate(zip(history.code, history.axis, strict=True)):
        moved = len(code) == 1 and axis >= 0 and isinstance(step, Reconstruction)  # where a dial came to stand
        if not (moved or len(code) == size) or not all(map(_is_finite, code)):
            _check_code(f"history.code[{at}]", code, size)
    _all_within("axis", history.axis, -1, MAX_AXES)
    _all_within("direction", history.direction, -1, 1)
    _all_within("agreement", history.agreement, -_ROUNDING, 1 + _ROUNDING)
    _all_within("error", history.error, 0.0, math.inf)


def _check_answer(answer: Mapping[str, Any], step: Step) -> None:
    match step:
        case Reconstruction():
            _check_names(answer, required=("code", "agreement", "error"))
            _check_code("answer.code", answer["code"], len(step.start))
            _within("answer.agreement", answer["agreement"], -_ROUNDING, 1 + _ROUNDING)
            _within("answer.error", answer["error"], 0.0, math.inf)
        case Choice():
            asked = ("option", "confidence") if step.task == "none" else ("option", "confidence", "sense")
            _check_names(answer, required=asked, allowed=("sense", "more"))
            _whole("answer.option", answer["option"], 0, len(step.options) - 1)
            for name in ("confidence", "sense"):
                if answer.get(name) is not None or name in asked:
                    _whole(f"answer.{name}", answer[name], *_LIKERT)
            _whole("answer.more", answer.get("more", 0), 0, 1_000_000)
        case Questionnaire():
            required = [item.name for item in step.items if item.required]
            _check_names(answer, required=required, allowed=[item.name for item in step.items])
            for item in step.items:
                _check_item(item, answer.get(item.name))
        case Practice():
            _check_names(answer, required=(), allowed=("answers",))
            _check_tries(answer.get("answers", ()))
        case _:
            _check_names(answer, required=())


def _check_tries(tries: Any) -> None:  # noqa: ANN401
    """What the practice kept of its few boxes or questions: plain numbers by name."""
    if not isinstance(tries, list | tuple) or len(tries) > MAX_TRIES:
        raise _error("answer.answers", f"a list of at most {MAX_TRIES} tries", tries)
    for at, one in enumerate(tries):
        if not isinstance(one, Mapping) or len(one) > MAX_TRIES:
            raise _error(f"answer.answers[{at}]", "an object of numbers", one)
        for name, value in one.items():
            if not isinstance(value, bool) and value is not None:
                _within(f"answer.answers[{at}].{name:.20}", value, -math.inf, math.inf)


def _check_item(item: Item, value: Any) -> None:  # noqa: ANN401 - whatever was answered
    name = f"answer.{item.name}"
    if value is None or value == "" or value == []:
        if item.required:
            raise _error(name, "answered", value)
    elif item.kind == "scale":
        _whole(name, value, item.low, item.high)
    elif item.kind == "choice":
        _choose(name, value, item.options)
    elif item.kind == "several":
        if not isinstance(value, list | tuple):
            raise _error(name, "a list of options", value)
        for at, one in enumerate(value):
            _choose(f"{name}[{at}]", one, item.options)
        if len(set(value)) < len(value):
            raise _error(name, "a list that names no option twice", value)
    elif not isinstance(value, str) or len(value) > MAX_TEXT:
        raise _error(name, f"text of at most {MAX_TEXT:,} characters", value)


def _check_names(answer: Mapping[str, Any], *, required: Collection[str], allowed: Collection[str] = ()) -> None:
    missing = [name for name in required if name not in answer]
    unknown = [name for name in answer if name not in {*required, *allowed}]
    if missing or unknown:
        raise _error("answer", f"an object with {sorted(required)}", sorted(map(str, answer)))


def _check_code(name: str, code: Any, size: int) -> None:  # noqa: ANN401
    if not isinstance(code, list | tuple) or len(code) != size:
        raise _error(name, f"the {size} numbers of this step's code", code)
    if not all(map(_is_finite, code)):
        raise _error(name, "finite numbers", code)


def _all_within(name: str, values: tuple[float, ...], low: float, high: float) -> None:
    if all(_is_finite(value) and low <= value <= high for value in values):
        return  # a history has thousands; which one it is, and its name, matter only to the message
    for at, value in enumerate(values):
        _within(f"history.{name}[{at}]", value, low, high)


def _within(name: str, value: Any, low: float, high: float) -> float:  # noqa: ANN401
    if not _is_finite(value) or not low <= value <= high:
        floor, ceiling = ("" if math.isinf(bound) else f"{bound:g}" for bound in (low, high))
        words = f" from {floor}" if floor else ""
        raise _error(name, f"a finite number{words}{f' to {ceiling}' if ceiling else ''}", value)
    return value


def _whole(name: str, value: Any, low: int, high: int) -> None:  # noqa: ANN401
    if type(value) is not int or not low <= value <= high:
        raise _error(name, f"a whole number from {low} to {high}", value)


def _choose(name: str, value: Any, options: tuple[str, ...]) -> None:  # noqa: ANN401
    if not isinstance(value, str) or value not in options:
        raise _error(name, f"one of {list(options)}", value)


def _is_finite(value: Any) -> bool:  # noqa: ANN401
    return type(value) in (float, int) and abs(value) <= _LARGEST  # False for nan


def _too_large(num_bytes: int) -> str:
    given, most = num_bytes / 2**20, MAX_BYTES / 2**20
    return f"A response should have {most:g} MiB at most; got {given:.1f}. The page should thin out its history."


def _error(name: str, wanted: str, given: Any) -> ResponseError:  # noqa: ANN401
    text = repr(given)
    return ResponseError(f"{name} should be {wanted}; got {text if len(text) <= 80 else text[:77] + '...'}.")
