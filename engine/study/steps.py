"""What one participant goes through: a session's plan is a flat list of steps, and each is confirmed once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.study.design import Item, TaskName


@dataclass(frozen=True, kw_only=True)
class Consent:
    """A text to agree to."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Practice:
    """Instructions and the toy with two dials; `task` says which practice."""

    text: str
    task: TaskName
    required: bool


@dataclass(frozen=True, kw_only=True)
class Reconstruction:
    """One target to match with sliders.

    Attributes:
        model: Id of the model; the page never learns it.
        stage: Which model of the session it is, from 0.
        question: Which question of the stage, from 0.
        start: Where the sliders stand at first, (D,).
        target: The code whose picture is to be matched, (D,).
        start_row: Row of the model's examples that start is the code of; None if it was drawn.
        target_row: The same for the target.
        redraws: How many targets were dropped before it because the start already agreed with them.
    """

    model: str
    stage: int
    question: int
    start: tuple[float, ...]
    target: tuple[float, ...]
    start_row: int | None
    target_row: int | None
    redraws: int


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One picture; the participant says where one dial of it stands.

    Attributes:
        model: Id of the model; the page never learns it.
        stage: Which model of the session it is, from 0.
        question: Which question of the stage, from 0.
        task: What explains the dial: `exemplars`, `traversals`, `samples` (a grid sorted by the dial) or `none`.
        axis: Number of the dial among the model's axes.
        options: What can be answered: Low, Medium, High, or the category's options.
        correct: Number of the right one.
        code: Of the picture asked about, (D,).
        seed: Of the explanation's first panel; "show more" number n has seed + n.
    """

    model: str
    stage: int
    question: int
    task: TaskName
    axis: int
    options: tuple[str, ...]
    correct: int
    code: tuple[float, ...]
    seed: int


@dataclass(frozen=True, kw_only=True)
class Questionnaire:
    """Items on one page: after a model (`stage`), at the end, or about the participant (`stage` None)."""

    name: Literal["after_model", "at_end", "demographics"]
    items: tuple[Item, ...]
    stage: int | None = None


Step = Consent | Practice | Reconstruction | Choice | Questionnaire


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All of one session, drawn when it begins and stored with it.

    Attributes:
        number: Which session of the study it is, from 0; with the study's seed it decides everything drawn.
        task: The participant's condition.
        models: Ids in the order of the stages.
        steps: In order; the number of a step is its place here.
    """

    number: int
    task: TaskName
    models: tuple[str, ...]
    steps: tuple[Step, ...]
