"""One call from sessions to everything the report prints: tables, tests, intervals, exclusions, notes and the seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.statistics.intervals import Interval, mean_interval
from engine.study.analysis.comparisons import Comparison, compare
from engine.study.analysis.exclusions import Excluded, exclusions
from engine.study.analysis.order_effects import OrderEffects, order_effects
from engine.study.analysis.secondary import Secondary, secondary
from engine.study.design import Study, TaskName
from engine.study.measuring.measures import MEASURES, measured_in, participant_table, question_table, rating_table
from engine.study.measuring.yardsticks import Yardsticks
from engine.study.session import Session

if TYPE_CHECKING:
    import pandas as pd

FEW = 6  # pairs; with fewer no paired permutation test reaches p < 0.05


@dataclass(frozen=True, kw_only=True)
class Average:
    """One measure with one model in one task, mean over participants.

    Attributes:
        task: The participants' condition.
        model: Id.
        measure: Name in `MEASURES`.
        mean: Of the participants' means.
        interval: BCa over participants, 95 %; None where there is none.
        participants: How many have a value.
    """

    task: TaskName
    model: str
    measure: str
    mean: float
    interval: Interval | None
    participants: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Analysis:
    """A study's analysis; its tables hold included participants only.

    Attributes:
        study: As declared.
        seed: Of every permutation and resample.
        participants: Names of those included.
        excluded: Every reason to leave somebody out.
        questions: One row a question (`question_table`).
        ratings: One row an answer to a questionnaire (`rating_table`).
        means: One row a participant and model (`participant_table`).
        averages: One row a task, model and measure.
        primary: The declared contrasts.
        secondary: Further tests of the same pairs of models.
        order: Order effects.
        notes: What to know when reading it all.
    """

    study: Study
    seed: int
    participants: tuple[str, ...]
    excluded: tuple[Excluded, ...]
    questions: pd.DataFrame
    ratings: pd.DataFrame
    means: pd.DataFrame
    averages: tuple[Average, ...]
    primary: tuple[Comparison, ...]
    secondary: tuple[Secondary, ...]
    order: OrderEffects
    notes: tuple[str, ...]


def analyse(study: Study, sessions: Sequence[Session], yardsticks: Yardsticks, *, seed: int | None = None) -> Analysis:
    """Applies the declared exclusions, measures, tests the declared contrasts and looks for order effects.

    Args:
        study: As declared before it was run.
        sessions: All of the study's, finished or not.
        yardsticks: By model id: spans of dials and thresholds (`yardstick`).
        seed: Of permutations and resamples; None takes the study's.

    Raises:
        ValueError: If two sessions belong to one participant, or a session to another study.
    """
    _check(study, sessions)
    seed = study.seed if seed is None else seed
    out = exclusions(study, sessions)
    gone = {reason.participant for reason in out}
    kept = [session for session in sessions if session.participant not in gone]
    questions, ratings = question_table(kept, yardsticks), rating_table(kept)
    means = participant_table(questions, ratings)
    return Analysis(
        study=study,
        seed=seed,
        participants=tuple(session.participant for session in kept),
        excluded=out,
        questions=questions,
        ratings=ratings,
        means=means,
        averages=tuple(_averages(study, means, seed)),
        primary=compare(study, means, seed=seed),
        secondary=secondary(study, questions, means),
        order=order_effects(study, questions, seed=seed),
        notes=tuple(_notes(study, sessions, kept, yardsticks)),
    )


def _check(study: Study, sessions: Sequence[Session]) -> None:
    foreign = sorted({session.study for session in sessions} - {study.name})
    if foreign:
        raise ValueError(f"The sessions should be those of the study {study.name!r}; some belong to {foreign}.")
    names = [session.participant for session in sessions]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"A participant has one session; {twice} have several. Leave all but one of each out.")


def _averages(study: Study, means: pd.DataFrame, seed: int) -> list[Average]:
    rows = []
    for task in study.tasks:
        for model in study.models:
            here = means[(means["task"] == task) & (means["model"] == model)]
            for measure in (name for name in MEASURES if measured_in(task, name)):
                values = here[measure].dropna().to_numpy(dtype=float)
                if len(values):
                    mean, interval = float(values.mean()), mean_interval(values, seed=seed)
                    rows.append(
                        Average(
                            task=task,
                            model=model,
                            measure=measure,
                            mean=mean,
                            interval=interval,
                            participants=len(values),
                        )
                    )
    return rows


def _notes(
    study: Study, sessions: Sequence[Session], kept: Sequence[Session], yardsticks: Yardsticks
) -> list[str]:
    notes = []
    if not sessions:
        notes.append("Nobody has taken part yet.")
    elif not kept:
        notes.append("No participant is left after the declared exclusions.")
    elif len(kept) < FEW:
        notes.append(f"{len(kept)} participants are too few for a paired test, which needs {FEW} to reach p < 0.05.")
    if not study.contrasts:
        notes.append("The study declares no contrasts, so nothing is tested.")
    lacking = [model for model in study.models if model not in yardsticks]
    if lacking:
        notes.append(f"{', '.join(lacking)} could not be loaded: no slide distance and no time to target with them.")
    return notes
