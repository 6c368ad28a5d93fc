"""How often and how surely a classifier is right: accuracy, cross-entropy, confusion matrix."""

from __future__ import annotations

import torch
from torch import Tensor


def accuracy(probabilities: Tensor, labels: Tensor) -> float:
    """Share of examples whose most probable class is the true one, in [0, 1].

    Args:
        probabilities: (N, M), rows sum to one.
        labels: True classes, (N,), in [0, M).

    Raises:
        ValueError: If shapes or labels do not fit.
    """
    check_predictions(probabilities, labels)
    return (probabilities.argmax(dim=1) == labels).double().mean().item()


def cross_entropy(probabilities: Tensor, labels: Tensor) -> float:
    """Mean of -log probability of the true class, in nats; a probability of 0 counts as float32's least, 87 nats."""
    check_predictions(probabilities, labels)
    true = probabilities.gather(1, labels[:, None])[:, 0].double()
    return -true.clamp(min=torch.finfo(torch.float32).tiny).log().mean().item()


def confusion_matrix(probabilities: Tensor, labels: Tensor) -> Tensor:
    """How many examples of each true class (row) are given each class (column), (M, M) int64."""
    check_predictions(probabilities, labels)
    num_classes = probabilities.shape[1]
    pairs = labels * num_classes + probabilities.argmax(dim=1)
    return torch.bincount(pairs, minlength=num_classes**2).reshape(num_classes, num_classes)


def check_predictions(probabilities: Tensor, labels: Tensor) -> None:
    """Raises ValueError unless there is one label in [0, M) per row of probabilities, (N, M), N at least 1."""
    if probabilities.ndim != 2 or labels.shape != probabilities.shape[:1] or not len(labels):
        raise ValueError(
            f"probabilities should be (N, M) and labels (N,), N at least 1; got {tuple(probabilities.shape)} and "
            f"{tuple(labels.shape)}."
        )
    if labels.min() < 0 or labels.max() >= probabilities.shape[1]:
        raise ValueError(
            f"labels should lie in [0, {probabilities.shape[1]}); got {int(labels.min())} to {int(labels.max())}. "
            "Does the classifier know all classes of the data set?"
        )
