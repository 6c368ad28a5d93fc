"""What the Hypotheses workspace asks, as plain functions: pairs, findings, cards with their verdicts, pictures."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from apps import fields as read
from apps.gradio_app.traverse import Answer, pictures
from apps.hypothesising import (
    Grounds,
    drawing,
    read_hypothesis,
    read_session,
    readers,
    readout_name,
    refusing,
    seen,
    styles,
)
from apps.plain_numbers import short
from apps.refusals import RefusedError
from apps.streaming import Channel
from engine.explain import decode_in_batches
from engine.explain.hypotheses import Card, Finding, Ground, Session, Verdict, doing, prediction, search
from engine.explain.hypotheses.saved import hypothesis_from_json, hypothesis_to_json, result_from_json, result_to_json
from engine.explain.progress import CancelledError
from engine.explain.readouts import Gauge, gauge_named
from engine.figures.hypotheses_scenes import Pairs

BANK = (8, 512)
CODES = (3, 2048)
MOST_SEED = 999_999
SIDE_EFFECTS = 5
LONGEST = 96  # pixels of a side: findings and scenes are small pictures
MAX_CODE = 256  # numbers: longer codes are not sent along, a link could not hold them
_FIRST_LOOK = 12  # codes of a search that is shown before the whole one
_EVERY_S = 0.1


def choices(grounds: Grounds) -> Answer:
    """Which models draw pictures, and which classifiers there are."""
    return {
        "models": [_row(entry) for entry in drawing(grounds.shelf)],
        "classifiers": [_row(entry) for entry in readers(grounds.shelf)],
    }


def pair(grounds: Grounds, fields: Mapping[str, Any]) -> Answer:
    """What can be said of `model` as read by `classifier`: readouts, what can be changed, how pictures are adapted."""
    name, reader = read.text(fields, "model"), read.text(fields, "classifier")
    found = grounds.gauges(name, reader)
    ground = grounds.of(name)
    donors = styles(ground)
    return {
        "model": name,
        "classifier": reader,
        "note": found[0].note,
        "gauges": [{"output": gauge.output, "name": gauge.name, "unit": gauge.unit} for gauge in found],
        "axes": [
            {"name": axis.name, "kind": axis.kind, "options": list(axis.options)}
            for axis in ground.model.axes
            if axis.kind == "category" or ground.scale(axis.name) > 0
        ],
        "styles": [
            {"slot": slot, "labels": [one.label for one in donors if one.slot == slot]}
            for slot in dict.fromkeys(one.slot for one in donors)
        ],
        "known": ground.codes.known,
    }


def send_findings(gauge: Gauge, ground: Ground, channel: Channel, *, bank: int, seed: int) -> None:
    """Sends `findings` of a first look at a few codes where the bank is large, then those of all, then `done`.

    Raises:
        RefusedError: If there is nothing to change or there are too few codes.
    """
    report = reporting(channel)
    settings: dict[str, Any] = {"seed": seed, "should_stop": channel.stopped}
    started = time.perf_counter()
    try:
        with refusing():
            if bank >= 4 * _FIRST_LOOK:
                first = search(ground, gauge, count=_FIRST_LOOK, strongest=0, **settings)
                _send_findings(ground, first, channel, whole=False)
            found = search(ground, gauge, count=bank, on_progress=report, **settings)
    except CancelledError:
        return
    _send_findings(ground, found, channel, whole=True)
    note = ground.codes.note(bank, found[0].count) if found else ""
    channel.send("done", seconds=time.perf_counter() - started, note=note)


def write(grounds: Grounds, fields: Mapping[str, Any]) -> Answer:
    """A hypothesis written by hand; see `read_hypothesis`."""
    return {"hypothesis": hypothesis_to_json(read_hypothesis(grounds, fields))}


def again(grounds: Grounds, fields: Mapping[str, Any]) -> Answer:
    """`hypothesis` about the same change by name on another `model`."""
    with refusing():
        hypothesis = hypothesis_from_json(fields.get("hypothesis"))
        found = hypothesis.on(grounds.of(read.text(fields, "model")))
        gauge_named(grounds.gauges(found.model, found.classifier), found.output)
    return {"hypothesis": hypothesis_to_json(found)}


def cards(grounds: Grounds, fields: Mapping[str, Any]) -> Answer:
    """What a page shows of each card of `session`: sentences, numbers, the verdict beside all other tests."""
    session = read_session(fields)
    judged = zip(session.cards, session.verdicts, strict=True)
    return {"cards": [_view(grounds, card, said) for card, said in judged]}


def read_test(grounds: Grounds, fields: Mapping[str, Any]) -> tuple[Session, int, int, Ground, tuple[Gauge, ...]]:
    """`session`, the number of its `card` to test, on `count` codes; and what it is about.

    Raises:
        RefusedError: If there is no such card, or it has been tested.
    """
    session = read_session(fields)
    if not session.cards:
        raise RefusedError("This session has no cards to test.")
    number = read.whole(fields, "card", 0, len(session.cards) - 1)
    if session.cards[number].result is not None:
        raise RefusedError(f"Card {number + 1} has been tested, and every test counts; add it again to test once more.")
    hypothesis, count = session.cards[number].hypothesis, read.whole(fields, "count", *CODES, default=128)
    found = grounds.gauges(hypothesis.model, hypothesis.classifier)
    with refusing():
        gauge_named(found, hypothesis.output)
        ground = grounds.of(hypothesis.model)
        hypothesis.change.check(ground)
    return session, number, count, ground, found


def send_test(
    session: Session, number: int, count: int, ground: Ground, found: Sequence[Gauge], channel: Channel
) -> None:
    """Sends progress, then `tested` with the card's result, then `done`."""
    report = reporting(channel)
    try:
        with refusing():
            tested = session.test(number, ground, found, count=count, on_progress=report, should_stop=channel.stopped)
    except CancelledError:
        return
    result = tested.cards[number].result
    assert result is not None
    channel.send("tested", card=number, result=result_to_json(result))
    channel.send("done")


