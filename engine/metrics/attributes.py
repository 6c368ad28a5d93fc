"""How often a classifier is right about attributes that a picture has or has not, each for itself."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def attribute_accuracy(probabilities: Tensor, truth: Tensor) -> Tensor:
    """Share of examples on which each answer is right, (M,); a probability above one half says yes.

    Args:
        probabilities: Of yes, (N, M).
        truth: 1 for yes and 0 for no, (N, M).

    Raises:
        ValueError: If shapes or values do not fit.
    """
    _check(probabilities, truth)
    return ((probabilities > 0.5) == truth.bool()).double().mean(dim=0)


def balanced_accuracy(probabilities: Tensor, truth: Tensor) -> Tensor:
    """Mean of the shares of right answers among those who have each attribute and those who have not, (M,).

    One half is chance, however rare the attribute is; NaN where all examples have it or none has.
    """
    _check(probabilities, truth)
    said, true = probabilities > 0.5, truth.bool()
    sensitivity = (said & true).double().sum(dim=0) / true.sum(dim=0)
    specificity = (~said & ~true).double().sum(dim=0) / (~true).sum(dim=0)
    return (sensitivity + specificity) / 2


def attribute_cross_entropy(probabilities: Tensor, truth: Tensor) -> float:
    """Mean of -log probability of the true answer over examples and attributes, in nats."""
    _check(probabilities, truth)
    return functional.binary_cross_entropy(probabilities.double(), truth.double()).item()


def attribute_confusion(probabilities: Tensor, truth: Tensor) -> Tensor:
    """Examples of each attribute that have it not or have it (row) and are said to (column), (M, 2, 2) int64."""
    _check(probabilities, truth)
    pairs = 2 * truth.long() + (probabilities > 0.5).long()  # (N, M)
    return torch.stack([(pairs == value).sum(dim=0) for value in range(4)], dim=1).reshape(-1, 2, 2)


def yes_and_no(probabilities: Tensor, truth: Tensor) -> tuple[Tensor, Tensor]:
    """Every answer as an example of two classes, (N M, 2) and (N M,): what calibration is measured on."""
    _check(probabilities, truth)
    yes = probabilities.flatten()
    return torch.stack([1 - yes, yes], dim=1), truth.flatten().long()


def _check(probabilities: Tensor, truth: Tensor) -> None:
    if probabilities.ndim != 2 or probabilities.shape != truth.shape or not len(truth):
        raise ValueError(
            f"probabilities and truth should both be (N, M), N at least 1; got {tuple(probabilities.shape)} and "
            f"{tuple(truth.shape)}. Does the classifier know the attributes of the data set?"
        )
    if not ((truth == 0) | (truth == 1)).all():
        raise ValueError("truth should hold 0 and 1, one column an attribute; got other values.")
