"""Secondary tests of the declared pairs of models: a GEE on answers, a mixed model on times, Wilcoxon on ratings."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.statistics.holm import holm
from engine.statistics.intervals import CONFIDENCE, Interval
from engine.study.analysis.comparisons import paired_values
from engine.study.design import Study, TaskName
from engine.study.measuring.measures import PRIMARY

if TYPE_CHECKING:
    import pandas as pd

FEW = 10  # participants; of fewer a GEE's robust errors tend to be too small, corrected or not


@dataclass(frozen=True, kw_only=True)
class Secondary:
    """One secondary test of one pair of models in one task; what cannot be had is None, and `note` says why.

    Attributes:
        method: What was fitted or tested.
        task: The participants' condition.
        first: Id of a model.
        second: Id of another one.
        measure: Name in `MEASURES`.
        effect: What `estimate` is: `odds ratio`, `time ratio` or `median difference`; first against second.
        estimate: Its value.
        interval: Of the estimate, 95 %.
        p: Two-sided.
        p_holm: Corrected over this method's tests.
        participants: How many the fit rests on.
        converged: Whether the fit did; None where nothing is fitted.
        note: What to know when reading it.
    """

    method: str
    task: TaskName
    first: str
    second: str
    measure: str
    effect: str
    estimate: float | None = None
    interval: Interval | None = None
    p: float | None = None
    p_holm: float | None = None
    participants: int = 0
    converged: bool | None = None
    note: str = ""


@dataclass(frozen=True)
class _Fit:
    """Coefficients of models and their covariance, on a log scale."""

    models: tuple[str, ...]
    mean: np.ndarray
    covariance: np.ndarray
    participants: int
    converged: bool
    notes: tuple[str, ...]


def secondary(study: Study, questions: pd.DataFrame, means: pd.DataFrame) -> tuple[Secondary, ...]:
    """All secondary tests, method after method, each corrected by Holm over its own tests.

    Args:
        study: Which tasks, which pairs of models.
        questions: Of `question_table`, included participants only.
        means: Of `participant_table`, the same.
    """
    methods = (gee_tests, mixed_tests, _wilcoxon_tests)
    return tuple(test for method in methods for test in _corrected(method(study, questions, means)))


def gee_tests(study: Study, questions: pd.DataFrame, means: pd.DataFrame) -> list[Secondary]:
    """Log-odds of solving (or answering rightly) by model; answers of a participant are exchangeable.

    Generalised estimating equations, Liang & Zeger (1986), https://doi.org/10.1093/biomet/73.1.13,
    with the robust errors for few people of Mancl & DeRouen (2001), https://doi.org/10.1111/j.0006-341X.2001.00126.x.
    """
    return _fitted(study, questions, _fit_gee, "GEE, logit", "odds ratio", PRIMARY.__getitem__)


def mixed_tests(study: Study, questions: pd.DataFrame, means: pd.DataFrame) -> list[Secondary]:
    """Log of active time (of response time for choices) by model, with an intercept for each participant; REML."""
    return _fitted(study, questions, _fit_mixed, "mixed model, log", "time ratio", _time)


def _wilcoxon_tests(study: Study, questions: pd.DataFrame, means: pd.DataFrame) -> list[Secondary]:
    return [_rated(task, pair, means) for task in study.tasks for pair in _pairs(study)]


def _fitted(
    study: Study,
    questions: pd.DataFrame,
    fit: Callable[[pd.DataFrame, str], _Fit | str],
    method: str,
    effect: str,
    measure_of: Callable[[TaskName], str],
) -> list[Secondary]:
    tests = []
    for task in study.tasks:
        measure = measure_of(task)
        rows = questions[(questions["task"] == task) & questions[measure].notna()]
        found = fit(rows, measure) if _pairs(study) else ""
        for first, second in _pairs(study):
            blank = Secondary(method=method, task=task, first=first, second=second, measure=measure, effect=effect)
            tests.append(replace(blank, note=found) if isinstance(found, str) else _contrasted(blank, found))
    return tests


def _contrasted(blank: Secondary, fit: _Fit) -> Secondary:
    from scipy.stats import norm

    notes = " ".join(fit.notes)
    blank = replace(blank, participants=fit.participants, converged=fit.converged, note=notes)
    lacking = [model for model in (blank.first, blank.second) if model not in fit.models]
    if lacking:
        return replace(blank, note=f"No estimate for {' and '.join(lacking)}. {notes}".strip())
    contrast = np.array([(m == blank.first) - float(m == blank.second) for m in fit.models])
    log, error = float(contrast @ fit.mean), math.sqrt(max(float(contrast @ fit.covariance @ contrast), 0.0))
    if not (math.isfinite(log) and math.isfinite(error) and error > 0):
        return replace(blank, note=f"The fit gives no standard error. {notes}".strip())
    reach = float(norm.ppf(0.5 + CONFIDENCE / 2)) * error
    interval = Interval(math.exp(log - reach), math.exp(log + reach))
    return replace(blank, estimate=math.exp(log), interval=interval, p=float(2 * norm.sf(abs(log) / error)))


def gee_fit(rows: pd.DataFrame, measure: str, exog: np.ndarray) -> Any:  # noqa: ANN401 - statsmodels' own
    """Fits the log-odds of a measure of zeros and ones, a participant's answers exchangeable."""
    import statsmodels.api as sm

    return sm.GEE(
        rows[measure].to_numpy(),
        exog,
        groups=rows["participant"].to_numpy(),
        family=sm.families.Binomial(),
        cov_struct=sm.cov_struct.Exchangeable(),
    ).fit(cov_type="bias_reduced")


