"""Total correlation by minibatch-weighted sampling (Chen et al., 2018, https://arxiv.org/abs/1802.04942)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.objectives.objective import TERMS, Pass


def total_correlation(z: Tensor, mean: Tensor, log_var: Tensor, *, dataset_size: int | None = None) -> Tensor:
    """Estimates KL(q(z) || prod_k q(z_k)) in nats from one batch.

    Args:
        z: Samples of the batch's posteriors, (N, K).
        mean: Posterior means, (N, K).
        log_var: Posterior log-variances, (N, K).
        dataset_size: Training examples M. With it the estimate is calibrated by (K - 1) log(N M); without it
            that constant is left out, which changes no gradient.
    """
    n, k = z.shape
    difference = z[:, None] - mean[None]  # (N, N, K): sample j under the posterior of example i
    log_q = -0.5 * (difference.square() * torch.exp(-log_var)[None] + log_var[None] + math.log(2 * math.pi))
    log_joint = torch.logsumexp(log_q.sum(dim=2), dim=1)
    log_product = torch.logsumexp(log_q, dim=1).sum(dim=1)
    constant = 0.0 if dataset_size is None else (k - 1) * math.log(n * dataset_size)
    return (log_joint - log_product).mean() + constant


@TERMS.register("total-correlation")
@dataclass(frozen=True)
class TotalCorrelation:
    """Weighted total correlation; with weight w beside KL(1) this is a beta-TCVAE of beta = 1 + w.

    Attributes:
        weight: What is added to the one total correlation that the KL term already holds.
    """

    weight: float = 9.0

    name = "total-correlation"

    def __call__(self, step: Pass) -> Tensor:
        """The term of one pass, a scalar.

        Raises:
            ValueError: If the pass comes from a plain autoencoder, which has no log-variance.
        """
        if step.log_var is None:
            raise ValueError("Total correlation needs a variational network; give the network `variational=True`.")
        return self.weight * total_correlation(step.z.float(), step.mean.float(), step.log_var.float())
