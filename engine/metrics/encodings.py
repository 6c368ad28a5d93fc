"""The posterior of every example of a split as one table: what all metrics of codes start from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Generator, Tensor

from engine.data import Batch
from engine.metrics.inference import device_of, evaluating
from engine.models import reparameterise
from engine.models.layers import one_hot


class PosteriorModel(Protocol):
    """An encoder that gives a distribution: an autoencoder, variational or plain."""

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """(N, *shape) -> mean and log-variance, each (N, K); no log-variance without noise."""
        ...


@dataclass(frozen=True, eq=False)
class Encodings:
    """One row per example, all on the CPU.

    Attributes:
        mean: Posterior means, (N, K): the representation disentanglement is measured on.
        log_var: Posterior log-variances, (N, K); None for a plain autoencoder.
        labels: True labels, (N,), or None.
        factors: True factors, (N, F), or None.
    """

    mean: Tensor
    log_var: Tensor | None
    labels: Tensor | None
    factors: Tensor | None

    def sampled_codes(self, *, generator: Generator, num_classes: int = 0) -> Tensor:
        """One code per example as the study reconstructs them, (N, num_classes + K).

        Args:
            generator: Draws one sample of each posterior, in one block; not used by a plain autoencoder.
            num_classes: Categories of a conditional model, which is told the true label; 0 for none.

        Raises:
            ValueError: If a conditional model meets data without labels.
        """
        z = reparameterise(self.mean, self.log_var, generator=generator)
        if not num_classes:
            return z
        if self.labels is None:
            raise ValueError(
                f"The model is told one of {num_classes} categories, but the data have no labels. "
                "Evaluate it on a data set with labels."
            )
        return torch.cat([one_hot(self.labels, num_classes).to(z), z], dim=1)


def encode_batches(model: PosteriorModel, batches: Iterable[Batch]) -> Encodings:
    """Encodes every batch in turn, in evaluation mode, on the model's device.

    Args:
        model: Anything with a posterior.
        batches: Non-empty batches, see `inference.batches`.

    Raises:
        ValueError: If there is no batch.
    """
    device = device_of(model)
    means, log_vars, labels, factors = [], [], [], []
    with evaluating(model):
        for batch in batches:
            mean, log_var = model.posterior(batch.x.to(device))
            means.append(mean.float().cpu())
            log_vars.append(None if log_var is None else log_var.float().cpu())
            labels.append(batch.labels)
            factors.append(batch.factors)
    if not means:
        raise ValueError("There is nothing to encode: the split has no rows. Pass a split or max_rows of at least 1.")
    return Encodings(torch.cat(means), _joined(log_vars), _joined(labels), _joined(factors))


def _joined(parts: list[Tensor | None]) -> Tensor | None:
    present = [part for part in parts if part is not None]
    return torch.cat(present) if present else None
