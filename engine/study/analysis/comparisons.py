"""The declared contrasts, tested: participants’ means with two models, permuted, with intervals, corrected by Holm."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from engine.statistics.holm import holm
from engine.statistics.intervals import Interval, difference_interval, mean_interval
from engine.statistics.permutation import Permutations, paired_permutation, unpaired_permutation
from engine.study.design import Contrast, Study, TaskName
from engine.study.measuring.measures import measured_in

if TYPE_CHECKING:
    import pandas as pd

ALPHA = 0.05


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One declared contrast in one task; what the data do not give is None, and `note` says why.

    Attributes:
        task: The participants' condition.
        first: Id of a model.
        second: Id of another one.
        measure: Name in `MEASURES`.
        design: Whether the same people saw both models (`paired`), different people did, or nobody saw both.
        participants: How many give the test its numbers.
        first_mean: Mean over them with the first model.
        second_mean: With the second.
        difference: First minus second.
        interval: Of the difference, BCa over participants.
        effect: The difference over the standard deviation, of participants' differences or pooled over groups.
        p: Two-sided, by permutation.
        p_holm: The same, corrected for all declared contrasts.
        rearrangements: How many were looked at.
        exact: Whether those were all there are.
        note: What to know when reading it.
    """

    task: TaskName
    first: str
    second: str
    measure: str
    design: Literal["paired", "unpaired", "none"] = "none"
    participants: int = 0
    first_mean: float | None = None
    second_mean: float | None = None
    difference: float | None = None
    interval: Interval | None = None
    effect: float | None = None
    p: float | None = None
    p_holm: float | None = None
    rearrangements: int = 0
    exact: bool = False
    note: str = ""


def declared(study: Study) -> tuple[tuple[TaskName, Contrast], ...]:
    """Every contrast in every task that yields its measure: what Holm's correction counts."""
    return tuple((task, c) for task in study.tasks for c in study.contrasts if measured_in(task, c.measure))


def compare(study: Study, means: pd.DataFrame, *, seed: int) -> tuple[Comparison, ...]:
    """Tests the declared contrasts.

    Args:
        study: Which contrasts, which tasks.
        means: Of `participant_table`, included participants only.
        seed: Of permutations and resamples.
    """
    tests = [_compared(task, contrast, means, seed) for task, contrast in declared(study)]
    adjusted = holm([math.nan if test.p is None else test.p for test in tests])
    return tuple(
        replace(test, p_holm=None if test.p is None else float(value))
        for test, value in zip(tests, adjusted, strict=True)
    )


def paired_values(
    table: pd.DataFrame, task: str, models: tuple[str, str], measure: str
) -> tuple[np.ndarray, np.ndarray, int]:
    """A measure of those who have it for both models, else of the two groups; and the length of the pairs, or 0."""
    rows = table[(table["task"] == task) & table["model"].isin(models) & table[measure].notna()]
    wide = rows.pivot_table(index="participant", columns="model", values=measure).reindex(columns=list(models))
    both = wide.dropna()
    if len(both):
        return both[models[0]].to_numpy(), both[models[1]].to_numpy(), len(both)
    return wide[models[0]].dropna().to_numpy(), wide[models[1]].dropna().to_numpy(), 0


def _compared(task: TaskName, contrast: Contrast, means: pd.DataFrame, seed: int) -> Comparison:
    models = (contrast.first, contrast.second)
    blank = Comparison(task=task, first=models[0], second=models[1], measure=contrast.measure)
    first, second, pairs = paired_values(means, task, models, contrast.measure)
    if not (len(first) and len(second)):
        missing = [model for model, values in zip(models, (first, second), strict=True) if not len(values)]
        return replace(blank, note=f"No included participant has data with {' or '.join(missing)}: not tested.")
    filled = replace(
        blank,
        design="paired" if pairs else "unpaired",
        participants=pairs or len(first) + len(second),
        first_mean=float(first.mean()),
        second_mean=float(second.mean()),
        difference=float(first.mean() - second.mean()),
    )
    if pairs:
        found = paired_permutation(first - second, seed=seed)
        interval = mean_interval(first - second, seed=seed)
        spread = _deviation(first - second)
    else:
        found = unpaired_permutation(first, second, seed=seed)
        interval = difference_interval(first, second, seed=seed)
        spread = _deviation(first - first.mean(), second - second.mean())
    return replace(
        filled,
        interval=interval,
        effect=filled.difference / spread if filled.difference is not None and spread else None,
        p=float(found.p[0]),
        rearrangements=found.rearrangements,
        exact=found.exact,
        note=" ".join(_notes(first, second, pairs, found, interval)),
    )


def _deviation(*groups: np.ndarray) -> float:
    """Standard deviation of one group, or pooled over two that were centred; 0 where too few have one."""
    freedom = sum(len(group) - 1 for group in groups)
    return math.sqrt(sum(float(np.square(g - g.mean()).sum()) for g in groups) / freedom) if freedom > 0 else 0.0


def _notes(
    first: np.ndarray, second: np.ndarray, pairs: int, found: Permutations, interval: Interval | None
) -> Sequence[str]:
    notes = []
    smallest = _smallest_p(len(first), len(second), pairs) if found.exact else 0.0
    if smallest > ALPHA:
        notes.append(f"Too few participants: p cannot fall below {smallest:.3f} with so few.")
    if pairs and np.array_equal(first, second):
        notes.append("Every participant has the same value with both models.")
    elif interval is None:
        notes.append("No interval: too few participants, or all differences are the same.")
    return notes


def _smallest_p(first: int, second: int, pairs: int) -> float:
    if pairs:
        return min(1.0, 2 / 2**pairs)
    return (2 if first == second else 1) / math.comb(first + second, first)
