"""Mutual information between every latent and every true factor, from two-dimensional histograms."""

from __future__ import annotations

import numpy as np

from engine.metrics.discretise import Binning, discretise
from engine.metrics.tables import Floats, Ints, Table, as_tables


def mutual_information(codes: Table, factors: Table, *, num_bins: int = 20, binning: Binning = "width") -> Floats:
    """Plug-in mutual information in bits, rows learned latents, columns true factors.

    The study's estimate: 20 x 20 bins over each variable's own range (Ross et al., 2021,
    https://arxiv.org/abs/2102.01264).

    Args:
        codes: (N, D), posterior means.
        factors: (N, F), true factors of the same rows.
        num_bins: Bins per variable.
        binning: `width` as the study, or `quantile`; see `discretise`.

    Returns:
        (D, F), each at least 0 and at most log2(num_bins).

    Raises:
        ValueError: If the tables do not match or are not finite.
    """
    latents, truth = as_tables(codes, factors)
    latent_bins = discretise(latents, num_bins=num_bins, binning=binning)
    factor_bins = discretise(truth, num_bins=num_bins, binning=binning)
    return np.stack([_with_each(column, factor_bins, num_bins) for column in latent_bins.T])


def entropy(table: Table, *, num_bins: int = 20, binning: Binning = "width") -> Floats:
    """Entropy in bits of every column after binning, (D,); equals its mutual information with itself."""
    bins = discretise(table, num_bins=num_bins, binning=binning)
    counts = np.stack([np.bincount(column, minlength=num_bins) for column in bins.T])
    return _entropy_bits(counts)


def _with_each(column: Ints, factor_bins: Ints, num_bins: int) -> Floats:
    """Mutual information of one latent with all factors: one count of (factor, bin, bin) triples."""
    num_factors = factor_bins.shape[1]
    triples = (np.arange(num_factors) * num_bins + factor_bins) * num_bins + column[:, None]  # (N, F)
    counts = np.bincount(triples.ravel(), minlength=num_factors * num_bins**2)
    joint = counts.reshape(num_factors, num_bins, num_bins)  # factor, its bin, the latent's bin
    separate = _entropy_bits(joint.sum(axis=1)) + _entropy_bits(joint.sum(axis=2))
    return np.maximum(separate - _entropy_bits(joint.reshape(num_factors, -1)), 0.0)


def _entropy_bits(counts: Ints) -> Floats:
    """Entropy of each row of counts, (M, bins) -> (M,)."""
    p = counts / counts.sum(axis=1, keepdims=True)
    surprise = -np.log2(p, out=np.zeros_like(p), where=p > 0)
    return (p * surprise).sum(axis=1)
