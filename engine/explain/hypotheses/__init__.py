"""Hypotheses about what moves a classifier: found on some codes, tested on others, and allowed to be wrong.

    ground, dials = Ground(model), gauges(classifier, model.space)
    found = search(ground, gauge_named(dials, "Young"))           # ranked; str(found[0]) is a sentence
    session = Session().add(found[0].hypothesis()).test(0, ground, dials)
    session.verdicts[0].words

change.py       what is done to codes         ground.py, codes.py                    what it is measured in
search.py       changes ranked by effect      trial.py, result.py, verdict.py        one test and what it means
sentence.py     all of it in words            session.py, saved.py, fields.py        cards, Holm's correction, JSON
"""

from __future__ import annotations

from engine.explain.hypotheses.card import Hypothesis
from engine.explain.hypotheses.change import Both, Change, Restyle, Shift, Single, Switch
from engine.explain.hypotheses.fields import SavedError
from engine.explain.hypotheses.ground import Ground
from engine.explain.hypotheses.result import Dose, Result, SideEffect
from engine.explain.hypotheses.search import Finding, candidates, search
from engine.explain.hypotheses.sentence import doing, prediction, sentence
from engine.explain.hypotheses.session import Card, Session, load_session, session_from_json
from engine.explain.hypotheses.trial import trial
from engine.explain.hypotheses.verdict import Outcome, Verdict, verdict

__all__ = [
    "Both",
    "Card",
    "Change",
    "Dose",
    "Finding",
    "Ground",
    "Hypothesis",
    "Outcome",
    "Restyle",
    "Result",
    "SavedError",
    "Session",
    "Shift",
    "SideEffect",
    "Single",
    "Switch",
    "Verdict",
    "candidates",
    "doing",
    "load_session",
    "prediction",
    "search",
    "sentence",
    "session_from_json",
    "trial",
    "verdict",
]
