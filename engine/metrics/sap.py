"""SAP: how much better the best latent predicts each factor alone than the second best (Kumar et al., 2018)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.metrics.discretise import discretise
from engine.metrics.tables import Floats, Table, as_tables, varying


def sap(codes: Table, factors: Table, *, categorical: Sequence[int] | None = None, num_bins: int = 64) -> float:
    """Separated attribute predictability: mean gap between a factor's two best latents.

    Kumar et al. (2018), https://arxiv.org/abs/1711.00848, section 3. Factors that do not vary are left out; where
    there is one latent the second best scores 0 (R^2) or chance (classes).

    Args:
        codes: (N, D), posterior means.
        factors: (N, F), true factors of the same rows.
        categorical: Columns of factors that name classes; None finds them: whole numbers of at most ten values.
        num_bins: Most intervals a latent is cut into to tell classes apart.

    Returns:
        A number in [0, 1].

    Raises:
        ValueError: If the tables do not match or no factor varies.
    """
    latents, truth = as_tables(codes, factors)
    varies = varying(truth)
    if not varies.any():
        raise ValueError(f"None of the {truth.shape[1]} factors varies. Pass rows with different factors.")
    scores = attribute_predictability(latents, truth, categorical=categorical, num_bins=num_bins)
    chance = np.array([1 / len(np.unique(column)) for column in truth.T])
    named = np.isin(np.arange(truth.shape[1]), categorical_columns(truth) if categorical is None else categorical)
    floor = np.where(named, chance, 0.0)
    ordered = np.sort(np.vstack([floor, scores]) if len(scores) == 1 else scores, axis=0)
    return float((ordered[-1] - ordered[-2])[varies].mean())


def attribute_predictability(
    codes: Table, factors: Table, *, categorical: Sequence[int] | None = None, num_bins: int = 64
) -> Floats:
    """How well each latent alone predicts each factor, (D, F), in [0, 1].

    Continuous factors: R^2 of the best line, the squared correlation. Classes: balanced accuracy of the best rule
    that cuts the latent into at most `num_bins` intervals of equal numbers of rows and names a class for each.
    """
    latents, truth = as_tables(codes, factors)
    scores = _squared_correlation(latents, truth)
    for column in categorical_columns(truth) if categorical is None else categorical:
        scores[:, column] = _balanced_accuracy(latents, truth[:, column], num_bins)
    return scores


def categorical_columns(factors: Floats, max_classes: int = 10) -> tuple[int, ...]:
    """Columns of whole numbers that take at most `max_classes` values, such as the shape of a sprite."""
    return tuple(
        at
        for at, column in enumerate(factors.T)
        if np.array_equal(column, np.round(column)) and len(np.unique(column)) <= max_classes
    )


def _squared_correlation(latents: Floats, truth: Floats) -> Floats:
    def standardise(table: Floats) -> Floats:
        centred = table - table.mean(axis=0)
        norm = np.linalg.norm(centred, axis=0)
        return centred / np.where(varying(table), norm, np.inf)

    return np.clip(standardise(latents).T @ standardise(truth), -1, 1) ** 2


def _balanced_accuracy(latents: Floats, labels: Floats, num_bins: int) -> Floats:
    """Share of each class in its best interval rule, averaged over classes, for every latent, (D,)."""
    classes, index = np.unique(labels, return_inverse=True)
    share = 1 / np.bincount(index)[index] / len(classes)  # every class weighs the same
    bins = discretise(latents, num_bins=num_bins, binning="quantile")
    mass = [
        np.bincount(column * len(classes) + index, share, minlength=num_bins * len(classes)).reshape(num_bins, -1)
        for column in bins.T
    ]
    return np.stack(mass).max(axis=2).sum(axis=1)
