"""Statistics that assume little: BCa intervals, permutation tests, Holm's correction.

scipy is imported by the functions that need it.
"""

from __future__ import annotations

from engine.statistics.holm import holm
from engine.statistics.intervals import CONFIDENCE, RESAMPLES, Interval, difference_interval, mean_interval
from engine.statistics.permutation import Permutations, paired_permutation, unpaired_permutation

__all__ = [
    "CONFIDENCE",
    "RESAMPLES",
    "Interval",
    "Permutations",
    "difference_interval",
    "holm",
    "mean_interval",
    "paired_permutation",
    "unpaired_permutation",
]
