"""Small studies, plans and responses, made without torch."""

from __future__ import annotations

import random
from dataclasses import replace
from uuid import UUID

from engine.study.design import Item, Study
from engine.study.response import History, Response
from engine.study.steps import Choice, Consent, Plan, Practice, Questionnaire, Reconstruction

STUDY = Study(
    name="dials",
    title="Dials",
    models=("mnist/ae5", "mnist/tc5"),
    at_end=(Item(name="comments", text="Anything else?", kind="text", required=False),),
)
ITEMS = (
    Item(name="ease", text="How easy was it?", low=1, high=7),
    Item(name="age", text="How old are you?", kind="choice", options=("18-34", "35-50")),
    Item(name="used", text="What did you use?", kind="several", options=("mouse", "keys", "touch"), required=False),
    Item(name="comments", text="Anything else?", kind="text", required=False),
)
NOW_MS = 1_800_000_000_000.0


def plan_for(number, *, rounds=1):
    """Every kind of step; with more rounds, more reconstructions and choices."""
    chance = random.Random(number)
    steps = [Consent(text="Take part?"), Practice(text="Turn the dials.", task="reconstruction", required=True)]
    for question in range(rounds):
        start, target = (tuple(chance.gauss(0, 1) for _ in range(3)) for _ in "st")
        steps.append(
            Reconstruction(
                model="mnist/ae5", stage=0, question=question, start=start, target=target, start_row=4,
                target_row=None, redraws=0,
            )
        )  # fmt: skip
        steps.append(
            Choice(
                model="mnist/tc5", stage=1, question=question, task="exemplars", axis=2,
                options=("Low", "Medium", "High"), correct=1, code=start, seed=chance.randrange(1000),
            )
        )  # fmt: skip
    steps += [
        Questionnaire(name="after_model", items=ITEMS[:1], stage=0),
        Questionnaire(name="at_end", items=ITEMS[1:]),
    ]
    return Plan(number=number, task="reconstruction", models=("mnist/ae5", "mnist/tc5"), steps=tuple(steps))


def response_to(session, step, *, chance=None, entries=20):
    """A response that fits a step of a session."""
    chance = chance or random.Random(f"{session.token} {step}")
    kind, shown = session.plan.steps[step], NOW_MS + 60_000.0 * step
    response = Response(
        id=str(UUID(int=chance.getrandbits(128), version=4)), session=session.token, step=step, outcome="answered",
        shown_ms=shown, left_ms=shown + 30_000.5, duration_ms=30_000.25,
    )  # fmt: skip
    match kind:
        case Consent():
            return replace(response, outcome="agreed")
        case Practice():
            return replace(response, outcome="passed", history=history(chance, entries, size=2), decoder="page")
        case Reconstruction():
            moved = history(chance, entries, size=len(kind.start))
            answer = {"code": list(moved.code[-1]), "agreement": moved.agreement[-1], "error": moved.error[-1]}
            return replace(response, outcome="solved", history=moved, answer=answer, decoder="page")
        case Choice():
            answer = {"option": chance.randrange(3), "confidence": 4, "sense": 2, "more": 1}
            return replace(response, answer=answer, decoder="server")
    answers = {"ease": 6, "age": "35-50", "used": ["keys", "mouse"], "comments": "=SUM(1) – fine, naïve ☃"}
    return replace(response, answer={item.name: answers[item.name] for item in kind.items})


def history(chance, entries, *, size):
    return History(
        t_ms=tuple(at * 16.7 for at in range(entries)),
        code=tuple(tuple(chance.gauss(0, 1) for _ in range(size)) for _ in range(entries)),
        axis=(-1, *(chance.randrange(size) for _ in range(entries - 2)), -1),
        direction=(0, *(chance.choice((-1, 1)) for _ in range(entries - 2)), 0),
        agreement=tuple(chance.random() for _ in range(entries)),
        error=tuple(chance.random() * 99 for _ in range(entries)),
    )


def answer_all(store, session, *, clock_ms=NOW_MS):
    """Confirms every step; returns the responses."""
    responses = [response_to(session, step) for step in range(len(session.plan.steps))]
    for response in responses:
        assert store.save(response, clock_ms + 1000.0 * response.step) == "stored"
    return responses
