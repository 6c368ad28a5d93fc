"""A seeded split of labelled rows that keeps the share of every class."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.data.dataset import Ids

TRAIN_SHARE = 0.75
_SEED = 20210903  # ours: the published splits of flower pairs were drawn without a seed


def stratified_split(labels: npt.NDArray[np.integer]) -> tuple[Ids, Ids]:
    """Three quarters of every class for training, the rest for testing, each in the order of the rows.

    A class is split the same whatever other classes there are, so that choosing classes afterwards keeps the split.
    A class of two or more rows is in both parts.

    Args:
        labels: Class of every row, (N,), 0 or above.

    Returns:
        Rows for training and for testing.
    """
    for_training = np.zeros(len(labels), dtype=bool)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        np.random.RandomState([_SEED, int(label)]).shuffle(rows)  # this legacy generator never changes its order
        count = min(max(round(TRAIN_SHARE * len(rows)), 1), max(len(rows) - 1, 1))
        for_training[rows[:count]] = True
    return np.flatnonzero(for_training), np.flatnonzero(~for_training)
