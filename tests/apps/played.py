"""Studies that made-up people took part in, with answers that the store and the analysis take for real ones."""

from __future__ import annotations

import random
import time
import uuid

import engine
from engine.study import plan
from engine.study.design import Contrast, Study
from engine.study.questionnaires import EASE
from engine.study.response import History, Response
from engine.study.steps import Consent, Practice, Questionnaire, Reconstruction

CURVES = Study(
    name="curves",
    title="Curves & <dials>",
    models=("sinelines/gt", "sinelines/vae"),
    questions=2,
    practice=False,
    after_model=EASE,
    contrasts=(Contrast(first="sinelines/gt", second="sinelines/vae"),),
)


def take_part(store, study=CURVES, *, participants=8, seed=0):
    """Lets people answer a study from beginning to end; the first model is easier than the others."""
    chance = random.Random(seed)
    models = {name: engine.load(name, device="cpu") for name in study.models}
    for _ in range(participants):
        session = store.begin(study, lambda number: plan(study, models, number), 1000 * time.time())
        for at, step in enumerate(session.plan.steps):
            store.save(_response(session, at, step, study, chance), 1000 * time.time())


def _response(session, at, step, study, chance):
    same = {"id": str(uuid.UUID(int=chance.getrandbits(128), version=4)), "session": session.token, "step": at}
    if not isinstance(step, Reconstruction):
        items = step.items if isinstance(step, Questionnaire) else ()
        answer = {item.name: chance.randrange(item.low, item.high + 1) for item in items}
        outcome = {Consent: "agreed", Practice: "skipped"}.get(type(step), "answered")
        return Response(**same, outcome=outcome, shown_ms=0.0, left_ms=4e3, duration_ms=4e3, answer=answer)
    solved = chance.random() < (0.9 if step.model == study.models[0] else 0.4)
    way = [k / 12 * (1 if solved else 0.4) for k in range(13)]
    code = tuple(
        tuple(a + share * (b - a) for a, b in zip(step.start, step.target, strict=True)) for share in way
    )
    pace = chance.uniform(300, 900)
    history = History(
        t_ms=tuple(pace * k for k in range(13)),
        code=code,
        axis=(-1, *(k % 5 for k in range(11)), -1),
        direction=(0, *(1,) * 11, 0),
        agreement=tuple(way),
        error=tuple(100 * (1 - share) for share in way),
    )
    end = pace * 12 + (200 if solved else 31_000)
    answer = {"code": list(code[-1]), "agreement": way[-1], "error": history.error[-1]}
    return Response(
        **same, outcome="solved" if solved else "skipped", shown_ms=0.0, left_ms=end, duration_ms=end, answer=answer,
        history=history, decoder="page",
    )  # fmt: skip
