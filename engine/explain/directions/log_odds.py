"""What a classifier says of pictures as log-odds: the soft labels that directions are learned from."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from engine.interfaces import Readout
from engine.models.adapted_pictures import adapted


def log_odds(classifier: Any, x: Tensor) -> Tensor:  # noqa: ANN401 - as `engine.load` returns one
    """(N, C, H, W) in [0, 1] -> (N, M) float32 on the device of x: log P(yes) / P(no) of every class or attribute.

    Of classes that exclude each other it is that of each against all others. Unlike probabilities, it does not
    saturate. Pictures of other sizes and channels are adapted (`engine.explain.readouts`).

    Raises:
        ValueError: If the classifier is on a scale without probabilities.
    """
    check_odds(classifier)
    home = getattr(classifier, "device", x.device)
    logits = classifier.logits(adapted(x.to(home), classifier.space.shape)).float()
    if classifier.exclusive and logits.shape[1] > 1:
        logits = logits - _others(logits)
    return logits.to(x.device)


def check_odds(classifier: Any) -> None:  # noqa: ANN401
    """Refuses a classifier that has no odds.

    Raises:
        ValueError: If its scale has no probabilities.
    """
    readout: Readout | None = getattr(classifier, "readout", None)
    if readout is not None and readout.unit != "log-odds":
        raise ValueError(
            f"{readout.name!r} is read in {readout.unit} and has no odds, so no direction can be learned from it. "
            "Choose a classifier of classes or attributes; this one can still rate a sweep."
        )


def _others(logits: Tensor) -> Tensor:
    """Log of the summed exponentials of all other logits, (N, M)."""
    hidden = torch.eye(logits.shape[1], dtype=torch.bool, device=logits.device)
    return logits[:, None, :].masked_fill(hidden, -torch.inf).logsumexp(dim=2)
