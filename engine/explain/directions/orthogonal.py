"""Directions freed of one another: smile without age, or all of them at right angles."""

from __future__ import annotations

import torch
from torch import Tensor

_LEAST = 1e-4  # of a direction's length; what is left below that is rounding


def without(vector: Tensor, others: Tensor) -> Tensor:
    """What of a direction lies across all of some others: moving along it leaves their readings as they are.

    Shen et al. (2020), section 3.2, https://arxiv.org/abs/1907.10786, there for one other direction.

    Args:
        vector: (K,).
        others: (M, K), of any lengths and angles.

    Returns:
        A unit vector, (K,), at right angles to every one of the others.

    Raises:
        ValueError: If it is a sum of the others, so that nothing is left.
    """
    unit, rows = _units(vector.double()[None])[0], _units(others.double())
    basis = torch.linalg.svd(rows, full_matrices=False)
    span = basis.Vh[basis.S > _LEAST]  # others that are nearly alike count once
    rest = unit - span.T @ (span @ unit)
    if float(rest.norm()) < _LEAST:
        raise ValueError(
            f"Nothing is left of a direction that is a mixture of the {len(others)} it should be freed of. Free it "
            "of fewer."
        )
    rest = rest - span.T @ (span @ rest)  # once more, as the first pass leaves its own rounding
    return (rest / rest.norm()).to(vector)


def symmetric(vectors: Tensor) -> Tensor:
    """All directions at right angles, each moved as little as possible: Löwdin's (V Vᵀ)^(-1/2) V.

    Löwdin (1950), https://doi.org/10.1063/1.1747632. No direction comes first, so their order does not matter.

    Args:
        vectors: (M, K), M at most K.

    Returns:
        Unit vectors at right angles, (M, K).

    Raises:
        ValueError: If one is a mixture of the others.
    """
    left, scales, right = torch.linalg.svd(_units(vectors.double()), full_matrices=False)
    if len(vectors) > vectors.shape[1] or float(scales.min()) < _LEAST:
        raise ValueError(
            f"{len(vectors)} directions through {vectors.shape[1]} dimensions are mixtures of one another and cannot "
            "all be at right angles. Choose fewer."
        )
    return (left @ right).to(vectors)


def _units(vectors: Tensor) -> Tensor:
    lengths = vectors.norm(dim=1, keepdim=True)
    if not bool((lengths > 0).all()):
        raise ValueError("A direction of length zero leads nowhere; leave it out.")
    return vectors / lengths
