"""Reconstruction terms: Bernoulli cross-entropy for pictures, squared error for series; summed over an example."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional

from engine.objectives.objective import TERMS, Pass


@TERMS.register("bernoulli")
@dataclass(frozen=True)
class Bernoulli:
    """Cross-entropy in nats between x in [0, 1] and sigmoid(logits), summed over values, averaged over the batch."""

    name = "bernoulli"

    def __call__(self, step: Pass) -> Tensor:
        """The term of one pass, a scalar."""
        summed = functional.binary_cross_entropy_with_logits(step.logits.float(), step.x, reduction="sum")
        return summed / len(step.x)


@TERMS.register("squared-error")
@dataclass(frozen=True)
class SquaredError:
    """Squared error summed over values, averaged over the batch: a Gaussian of variance one half, up to a constant."""

    name = "squared-error"

    def __call__(self, step: Pass) -> Tensor:
        """The term of one pass, a scalar."""
        return functional.mse_loss(step.logits.float(), step.x, reduction="sum") / len(step.x)
