"""BCa bootstrap intervals of a mean; what is resampled are independent units, such as participants or codes."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

CONFIDENCE = 0.95
RESAMPLES = 9999
FEWEST = 3  # units; of fewer the bootstrap knows nothing


@dataclass(frozen=True)
class Interval:
    """Where a mean lies.

    Attributes:
        low: Lower end.
        high: Upper end.
        level: How often such intervals hold the true value, in (0, 1).
    """

    low: float
    high: float
    level: float = CONFIDENCE


def mean_interval(
    values: npt.ArrayLike, *, seed: int, level: float = CONFIDENCE, resamples: int = RESAMPLES
) -> Interval | None:
    """BCa interval of a mean over units, Efron (1987), https://doi.org/10.1080/01621459.1987.10478410.

    Args:
        values: One a unit, or the difference of its two, (n,).
        seed: Of the resamples.
        level: Of the interval.
        resamples: How many.

    Returns:
        None where there is no such interval: fewer than three units, or all have the same value.
    """
    return _bca((np.asarray(values, dtype=np.float64),), _mean, seed, level, resamples)


def difference_interval(
    first: npt.ArrayLike, second: npt.ArrayLike, *, seed: int, level: float = CONFIDENCE, resamples: int = RESAMPLES
) -> Interval | None:
    """BCa interval of the difference of the means of two groups of units, (n,) and (m,); see `mean_interval`."""
    groups = (np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64))
    return _bca(groups, _difference, seed, level, resamples)


def _bca(
    groups: tuple[npt.NDArray[np.float64], ...], statistic: object, seed: int, level: float, resamples: int
) -> Interval | None:
    from scipy.stats import bootstrap

    if min(map(len, groups)) < FEWEST or all(np.ptp(group) == 0 for group in groups):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a degenerate distribution, which is what None says
        found = bootstrap(
            groups,
            statistic,
            confidence_level=level,
            n_resamples=resamples,
            method="BCa",
            vectorized=True,
            rng=np.random.default_rng(seed),
        ).confidence_interval
    if not np.isfinite([found.low, found.high]).all():
        return None
    return Interval(float(found.low), float(found.high), level)


def _mean(values: npt.NDArray[np.float64], axis: int = -1) -> npt.NDArray[np.float64]:
    return values.mean(axis=axis)


def _difference(
    first: npt.NDArray[np.float64], second: npt.NDArray[np.float64], axis: int = -1
) -> npt.NDArray[np.float64]:
    return first.mean(axis=axis) - second.mean(axis=axis)
