"""Expected calibration error: does a classifier that is 80 % sure turn out right in 80 % of cases?"""

from __future__ import annotations

import torch
from torch import Tensor

from engine.metrics.classification import check_predictions


def expected_calibration_error(probabilities: Tensor, labels: Tensor, *, num_bins: int = 15) -> float:
    """|accuracy - mean confidence| in bins of confidence, weighted by the bins' sizes.

    Guo et al. (2017), https://arxiv.org/abs/1706.04599, equation 3; confidence is the largest probability, the bins
    are ((m - 1) / M, m / M].

    Args:
        probabilities: (N, M), rows sum to one.
        labels: True classes, (N,).
        num_bins: Bins of equal width, 15 in the paper.

    Returns:
        In [0, 1]; 0 is calibrated.

    Raises:
        ValueError: If shapes or labels do not fit, or num_bins is below 1.
    """
    check_predictions(probabilities, labels)
    if num_bins < 1:
        raise ValueError(f"num_bins should be at least 1; got {num_bins}. The paper uses 15.")
    confidence, predicted = probabilities.double().max(dim=1)
    edges = torch.arange(1, num_bins, dtype=torch.float64, device=confidence.device) / num_bins
    bins = torch.bucketize(confidence, edges)
    surplus = (predicted == labels).double() - confidence  # sums to size * (accuracy - confidence) in each bin
    return (torch.bincount(bins, surplus, minlength=num_bins).abs().sum() / len(labels)).item()
