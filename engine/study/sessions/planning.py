"""A session's plan: condition, order of models, and every question, all drawn from the study's seed and its number."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

import torch
from torch import Generator, Tensor

from engine.interfaces import LatentModel
from engine.registry import unknown
from engine.study.design import Study, TaskName
from engine.study.instructions import INSTRUCTIONS
from engine.study.matching.agreement import Agreement
from engine.study.matching.goals import dataset_of, measure
from engine.study.questionnaires import DEMOGRAPHICS
from engine.study.sessions.dials import clamped, copied, dials, turned
from engine.study.sessions.latin_square import balanced_orders
from engine.study.sessions.levels import LEVELS, level_value
from engine.study.sessions.question_codes import RowsInTurn, stored_codes
from engine.study.steps import Choice, Consent, Plan, Practice, Questionnaire, Reconstruction, Step

MAX_REDRAWS = 50  # of one target; then the least trivial of them stays
QUESTIONS_A_DIAL = 2


def plan(study: Study, models: Mapping[str, LatentModel], number: int) -> Plan:
    """Draws one session; the same for the same study, models and number.

    Conditions take turns from one participant to the next, and the order of models changes after each has had its
    turn, so that every condition meets every row of the Latin square.

    Args:
        study: The study.
        models: Its models by id; only those that this session needs are used.
        number: Which session of the study it is, from 0.

    Raises:
        KeyError: If a model the session needs is not there.
        ValueError: If the number is negative.
    """
    if number < 0:
        raise ValueError(f"Sessions are numbered from 0; got {number}.")
    generator = _generator(study.seed, number)
    task = study.tasks[number % len(study.tasks)]
    order = _order(study, number // len(study.tasks), generator)
    missing = sorted(set(order) - set(models))
    if missing:
        raise KeyError(unknown("model of this study", missing[0], models))
    stages = [models[id] for id in order]
    rows = RowsInTurn(max((_num_stored(model) for model in stages), default=0), generator=generator)
    steps = list(_before(study, task))
    for stage, model in enumerate(stages):
        questions = num_questions(study, task, model)
        drawn = _reconstructions if task == "reconstruction" else _choices
        steps += drawn(study, task, model, stage, questions, rows, generator)
        if study.after_model:
            steps.append(Questionnaire(name="after_model", items=study.after_model, stage=stage))
    return Plan(number=number, task=task, models=order, steps=(*steps, *_after(study)))


def num_questions(study: Study, task: TaskName, model: LatentModel) -> int:
    """Questions a model: what the study says, else as published, 7 on MNIST, 5 reconstructions, 10 choices."""
    if study.questions is not None:
        return study.questions
    if dataset_of(model) == "mnist":
        return 7
    return 5 if task == "reconstruction" else 10


def _generator(seed: int, number: int) -> Generator:
    # torch takes one number; neighbouring sessions of neighbouring seeds must not share theirs
    digest = hashlib.sha256(f"{seed}/{number}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8]) >> 1)


def _order(study: Study, turn: int, generator: Generator) -> tuple[str, ...]:
    n = len(study.models)
    each = study.models_each or n
    if study.order == "random":
        places = tuple(torch.randperm(n, generator=generator).tolist()[:each])
    else:
        orders = balanced_orders(n, each)
        places = orders[turn % len(orders)]
    if study.order == "fixed":
        places = tuple(sorted(places))
    return tuple(study.models[place] for place in places)


def _before(study: Study, task: TaskName) -> Iterator[Step]:
    if study.consent is not None:
        yield Consent(text=study.consent)
    text = INSTRUCTIONS[task] if study.instructions is None else study.instructions
    yield Practice(text=text, task=task, required=study.practice)


def _after(study: Study) -> Iterator[Step]:
    if study.at_end:
        yield Questionnaire(name="at_end", items=study.at_end)
    if study.demographics:
        yield Questionnaire(name="demographics", items=DEMOGRAPHICS)


def _reconstructions(
    study: Study,
    task: TaskName,
    model: LatentModel,
    stage: int,
    questions: int,
    rows: RowsInTurn,
    generator: Generator,
) -> Iterator[Reconstruction]:
    agreement = measure(study.goal, model)
    for question in range(questions):
        start, start_row = _draw(study, model, rows, generator)
        tried: list[tuple[float, Tensor, Tensor, int | None]] = []
        while len(tried) <= MAX_REDRAWS:
            target, target_row = _draw(study, model, rows, generator, other_than=start_row)
            begin = _reachable(study, model, start, target)
            agreed = _agreement(model, agreement, begin, target) if study.redraw_above is not None else 0.0
            tried.append((agreed, begin, target, target_row))
            if study.redraw_above is None or agreed <= study.redraw_above:
                break
        _, begin, target, target_row = min(tried, key=lambda one: one[0])
        yield Reconstruction(
            model=model.id,
            stage=stage,
            question=question,
            start=_exact(begin),
            target=_exact(target),
            start_row=start_row,
            target_row=target_row,
            redraws=len(tried) - 1,
        )


def _choices(
    study: Study,
    task: TaskName,
    model: LatentModel,
    stage: int,
    questions: int,
    rows: RowsInTurn,
    generator: Generator,
) -> Iterator[Choice]:
    numbers = dials(model, hide_collapsed=study.hide_collapsed)
    order = [numbers[place] for place in torch.randperm(len(numbers), generator=generator).tolist()]
    for question in range(questions):
        number = order[question // QUESTIONS_A_DIAL % len(order)]
        axis = model.axes[number]
        options = axis.options if axis.kind == "category" else LEVELS
        correct = int(torch.randint(len(options), (), generator=generator))
        base, _ = _draw(study, model, rows, generator)
        value = level_value(axis, correct, torch.rand((), generator=generator))
        yield Choice(
            model=model.id,
            stage=stage,
            question=question,
            task=task,
            axis=number,
            options=options,
            correct=correct,
            code=_exact(turned(axis, base, value)),
            seed=int(torch.randint(2**31, (), generator=generator)),
        )


def _draw(
    study: Study, model: LatentModel, rows: RowsInTurn, generator: Generator, other_than: int | None = None
) -> tuple[Tensor, int | None]:
    """A code within reach of the sliders, (D,), and its row; None where it was drawn from a prior."""
    stored = stored_codes(model)
    if stored is None:
        return clamped(model.axes, model.sample(1, generator=generator)[0], study.range), None
    row = rows.take(len(stored))
    while row == other_than:
        row = rows.take(len(stored))
    return clamped(model.axes, stored[row], study.range), row


def _reachable(study: Study, model: LatentModel, start: Tensor, target: Tensor) -> Tensor:
    """The start as far as dials go, and for the rest what the target has, so that the two can be made equal."""
    numbers = dials(model, hide_collapsed=study.hide_collapsed)
    return copied([model.axes[number] for number in numbers], start, target)


@torch.inference_mode()
def _agreement(model: LatentModel, agreement: Agreement, start: Tensor, target: Tensor) -> float:
    x, goal = model.decode(torch.stack([start, target]))[:, None].unbind()
    return float(agreement(x, goal))


def _exact(code: Tensor) -> tuple[float, ...]:
    """All 32 bits of each number, which Python's floats and JSON hold.

    The study rounded to two decimals because its sliders stepped so. Sliders here do not, and rounding would part a
    code from the row it is recorded with, on a dial from 0 to 1 by as much as half a percent.
    """
    return tuple(code.tolist())


def _num_stored(model: LatentModel) -> int:
    stored = stored_codes(model)
    return 0 if stored is None else len(stored)
