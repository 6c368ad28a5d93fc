"""Permutation tests of a difference of means, two-sided: all rearrangements at once, as one matrix product."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from engine.statistics.intervals import RESAMPLES

EXACT_UP_TO = 2**14  # rearrangements; up to here all of them are looked at
_SAME = 1e-9  # relative: sums in another order differ by rounding, and a tie counts as being as extreme
_BLOCK = 2**22  # numbers of one product held at a time

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Permutations:
    """What a permutation test found.

    Attributes:
        p: Two-sided p-values, (S,).
        statistic: Observed differences of means, (S,).
        rearrangements: How many were looked at.
        exact: Whether those were all there are.
    """

    p: Floats
    statistic: Floats
    rearrangements: int
    exact: bool


def paired_permutation(differences: npt.ArrayLike, *, seed: int, resamples: int = RESAMPLES) -> Permutations:
    """Tests whether paired differences have mean zero, by flipping their signs.

    Under the null hypothesis a unit's two values could as well be exchanged. With at most 14 units all
    2^n sign patterns are looked at, else `resamples` random ones and the observed one.

    Args:
        differences: First minus second value of n units, such as participants, (n,) or (n, S) for S studies, which
            share the patterns.
        seed: Of the random patterns.
        resamples: How many of them.

    Raises:
        ValueError: If there are no units or a difference is missing.
    """
    values = _columns(differences)
    count = len(values)
    exact = 2**count <= EXACT_UP_TO
    signs = _all_signs(count) if exact else _random_signs(count, resamples, seed)
    return _tested(signs / count, values, values.mean(axis=0), exact=exact)


def unpaired_permutation(
    first: npt.ArrayLike, second: npt.ArrayLike, *, seed: int, resamples: int = RESAMPLES
) -> Permutations:
    """Tests whether two groups of units have the same mean, by dealing the units out anew.

    Args:
        first: Values of n units, (n,) or (n, S) for S studies.
        second: Of m others, (m,) or (m, S).
        seed: Of the random deals, where there are too many to look at all.
        resamples: How many random ones.

    Raises:
        ValueError: If a group is empty or a value is missing.
    """
    one, two = _columns(first), _columns(second)
    values = np.concatenate([one, two])
    exact = math.comb(len(values), len(one)) <= EXACT_UP_TO
    chosen = _all_deals(len(values), len(one)) if exact else _random_deals(len(values), len(one), resamples, seed)
    weights = np.where(chosen, 1 / len(one), -1 / len(two))
    return _tested(weights, values, one.mean(axis=0) - two.mean(axis=0), exact=exact)


def _tested(weights: Floats, values: Floats, observed: Floats, *, exact: bool) -> Permutations:
    """Counts by rows of weights, (B, n), how many differences are at least as extreme as the observed ones, (S,)."""
    tolerance = _SAME * np.abs(values).max(axis=0)
    extreme = np.zeros(values.shape[1])
    step = max(1, _BLOCK // values.shape[1])
    for begin in range(0, len(weights), step):
        extreme += (np.abs(weights[begin : begin + step] @ values) >= np.abs(observed) - tolerance).sum(axis=0)
    # The observed arrangement is one of all, and must be counted among random ones for p to be valid:
    # Phipson & Smyth (2010), https://doi.org/10.2202/1544-6115.1585.
    p = extreme / len(weights) if exact else (extreme + 1) / (len(weights) + 1)
    return Permutations(p=p, statistic=observed, rearrangements=len(weights), exact=exact)


def _columns(values: npt.ArrayLike) -> Floats:
    table = np.asarray(values, dtype=np.float64)
    table = table[:, None] if table.ndim == 1 else table
    if table.ndim != 2 or not len(table) or not np.isfinite(table).all():
        raise ValueError(
            f"A permutation test takes finite values (n,) or (n, S) of at least one unit; got shape "
            f"{np.shape(values)}. Leave out units with missing values first."
        )
    return table


def _all_signs(count: int) -> Floats:
    bits = (np.arange(2**count)[:, None] >> np.arange(count)) & 1
    return 1.0 - 2.0 * bits.astype(np.float64)


def _random_signs(count: int, resamples: int, seed: int) -> Floats:
    return 1.0 - 2.0 * np.random.default_rng(seed).integers(0, 2, size=(resamples, count)).astype(np.float64)


def _all_deals(count: int, first: int) -> npt.NDArray[np.bool_]:
    groups = np.array(list(combinations(range(count), first)))
    deals = np.zeros((len(groups), count), dtype=bool)
    deals[np.arange(len(groups))[:, None], groups] = True
    return deals


def _random_deals(count: int, first: int, resamples: int, seed: int) -> npt.NDArray[np.bool_]:
    order = np.random.default_rng(seed).random((resamples, count)).argsort(axis=1)
    return order < first
