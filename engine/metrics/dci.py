"""DCI: disentanglement, completeness and informativeness of codes from boosted trees (Eastwood & Williams, 2018)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Generator

from engine.metrics.boosted_trees import fit_boosted_trees
from engine.metrics.tables import Floats, Table, as_tables, varying

Direction: TypeAlias = Literal["latents_to_factors", "factors_to_latents"]
Rows: TypeAlias = "npt.NDArray[np.int64]"
Trees: TypeAlias = Literal["presorted", "scikit-learn"]


@dataclass(frozen=True, eq=False)
class DCI:
    """The three scores and what they were computed from.

    Attributes:
        disentanglement: How far each feature helps to predict one target only, weighted by importance, in [0, 1].
        completeness: How far each target is predicted by one feature only, weighted by importance, in [0, 1].
        informativeness_train: Mean R^2 over targets on the rows the trees were fitted to; 1 is best.
        informativeness_test: The same on held-out rows.
        importance: Feature importances, (features, targets); each column sums to one, or is zero for a target that
            does not vary.
    """

    disentanglement: float
    completeness: float
    informativeness_train: float
    informativeness_test: float
    importance: Floats


def dci(
    codes: Table,
    factors: Table,
    *,
    generator: Generator,
    direction: Direction = "latents_to_factors",
    test_fraction: float = 0.1,
    max_rows: int | None = None,
    trees: Trees = "presorted",
    progress: Callable[[int, int], None] | None = None,
) -> DCI:
    """Fits one ensemble of trees per target and reads the scores off its feature importances.

    Eastwood & Williams (2018), https://openreview.net/forum?id=By-7dz-AZ, with the regressors of Ross et al. (2021),
    https://arxiv.org/abs/2102.01264: 100 boosted trees of depth 3, learning rate 0.1, squared loss; factors that
    name classes are regressed too. The study predicted latents from factors, so its published "disentanglement"
    speaks of factors and its "completeness" of latents: `factors_to_latents` repeats that.

    Args:
        codes: (N, D), posterior means.
        factors: (N, F), true factors of the same rows.
        generator: On the CPU; draws the held-out rows and the subsample.
        direction: `latents_to_factors` as the paper defines it, or `factors_to_latents` as the study ran it.
        test_fraction: Share of rows held out, in (0, 1).
        max_rows: Uses this many rows drawn at random; None uses all.
        trees: `presorted` is this project's implementation, `scikit-learn` its GradientBoostingRegressor, slower.
        progress: Called with (targets done, targets in all).

    Raises:
        ValueError: If the tables do not match, a choice is unknown, no target varies or too few rows are left.
    """
    latents, truth = as_tables(codes, factors)
    if direction not in ("latents_to_factors", "factors_to_latents"):
        raise ValueError(f"No direction {direction!r}; choose 'latents_to_factors' or 'factors_to_latents'.")
    features, targets = (latents, truth) if direction == "latents_to_factors" else (truth, latents)
    varies = varying(targets)
    if not varies.any():
        raise ValueError(f"None of the {targets.shape[1]} targets varies. Pass rows with different values.")
    train, test = _split_rows(len(features), test_fraction, max_rows, generator)
    importance, scores = np.zeros((features.shape[1], targets.shape[1])), np.zeros((2, targets.shape[1]))
    for at in np.flatnonzero(varies):
        importance[:, at], predict = _FIT[trees](features[train], targets[train, at])
        scores[:, at] = [_r2(targets[rows, at], predict(features[rows])) for rows in (train, test)]
        if progress is not None:
            progress(int(at) + 1, targets.shape[1])
    return DCI(
        disentanglement=concentration(importance),
        completeness=concentration(importance.T),
        informativeness_train=float(scores[0, varies].mean()),
        informativeness_test=float(scores[1, varies].mean()),
        importance=importance,
    )


def concentration(importance: Floats) -> float:
    """How far each row's importance lies in one column: mean of 1 - entropy / log(columns), weighted by row sums.

    Args:
        importance: Non-negative, (rows, columns).

    Returns:
        In [0, 1]; 1 where there is a single column, 0 where nothing is important.
    """
    weight = importance.sum(axis=1)
    if weight.sum() == 0:
        return 0.0
    if importance.shape[1] == 1:
        return 1.0
    p = importance + 1e-11  # the published code's guard for rows of zeros
    p = p / p.sum(axis=1, keepdims=True)
    spread = -(p * np.log(p)).sum(axis=1) / np.log(p.shape[1])  # entropy, as a share of its maximum
    return float(weight @ (1 - spread) / weight.sum())


def _split_rows(
    num_rows: int, test_fraction: float, max_rows: int | None, generator: Generator
) -> tuple[Rows, Rows]:
    order = torch.randperm(num_rows, generator=generator).numpy()[:max_rows]
    num_test = round(test_fraction * len(order))
    if num_test < 2 or len(order) - num_test < 2:
        raise ValueError(
            f"DCI needs at least two rows to fit and two held out; got {len(order)} rows and test_fraction "
            f"{test_fraction}. Pass more rows or another fraction."
        )
    return order[num_test:], order[:num_test]


def _presorted(features: Floats, target: Floats) -> tuple[Floats, Callable[[Floats], Floats]]:
    ensemble = fit_boosted_trees(features, target)
    return ensemble.importances, ensemble.predict


def _scikit_learn(features: Floats, target: Floats) -> tuple[Floats, Callable[[Floats], Floats]]:
    from sklearn.ensemble import GradientBoostingRegressor

    ensemble = GradientBoostingRegressor(n_estimators=100, max_depth=3, learning_rate=0.1, random_state=0)
    ensemble.fit(features, target)
    return np.abs(ensemble.feature_importances_), ensemble.predict


_FIT = {"presorted": _presorted, "scikit-learn": _scikit_learn}


def _r2(target: Floats, predicted: Floats) -> float:
    """1 - residual / total sum of squares; 0 for held-out rows that happen to be constant and are missed."""
    total = float(np.square(target - target.mean()).sum())
    missed = float(np.square(target - predicted).sum())
    if total == 0:
        return float(missed == 0)
    return 1 - missed / total
