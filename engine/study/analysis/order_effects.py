"""Order effects: whether people grow better, or tired, from stage to stage and from question to question."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from engine.statistics.intervals import Interval, mean_interval
from engine.statistics.permutation import paired_permutation
from engine.study.analysis.secondary import gee_fit
from engine.study.design import Study, TaskName
from engine.study.measuring.measures import PRIMARY

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class StageMean:
    """The primary measure in one stage, whatever the model.

    Attributes:
        task: The participants' condition.
        stage: Which, from 0.
        measure: Name in `MEASURES`.
        mean: Over participants.
        interval: BCa over participants; None where there is none.
        participants: How many reached the stage.
    """

    task: TaskName
    stage: int
    measure: str
    mean: float
    interval: Interval | None
    participants: int


@dataclass(frozen=True, kw_only=True)
class Trend:
    """The mean of participants' own slopes, differences between models taken out before.

    Attributes:
        task: The participants' condition.
        over: Per stage, or per question within a stage.
        measure: Name in `MEASURES`.
        slope: Change of the measure from one stage or question to the next; None where `note` says why.
        interval: BCa over participants.
        p: Two-sided, by flipping the slopes' signs.
        participants: How many have a slope.
        note: What to know when reading it.
    """

    task: TaskName
    over: Literal["stage", "question"]
    measure: str
    slope: float | None = None
    interval: Interval | None = None
    p: float | None = None
    participants: int = 0
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class StageFactor:
    """Wald's test of the stage as a factor beside the model, in a GEE on the primary measure.

    Attributes:
        task: The participants' condition.
        statistic: Chi-squared; None where `note` says why.
        freedom: Its degrees of freedom.
        p: Of the statistic.
        note: What to know when reading it.
    """

    task: TaskName
    statistic: float | None = None
    freedom: int = 0
    p: float | None = None
    note: str = ""


@dataclass(frozen=True)
class OrderEffects:
    """All that is asked about order; one row a task and stage, a task, a task and trend."""

    stages: tuple[StageMean, ...]
    factors: tuple[StageFactor, ...]
    trends: tuple[Trend, ...]


def order_effects(study: Study, questions: pd.DataFrame, *, seed: int) -> OrderEffects:
    """Means by stage, the stage as a factor, and trends of the primary measure and of response time.

    Args:
        study: Which tasks.
        questions: Of `question_table`, included participants only.
        seed: Of resamples and permutations.
    """
    by_task: list[tuple[TaskName, pd.DataFrame]] = [(t, questions[questions["task"] == t]) for t in study.tasks]
    return OrderEffects(
        stages=tuple(row for task, rows in by_task for row in _stages(task, rows, seed)),
        factors=tuple(stage_factor(task, rows) for task, rows in by_task),
        trends=tuple(
            trend(task, rows, over, measure, seed=seed)
            for task, rows in by_task
            for over in ("stage", "question")
            for measure in (PRIMARY[task], "response_s")
        ),
    )


def trend(
    task: TaskName, rows: pd.DataFrame, over: Literal["stage", "question"], measure: str, *, seed: int
) -> Trend:
    """The mean slope of a measure over stages or questions.

    Each value is taken relative to the mean of its model; a participant's slope is the least-squares line through
    these, over questions after the means of the participant's own stages are taken out, too.

    Args:
        task: The condition of all rows.
        rows: Of `question_table`.
        over: What the slope is per.
        measure: Name in `MEASURES`.
        seed: Of resamples and permutations.
    """
    blank = Trend(task=task, over=over, measure=measure)
    rows = rows[rows[measure].notna()]
    if over == "stage" and _tied(rows):
        return replace(blank, note="Every model has one place in the order: order and model cannot be told apart.")
    groups = ["participant"] if over == "stage" else ["participant", "stage"]
    y = rows[measure] - rows.groupby("model")[measure].transform("mean")
    keys = [rows[name] for name in groups]
    x = (rows[over] - rows[over].groupby(keys).transform("mean")).to_numpy(dtype=np.float64)
    y = (y - y.groupby(keys).transform("mean")).to_numpy(dtype=np.float64)
    people, owner = np.unique(rows["participant"].to_numpy(dtype=str), return_inverse=True)
    spread = np.bincount(owner, weights=x * x, minlength=len(people))
    shared = np.bincount(owner, weights=x * y, minlength=len(people))
    slopes = shared[spread > 0] / spread[spread > 0]
    if not len(slopes):
        return replace(blank, note=f"No participant answered more than one {over}.")
    return replace(
        blank,
        slope=float(slopes.mean()),
        interval=mean_interval(slopes, seed=seed),
        p=float(paired_permutation(slopes, seed=seed).p[0]),
        participants=len(slopes),
    )


def stage_factor(task: TaskName, rows: pd.DataFrame) -> StageFactor:
    """Tests the stage as a factor beside the model, in the GEE of the secondary tests.

    Args:
        task: The condition of all rows.
        rows: Of `question_table`.
    """
    rows = rows[rows[PRIMARY[task]].notna()]
    models, stages = sorted(rows["model"].unique()), sorted(rows["stage"].unique())
    if len(stages) < 2 or rows["participant"].nunique() < 2:
        return StageFactor(task=task, note="Not tested: it needs two stages and two participants.")
    if _tied(rows):
        return StageFactor(task=task, note="Every model has one place in the order: they cannot be told apart.")
    exog = np.hstack([_dummies(rows["model"], models), _dummies(rows["stage"], stages[1:])])
    contrast = np.eye(exog.shape[1])[len(models) :]
    statistic, converged = _wald(rows, PRIMARY[task], exog, contrast)
    if statistic is None:
        return StageFactor(task=task, note="The fit gives no test: in some cell all answers, or none, succeeded.")
    from scipy.stats import chi2

    freedom = len(contrast)
    note = "" if converged else "The fit did not converge: take its numbers with care."
    p = float(chi2.sf(statistic, freedom))
    return StageFactor(task=task, statistic=statistic, freedom=freedom, p=p, note=note)


def _wald(rows: pd.DataFrame, measure: str, exog: np.ndarray, contrast: np.ndarray) -> tuple[float | None, bool]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what they warn of shows in the numbers, which are checked below
            fit = gee_fit(rows, measure, exog)
            mean, covariance = contrast @ np.asarray(fit.params), contrast @ np.asarray(fit.cov_params()) @ contrast.T
            statistic = float(mean @ np.linalg.solve(covariance, mean))
    except (np.linalg.LinAlgError, ValueError):
        return None, False
    separated = np.abs(np.asarray(fit.params)).max() > _ODDS_END
    return (None if separated or not np.isfinite(statistic) else statistic), bool(fit.converged)


def _stages(task: TaskName, rows: pd.DataFrame, seed: int) -> list[StageMean]:
    measure = PRIMARY[task]
    values = rows[rows[measure].notna()].groupby(["stage", "participant"])[measure].mean()
    return [
        StageMean(
            task=task,
            stage=int(stage),
            measure=measure,
            mean=float(group.mean()),
            interval=mean_interval(group.to_numpy(), seed=seed),
            participants=len(group),
        )
        for stage, group in values.groupby(level="stage")
    ]


def _tied(rows: pd.DataFrame) -> bool:
    """Whether every model was always met in the same stage."""
    return bool((rows.groupby("model")["stage"].nunique() <= 1).all()) and rows["stage"].nunique() > 1


def _dummies(column: pd.Series, values: Sequence[object]) -> np.ndarray:
    return np.stack([(column == value).to_numpy(dtype=np.float64) for value in values], axis=1)


_ODDS_END = 15.0  # log-odds that only a cell without successes, or without failures, runs off to