def _fit_gee(rows: pd.DataFrame, measure: str) -> _Fit | str:
    rates = rows.groupby("model")[measure].mean()
    notes = [
        f"With {model} {'all' if rate else 'none'} of the answers succeeded, and the odds have no estimate."
        for model, rate in rates.items()
        if rate in (0, 1)
    ]
    rows = rows[rows["model"].isin(rates.index[(rates > 0) & (rates < 1)])]
    people = rows["participant"].nunique()
    if rows["model"].nunique() < 2 or people < 2:
        return " ".join(["Not fitted: it needs two participants and two models with an estimate.", *notes])
    if people < FEW:
        notes.append(f"Fewer than {FEW} participants: robust errors tend to be too small.")

    def fit(exog: np.ndarray) -> Any:  # noqa: ANN401 - statsmodels' own
        return gee_fit(rows, measure, exog)

    return _estimated(fit, rows, notes)


def _fit_mixed(rows: pd.DataFrame, measure: str) -> _Fit | str:
    positive = rows[measure] > 0
    notes = [f"{(~positive).sum()} questions without any {measure} are left out."] if not positive.all() else []
    rows = rows[positive]
    people = rows["participant"].nunique()
    if rows["model"].nunique() < 2 or people < 2:
        return " ".join(["Not fitted: it needs two participants and two models with data.", *notes])

    def fit(exog: np.ndarray) -> Any:  # noqa: ANN401 - statsmodels' own
        import statsmodels.api as sm

        return sm.MixedLM(np.log(rows[measure].to_numpy()), exog, groups=rows["participant"].to_numpy()).fit()

    return _estimated(fit, rows, notes)


def _estimated(fit: Callable[[np.ndarray], Any], rows: pd.DataFrame, notes: Sequence[str]) -> _Fit | str:
    """Fits one coefficient a model and no intercept, so that every pair is a difference of two."""
    models = tuple(sorted(rows["model"].unique()))
    exog = (rows["model"].to_numpy()[:, None] == np.array(models)).astype(np.float64)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            result = fit(exog)
            count = len(models)
            mean, covariance = np.asarray(result.params)[:count], np.asarray(result.cov_params())[:count, :count]
    except (np.linalg.LinAlgError, ValueError) as error:
        return f"The fit failed: {error}."
    converged = bool(result.converged)
    said = [] if converged else ["The fit did not converge: take its numbers with care."]
    if any("boundary" in str(warning.message) or "singular" in str(warning.message) for warning in caught):
        said.append("The variance between participants is estimated as nearly zero, at the boundary of what it can be.")
    people = rows["participant"].nunique()
    return _Fit(models, mean, covariance, people, converged, tuple(dict.fromkeys((*notes, *said))))


def _rated(task: TaskName, pair: tuple[str, str], means: pd.DataFrame) -> Secondary:
    """Ratings of ease: signed ranks of those who rated both, Wilcoxon (1945), else Mann & Whitney's U of two groups."""
    from scipy.stats import mannwhitneyu, wilcoxon

    first, second, pairs = paired_values(means, task, pair, "ease")
    method = "Wilcoxon signed ranks" if pairs or not (len(first) and len(second)) else "Mann–Whitney U"
    blank = Secondary(
        method=method, task=task, first=pair[0], second=pair[1], measure="ease", effect="median difference"
    )
    if not (len(first) and len(second)):
        return replace(blank, note="No ratings of both models: not tested.")
    if not pairs:
        p = float(mannwhitneyu(first, second, alternative="two-sided").pvalue)
        difference = float(np.median(first) - np.median(second))
        return replace(blank, estimate=difference, p=p, participants=len(first) + len(second))
    differences = first - second
    alike = int((differences == 0).sum())
    blank = replace(blank, estimate=float(np.median(differences)), participants=pairs)
    if alike == pairs:
        return replace(blank, note="Every participant rated both alike: not tested.")
    note = f"{alike} of {pairs} rated both alike and do not count." if alike else ""
    return replace(blank, p=float(wilcoxon(differences).pvalue), note=note)


def _corrected(tests: Sequence[Secondary]) -> list[Secondary]:
    adjusted = holm([math.nan if test.p is None else test.p for test in tests])
    return [
        replace(test, p_holm=None if test.p is None else float(value))
        for test, value in zip(tests, adjusted, strict=True)
    ]


def _pairs(study: Study) -> tuple[tuple[str, str], ...]:
    return tuple(dict.fromkeys((contrast.first, contrast.second) for contrast in study.contrasts))


def _time(task: TaskName) -> str:
    return "active_s" if task == "reconstruction" else "response_s"