def drawn(grounds: Grounds, fields: Mapping[str, Any]) -> Answer:
    """Pictures of a tested card's `result`: for and against it, before and after, and the sorted grid."""
    with refusing():
        result = result_from_json(fields.get("result"))
    found = seen(grounds, result)
    x = torch.cat([found.examples.before, found.examples.after, found.counterexamples.before,
                   found.counterexamples.after, found.samples])  # fmt: skip
    return {
        "examples": _readings(found.examples),
        "counterexamples": _readings(found.counterexamples),
        "samples": list(found.readings),
        "pictures": small(x, grounds.of(result.hypothesis.model)),
    }


def reporting(channel: Channel) -> Callable[[int, int], None]:
    """Sends the share that is done, a few times a second."""
    last = 0.0

    def report(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last > _EVERY_S:
            last = time.monotonic()
            channel.send("progress", share=round(done / max(total, 1), 4), rows=done, all=total)

    return report


def small(x: Tensor, ground: Ground) -> Answer:
    """Pictures as bytes, averaged down to a small size."""
    return pictures(x, ground.model.space, longest=LONGEST)


def _send_findings(ground: Ground, found: Sequence[Finding], channel: Channel, *, whole: bool) -> None:
    codes = torch.stack([code for one in found for code in (one.before, one.after)])
    rows = [_finding(one) for one in found]
    shown = small(decode_in_batches(ground.model, codes).x, ground)
    channel.send("findings", whole=whole, rows=rows, pictures=shown)


def _finding(one: Finding) -> Answer:
    plain = one.before.numel() <= MAX_CODE
    return {
        "sentence": str(one),
        "hypothesis": hypothesis_to_json(one.hypothesis()),
        "of": one.of,
        "name": one.gauge.name,
        "unit": one.gauge.unit,
        "scale": one.gauge.high - one.gauge.low,
        "mean": one.mean,
        "error": one.standard_error,
        "consistency": one.consistency,
        "count": one.count,
        "readings": list(one.readings),
        "codes": [one.before.tolist(), one.after.tolist()] if plain else None,
    }


def _view(grounds: Grounds, card: Card, said: Verdict | None) -> Answer:
    hypothesis, result = card.hypothesis, card.result
    name = readout_name(grounds, hypothesis) if result is None else result.name
    view = {
        "sentence": prediction(hypothesis, name),
        "doing": doing(hypothesis.change),
        "model": hypothesis.model,
        "classifier": hypothesis.classifier,
        "name": name,
        "rises": hypothesis.sign > 0,
        "of": hypothesis.of,
        "tested": None,
    }
    if result is None or said is None:
        return view
    interval = result.interval
    numbers = {
        "mean": result.mean,
        "low": None if interval is None else interval.low,
        "high": None if interval is None else interval.high,
        "unit": result.unit,
        "scale": result.scale,
        "consistency": result.consistency,
        "p": said.p,
        "raw": result.p,
        "count": result.count,
        "doses": [[dose.amount, dose.mean, dose.standard_error] for dose in result.doses],
        "monotone": result.monotone,
        "sides": [[one.name, one.mean, one.standard_error] for one in result.side_effects[:SIDE_EFFECTS]],
        "against": len(result.counterexamples),
        "distance": result.distance,
        "warning": result.warning,
        "notes": list(filter(None, (result.interval_note, *result.notes))),
        "outcome": said.outcome,
        "words": said.words,
    }
    return {**view, "tested": _finite(numbers)}


def _readings(pairs: Pairs) -> list[Answer]:
    return [
        {"before": before, "after": after, "effect": effect}
        for (before, after), effect in zip(pairs.readings, pairs.effects, strict=True)
    ]


def _finite(numbers: Answer) -> Answer:
    bad = [name for name, value in numbers.items() if isinstance(value, float) and not math.isfinite(value)]
    if bad:
        raise RefusedError(f"The result's {bad[0]} is not a finite number; got {short(numbers[bad[0]])}.")
    return numbers


def _row(entry: Any) -> Answer:  # noqa: ANN401 - an Entry
    return {"id": entry.id, "title": entry.title, "dataset": entry.dataset, "error": entry.error}
