"""Changes, hypotheses and results as JSON values, and back with every field checked."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, cast

from engine.explain.hypotheses.card import Hypothesis, Sign
from engine.explain.hypotheses.change import LARGEST, Both, Change, Restyle, Shift, Single, Switch
from engine.explain.hypotheses.effects import OFS, Of
from engine.explain.hypotheses.fields import Fields, SavedError
from engine.explain.hypotheses.result import Dose, Result, SideEffect
from engine.statistics import Interval

MAX_CODES = 100_000
MAX_STYLE = 65_536  # values of one slot
MAX_OUTPUTS = 25_000
_SEEDS = 2**53  # JSON numbers are exact up to here everywhere
_SINGLE = ("shift", "switch", "restyle")


def change_to_json(change: Change) -> dict[str, Any]:
    """A change as JSON values."""
    if isinstance(change, Both):
        return {"kind": "both", "first": change_to_json(change.first), "second": change_to_json(change.second)}
    return {"kind": type(change).__name__.lower(), **_plain(asdict(change))}


def change_from_json(value: object, place: str = "change") -> Change:
    """The change that `change_to_json` wrote.

    Raises:
        SavedError: Naming the field that cannot be read.
    """
    return _change(Fields(value, place))


def hypothesis_to_json(hypothesis: Hypothesis) -> dict[str, Any]:
    """A hypothesis as JSON values."""
    return {**_plain(asdict(hypothesis)), "change": change_to_json(hypothesis.change)}


def hypothesis_from_json(value: object, place: str = "hypothesis") -> Hypothesis:
    """The hypothesis that `hypothesis_to_json` wrote.

    Raises:
        SavedError: Naming the field that cannot be read.
    """
    return _hypothesis(Fields(value, place))


def result_to_json(result: Result) -> dict[str, Any]:
    """A result as JSON values."""
    return {**_plain(asdict(result)), "hypothesis": hypothesis_to_json(result.hypothesis)}


def result_from_json(value: object, place: str = "result") -> Result:
    """The result that `result_to_json` wrote.

    Raises:
        SavedError: Naming the field that cannot be read.
    """
    fields = Fields(value, place)
    interval = None
    if not fields.missing("interval"):
        inner = fields.inner("interval")
        interval = Interval(inner.number("low"), inner.number("high"), inner.number("level", 0, 1))
        inner.finish()
    result = Result(
        hypothesis=_hypothesis(fields.inner("hypothesis")),
        name=fields.text("name"),
        unit=fields.text("unit"),
        scale=fields.number("scale", 0),
        asked=fields.whole("asked", 1, MAX_CODES),
        seed=fields.whole("seed", 0, _SEEDS),
        readings=fields.numbers("readings", MAX_CODES),
        before=fields.numbers("before", MAX_CODES),
        effects=fields.numbers("effects", MAX_CODES),
        interval=interval,
        p=fields.number("p", 0, 1),
        exact=fields.yes("exact"),
        doses=tuple(map(_dose, fields.rows("doses", 100))),
        side_effects=tuple(map(_side_effect, fields.rows("side_effects", MAX_OUTPUTS))),
        distance=fields.number("distance", 0, 100),
        realness=None if fields.missing("realness") else fields.number("realness", 0, 100),
        notes=fields.texts("notes", 20),
    )
    fields.finish()
    if not result.effects or not len(result.effects) == len(result.readings) == len(result.before):
        raise SavedError(f"{place} should have an effect, a reading and a reading before for each of its codes; found "
                         f"{len(result.effects)}, {len(result.readings)} and {len(result.before)}.")  # fmt: skip
    return result


def _change(fields: Fields) -> Change:
    kind = fields.text("kind", options=(*_SINGLE, "both"))
    try:
        change = _both(fields) if kind == "both" else _single(fields, kind)
    except SavedError:
        raise
    except ValueError as error:
        raise SavedError(f"{fields.place}: {error}") from error
    fields.finish()
    return change


def _both(fields: Fields) -> Both:
    first, second = fields.inner("first"), fields.inner("second")
    pair = [_single(inner, inner.text("kind", options=_SINGLE)) for inner in (first, second)]
    first.finish()
    second.finish()
    return Both(first=pair[0], second=pair[1])


def _single(fields: Fields, kind: str) -> Single:
    if kind == "shift":
        amplitude = fields.number("amplitude", -LARGEST, LARGEST)
        return Shift(axis=fields.text("axis"), amplitude=amplitude, direction=fields.yes("direction"))
    if kind == "switch":
        start = None if fields.missing("start") else fields.text("start")
        return Switch(category=fields.text("category"), option=fields.text("option"), start=start)
    return Restyle(
        slot=fields.text("slot"),
        style=fields.numbers("style", MAX_STYLE),
        label=fields.text("label"),
        share=fields.number("share", 0, 1),
        columns=None if fields.missing("columns") else fields.whole("columns", 1, 1000),
    )


def _hypothesis(fields: Fields) -> Hypothesis:
    try:
        hypothesis = Hypothesis(
            model=fields.text("model"),
            classifier=fields.text("classifier"),
            output=fields.text("output"),
            change=_change(fields.inner("change")),
            sign=cast(Sign, fields.whole("sign", -1, 1)),
            of=cast(Of, fields.text("of", options=OFS)),
        )
    except SavedError:
        raise
    except ValueError as error:
        raise SavedError(f"{fields.place}: {error}") from error
    fields.finish()
    return hypothesis


def _dose(fields: Fields) -> Dose:
    dose = Dose(
        amount=fields.number("amount", -LARGEST, LARGEST),
        mean=fields.number("mean"),
        standard_error=fields.number("standard_error", 0),
    )
    fields.finish()
    return dose


def _side_effect(fields: Fields) -> SideEffect:
    effect = SideEffect(
        output=fields.text("output"),
        name=fields.text("name"),
        mean=fields.number("mean"),
        standard_error=fields.number("standard_error", 0),
    )
    fields.finish()
    return effect


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Tuples as lists, so that values equal what is read back from JSON."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
