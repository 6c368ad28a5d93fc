"""Made-up studies: people with abilities meet models of known difficulty; for tests and for looking at reports."""

from __future__ import annotations

import numpy as np

from engine.study.design import Contrast, Exclusion, Study
from engine.study.measuring.yardsticks import Dial, Yardstick
from engine.study.questionnaires import EASE, TASK_LOAD
from engine.study.response import History, Response
from engine.study.session import Session
from engine.study.steps import Choice, Plan, Questionnaire, Reconstruction

RATES = {"dsprites/gt": 0.92, "dsprites/vae": 0.7, "dsprites/ae": 0.4}
DIALS = tuple(
    Dial(name=f"Latent {k + 1}", kind="continuous", indices=(k,), low=-2.0, high=2.0) for k in range(3)
)
YARDSTICKS = {model: Yardstick(dials=DIALS, threshold=0.9) for model in RATES}


def study(**changes) -> Study:
    declared = {
        "name": "sprites",
        "title": "Match the shapes",
        "models": tuple(RATES),
        "questions": 5,
        "after_model": EASE + TASK_LOAD,
        "contrasts": (Contrast(first="dsprites/gt", second="dsprites/vae"),
                      Contrast(first="dsprites/vae", second="dsprites/ae")),
        "exclusion": Exclusion(min_active_s=2.0),
        "seed": 11,
    }
    return Study(**(declared | changes))


def sessions(of: Study, participants: int, *, seed: int = 0, rates=None, ability_sd=0.8) -> tuple[Session, ...]:
    generator = np.random.default_rng(seed)
    return tuple(session(of, k, generator, rates or RATES, ability_sd) for k in range(participants))


def session(of: Study, number: int, generator, rates, ability_sd) -> Session:
    task = of.tasks[number % len(of.tasks)]
    each = of.models_each or len(of.models)
    turn = number // len(of.tasks)
    models = tuple(of.models[(turn + k) % len(of.models)] for k in range(each)) if of.order != "fixed" else of.models
    ability = ability_sd * generator.standard_normal()
    steps, responses = [], []

    def confirm(step, response):
        steps.append(step)
        given = {"id": f"r{number}-{len(steps)}", "session": f"token{number}", "step": len(steps) - 1}
        responses.append(Response(shown_ms=0.0, left_ms=response["duration_ms"], **given, **response))

    for stage, model in enumerate(models):
        for question in range(of.questions):
            chance = 1 / (1 + np.exp(-(np.log(rates[model] / (1 - rates[model])) + ability)))
            if task == "reconstruction":
                confirm(*reconstruction(model, stage, question, chance, generator))
            else:
                confirm(*choice(model, stage, question, chance, task, generator))
        if of.after_model:
            page = Questionnaire(name="after_model", items=of.after_model, stage=stage)
            ease = int(np.clip(round(7 - 6 * rates[model] + generator.normal(0, 1)), 1, 7))
            answer = {item.name: ease if item.name == "ease" else 10 for item in of.after_model}
            confirm(page, {"outcome": "answered", "duration_ms": 4000.0, "answer": answer})
    return Session(
        token=f"token{number}",
        participant=f"p{number + 1:04d}",
        study=of.name,
        plan=Plan(number=number, task=task, models=models, steps=tuple(steps)),
        began_ms=0.0,
        finished_ms=1.0,
        completion_code="code",
        clock_ms=(12.0, 15.0),
        responses=tuple(responses),
    )


def reconstruction(model, stage, question, chance, generator):
    """A walk towards the target, one dial after another, with a detour; who gives up stops half-way."""
    start, target = generator.uniform(-2, 2, (2, len(DIALS))).round(2)
    solved = bool(generator.random() < chance)
    entries, code, t = [(0.0, start.copy(), -1, 0)], start.copy(), 0.0
    goal = target if solved else start + 0.4 * (target - start)
    t += generator.uniform(500, 2500)
    for dial in generator.permutation(len(DIALS)):
        for share in (*np.linspace(0.1, 1.2, 12), 1.0):
            value = start[dial] + share * (goal[dial] - start[dial])
            direction = int(np.sign(value - code[dial]))
            code = code.copy()
            code[dial] = value
            entries.append((t, code, int(dial), direction))
            t += 100 / chance**2
        t += generator.uniform(200, 1500) / chance
    t += 0.0 if solved else 20_000
    entries.append((t, code, -1, 0))
    error = [float(np.square(z - target).sum()) * 10 for _, z, _, _ in entries]
    agreement = [float(np.exp(-e / 20)) for e in error]
    history = History(
        t_ms=tuple(e[0] for e in entries),
        code=tuple(tuple(e[1].tolist()) for e in entries),
        axis=tuple(e[2] for e in entries),
        direction=tuple(e[3] for e in entries),
        agreement=tuple(agreement),
        error=tuple(error),
    )
    step = Reconstruction(
        model=model, stage=stage, question=question, start=tuple(start.tolist()), target=tuple(target.tolist()),
        start_row=None, target_row=None, redraws=0,
    )
    answer = {"code": history.code[-1], "agreement": agreement[-1], "error": error[-1]}
    outcome = "solved" if solved else "skipped"
    response = {"outcome": outcome, "duration_ms": t + 300, "answer": answer, "history": history, "decoder": "page"}
    return step, response


def choice(model, stage, question, chance, task, generator):
    correct = int(generator.integers(3))
    option = correct if generator.random() < chance else (correct + 1) % 3
    step = Choice(model=model, stage=stage, question=question, task=task, axis=0, options=("Low", "Medium", "High"),
                  correct=correct, code=(0.0, 0.0, 0.0), seed=1)
    answer = {"option": option, "confidence": int(generator.integers(1, 6)), "sense": 3, "more": 0}
    return step, {"outcome": "answered", "duration_ms": float(generator.uniform(4000, 20_000)), "answer": answer}
