"""Each step of a plan as its page needs it: no model's name, no right answer, pictures already drawn."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable
from dataclasses import asdict
from functools import singledispatch
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from engine.study.steps import Choice, Consent, Practice, Questionnaire, Reconstruction

if TYPE_CHECKING:
    from torch import Tensor

    from engine.interfaces import LatentModel
    from engine.study.design import Goal, Study
    from engine.study.matching.goals import SolvedWhen
    from engine.study.sessions.dials import Range

_PIXELS, _SMALL = 256, 54  # a side of the large pictures and of those in panels, about
_TITLES = {
    "after_model": "About the questions you have just answered",
    "at_end": "About the study",
    "demographics": "About you",
}
Lookup = Callable[[str], "LatentModel"]
_GOALS: WeakKeyDictionary[Any, dict[Goal, SolvedWhen]] = WeakKeyDictionary()
_LOOKING = threading.Lock()


@singledispatch
def page(step: Any, study: Study, lookup: Lookup, decoder: str) -> dict[str, Any]:  # noqa: ANN401 - one of `Step`
    """What the page shows at a step, JSON-able, with its `kind`.

    Args:
        step: Of a plan.
        study: The study it belongs to.
        lookup: From a model's id to the model.
        decoder: The name under which the page may ask for pictures of the step's model.
    """
    raise TypeError(f"No page shows a step of type {type(step).__name__}.")


@page.register(Consent)
def _(step: Consent, study: Study, lookup: Lookup, decoder: str) -> dict[str, Any]:
    return {"kind": "consent", "html": _html(step.text)}


@page.register(Practice)
def _(step: Practice, study: Study, lookup: Lookup, decoder: str) -> dict[str, Any]:
    from engine.study.matching.agreement import Overlap
    from engine.study.matching.goals import SolvedWhen
    from engine.study.sessions import toy
    from engine.study.sessions.levels import BOUNDS, LEVELS

    goal = SolvedWhen(agreement=Overlap(), threshold=toy.PRACTICE_THRESHOLD, skip_after_s=0.0).to_json()
    return {
        "kind": "practice",
        "html": _html(step.text),
        "task": step.task,
        "required": step.required,
        "goal": {**goal, "skip_after_s": None},  # the practice is passed or, where it may be, left
        "items": _rated(step.task),
        "options": LEVELS,
        "bins": [[p / 100 for p in bounds] for bounds in BOUNDS],  # the toy's dials are spread evenly
        "demonstrations": toy.DEMONSTRATIONS,
        "matches": toy.PRACTICE,
        "choices": [[code, LEVELS.index(level)] for code, level in toy.PRACTICE_CHOICES],
    }


@page.register(Questionnaire)
def _(step: Questionnaire, study: Study, lookup: Lookup, decoder: str) -> dict[str, Any]:
    return {"kind": "questionnaire", "title": _TITLES[step.name], "items": [asdict(item) for item in step.items]}


@page.register(Reconstruction)
def _(step: Reconstruction, study: Study, lookup: Lookup, decoder: str) -> dict[str, Any]:
    from apps.canvas import describe

    model = lookup(step.model)
    goal = solved_when(study.goal, model)
    facts = describe(model, code=_code(step.start))
    inked = goal.agreement.name == "intersection"
    return {
        "kind": "reconstruction",
        "decoder": decoder,
        "space": facts["space"],
        "layout": [{**part, "name": f"part {at + 1}"} for at, part in enumerate(facts["layout"])],
        "axes": _shown(model, facts["axes"], study),
        "range": study.range,
        "start": list(step.start),
        "start_frame": drawn(model, _code(step.start)[None])[0],
        "target": drawn(model, _code(step.target)[None])[0],
        "goal": goal.to_json(),
        # As in the published study: digits side by side and black or white, all else one over the other.
        "display": {
            "overlay": not inked,
            "rounded": inked,
            "width": getattr(goal.agreement, "width", None),
            "pixels": _PIXELS,
        },
    }


@page.register(Choice)
def _(step: Choice, study: Study, lookup: Lookup, decoder: str) -> dict[str, Any]:
    model = lookup(step.model)
    return {
        "kind": "choice",
        "space": {"kind": model.space.kind, "shape": model.space.shape, "grid": model.space.grid,
                  "limits": model.space.limits},
        "dial": f"Dial {_in_turn(step, model, study)}",
        "options": list(step.options),
        "items": _rated(step.task),
        "picture": drawn(model, _code(step.code)[None])[0],
        "panel": explained(step, model, 0, study.range),
        "pixels": _SMALL,
    }


def solved_when(goal: Goal, model: LatentModel) -> SolvedWhen:
    """What a study's goal means for a model; a calibrated one is looked for once."""
    from engine.study.matching.goals import resolve

    with _LOOKING:
        known = _GOALS.setdefault(model, {})
        if goal not in known:
            known[goal] = resolve(goal, model)
        return known[goal]


def explained(step: Choice, model: LatentModel, number: int, span: Range) -> dict[str, Any] | None:
    """The panel that explains a dial: {columns, titles of rows, rows of pictures}; None for a task without one."""
    from engine.study.sessions.panels import panel

    made = panel(model, step, number, span=span)
    if made is None:
        return None
    rows, columns = made.codes.shape[:2]
    pictures = drawn(model, made.codes.reshape(rows * columns, -1))
    shown = [pictures[at * columns :][:columns] for at in range(rows)]
    return {"columns": list(made.columns), "titles": list(made.rows), "rows": shown}


def _shown(model: LatentModel, described: list[dict[str, Any]], study: Study) -> list[dict[str, Any]]:
    """The axes as participants see them: counted, without their effect; `number` is the axis' own."""
    from engine.study.sessions.dials import dials

    shown = []
    for count, number in enumerate(dials(model, hide_collapsed=study.hide_collapsed), start=1):
        axis = model.axes[number]
        options = [str(k + 1) for k in range(len(axis.indices))] if axis.kind == "category" else []
        plain = {"name": f"Dial {count}", "number": number, "options": options, "effect": 0, "collapsed": False}
        shown.append({**described[number], **plain})
    return shown


def _in_turn(step: Choice, model: LatentModel, study: Study) -> int:
    """A dial's number in the order in which its stage asks for dials, from 1, as published."""
    from engine.study.sessions.dials import dials
    from engine.study.sessions.planning import QUESTIONS_A_DIAL

    return step.question // QUESTIONS_A_DIAL % len(dials(model, hide_collapsed=study.hide_collapsed)) + 1


def drawn(model: LatentModel, codes: Tensor) -> list[dict[str, Any]]:
    """Codes (N, D) as N pictures {shape, data: base64}: uint8 (H, W, C), or float32 (T,) of a series."""
    import torch

    from engine.images import to_uint8

    with torch.inference_mode():
        x = model.decode(codes.to(getattr(model, "device", "cpu"))).float().cpu()
    arrays = x.numpy().astype("<f4") if model.space.kind == "series" else to_uint8(x)
    return [{"shape": list(one.shape), "data": base64.b64encode(one.tobytes()).decode("ascii")} for one in arrays]


def _code(values: tuple[float, ...]) -> Tensor:
    import torch

    return torch.tensor(values, dtype=torch.float32)


def _rated(task: str) -> list[dict[str, Any]]:
    """What is asked beside a choice; where nothing explained the dial, only how sure one is."""
    from engine.study.questionnaires import CHOICE_ITEMS

    return [asdict(item) for item in CHOICE_ITEMS if task != "none" or item.name == "confidence"]


def _html(text: str) -> str:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable("table").disable("image").render(text)
