"""MIG: how much more of each factor its best latent knows than the second best (Chen et al., 2018)."""

from __future__ import annotations

import numpy as np

from engine.metrics.discretise import Binning
from engine.metrics.mutual_information import entropy, mutual_information
from engine.metrics.tables import Floats, Table


def mutual_information_gap(matrix: Table, entropies: Table) -> float:
    """MIG from a matrix of mutual information.

    The mean over factors of (largest - second largest of the factor's column) / entropy of the factor: Chen et al.
    (2018), https://arxiv.org/abs/1802.04942, section 4. Factors that do not vary are left out; where there is one
    latent the second largest is 0.

    Args:
        matrix: (D, F), rows learned latents, columns true factors, any unit.
        entropies: (F,), of the factors, in the same unit.

    Returns:
        A number in [0, 1]; 1 when each factor is known to exactly one latent.

    Raises:
        ValueError: If the shapes do not match or no factor varies.
    """
    return float(gaps(matrix, entropies).mean())


def mig(codes: Table, factors: Table, *, num_bins: int = 20, binning: Binning = "width") -> float:
    """MIG of codes (N, D) and factors (N, F); see `mutual_information` for the bins."""
    matrix = mutual_information(codes, factors, num_bins=num_bins, binning=binning)
    return mutual_information_gap(matrix, entropy(factors, num_bins=num_bins, binning=binning))


def gaps(matrix: Table, entropies: Table) -> Floats:
    """The gap of each factor that varies, each in [0, 1], in the order of the columns."""
    information, bits = np.asarray(matrix, dtype=np.float64), np.asarray(entropies, dtype=np.float64)
    if information.ndim != 2 or information.shape[1:] != bits.shape:
        raise ValueError(
            f"matrix should be (latents, factors) with one entropy a factor; got {information.shape} and "
            f"{bits.shape}. Learned latents are the rows: transpose it if they are the columns."
        )
    varies = bits > 0
    if not varies.any():
        raise ValueError(f"No factor varies: all {len(bits)} entropies are 0. Pass rows with different factors.")
    ordered = np.sort(np.vstack([np.zeros(len(bits)), information]), axis=0)[:, varies]
    return (ordered[-1] - ordered[-2]) / bits[varies]
