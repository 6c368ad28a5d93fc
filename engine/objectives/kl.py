"""Kullback-Leibler term of a VAE (Kingma & Welling, 2014), with beta-VAE's weight (Higgins et al., 2017)."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from engine.objectives.objective import TERMS, Pass


def kl_nats(mean: Tensor, log_var: Tensor) -> Tensor:
    """KL(N(mean, exp(log_var)) || N(0, 1)) of each example and latent, (N, K), in nats."""
    return -0.5 * (1 + log_var - mean.square() - log_var.exp())


@TERMS.register("kl")
@dataclass(frozen=True)
class KL:
    """KL to the standard normal, summed over latents, averaged over the batch.

    Attributes:
        weight: beta.
    """

    weight: float = 1.0

    name = "kl"

    def __call__(self, step: Pass) -> Tensor:
        """The term of one pass, a scalar.

        Raises:
            ValueError: If the pass comes from a plain autoencoder, which has no log-variance.
        """
        if step.log_var is None:
            raise ValueError("The KL term needs a variational network; give the network `variational=True`.")
        return self.weight * kl_nats(step.mean.float(), step.log_var.float()).sum(dim=1).mean()
