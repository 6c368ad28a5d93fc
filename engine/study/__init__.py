"""Studies of people who match pictures with sliders: tasks, plans, responses, their store and their analysis.

    study = read_study(path)                               # a study file, validated
    session = plan(study, {id: load(id) for id in study.models}, number=0)
    goal = resolve(study.goal, model)                      # agreement, threshold, when to skip
    panel(model, choice, number=0)                         # what explains a dial
    simulate(model, generator=torch.Generator())           # how far a bot gets

Importing this package loads none of them: a name is imported from its own file when it is first used. So no file has
the name of a function here, which it would hide.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.study.design import Contrast, Exclusion, Goal, Item, Study, TaskName
    from engine.study.files.study_file import read_study
    from engine.study.matching.agreement import AGREEMENTS, Agreement, drawn
    from engine.study.matching.calibration import calibrate, calibrated_threshold
    from engine.study.matching.goals import SolvedWhen, resolve
    from engine.study.measuring.active_time import active_s
    from engine.study.players.bots import CoordinateSearch, ForgetfulHand
    from engine.study.players.simulation import Simulation, simulate
    from engine.study.response import History, Outcome, Response
    from engine.study.session import Session
    from engine.study.sessions.panels import Panel, panel
    from engine.study.sessions.planning import num_questions, plan
    from engine.study.sessions.toy import Toy
    from engine.study.steps import Choice, Consent, Plan, Practice, Questionnaire, Reconstruction, Step

_HOMES = {
    "measuring.active_time": ("active_s",),
    "matching.agreement": ("AGREEMENTS", "Agreement", "drawn"),
    "players.bots": ("CoordinateSearch", "ForgetfulHand"),
    "matching.calibration": ("calibrate", "calibrated_threshold"),
    "design": ("Contrast", "Exclusion", "Goal", "Item", "Study", "TaskName"),
    "matching.goals": ("SolvedWhen", "resolve"),
    "sessions.panels": ("Panel", "panel"),
    "sessions.planning": ("num_questions", "plan"),
    "response": ("History", "Outcome", "Response"),
    "session": ("Session",),
    "players.simulation": ("Simulation", "simulate"),
    "steps": ("Choice", "Consent", "Plan", "Practice", "Questionnaire", "Reconstruction", "Step"),
    "files.study_file": ("read_study",),
    "sessions.toy": ("Toy",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "AGREEMENTS",
    "Agreement",
    "Choice",
    "Consent",
    "Contrast",
    "CoordinateSearch",
    "Exclusion",
    "ForgetfulHand",
    "Goal",
    "History",
    "Item",
    "Outcome",
    "Panel",
    "Plan",
    "Practice",
    "Questionnaire",
    "Reconstruction",
    "Response",
    "Session",
    "Simulation",
    "SolvedWhen",
    "Step",
    "Study",
    "TaskName",
    "Toy",
    "active_s",
    "calibrate",
    "calibrated_threshold",
    "drawn",
    "num_questions",
    "panel",
    "plan",
    "read_study",
    "resolve",
    "simulate",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - what is asked for
    if name not in _HOME_OF:
        raise AttributeError(f"module 'engine.study' has no attribute {name!r}; it offers {__all__}.")
    return getattr(importlib.import_module(f"engine.study.{_HOME_OF[name]}"), name)
