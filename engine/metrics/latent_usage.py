"""Which latents a variational model uses: KL of each in nats, and active units by two definitions."""

from __future__ import annotations

from torch import Tensor

from engine.objectives.kl import kl_nats


def kl_per_latent(mean: Tensor, log_var: Tensor) -> Tensor:
    """Mean KL(q(z_k | x) || N(0, 1)) over a data set, in nats.

    Args:
        mean: Posterior means, (N, K).
        log_var: Posterior log-variances, (N, K).

    Returns:
        (K,) float64, each at least 0.

    Raises:
        ValueError: If the shapes differ.
    """
    if mean.shape != log_var.shape or mean.ndim != 2:
        raise ValueError(f"mean and log_var should both be (N, K); got {tuple(mean.shape)} and {tuple(log_var.shape)}.")
    return kl_nats(mean.double(), log_var.double()).mean(dim=0)


def active_units(mean: Tensor, *, threshold: float = 0.01) -> Tensor:
    """Latents whose posterior mean moves with x: its variance over the data exceeds `threshold`.

    Burda et al. (2016), https://arxiv.org/abs/1509.00519, section 5.2; made for a standard normal prior.

    Args:
        mean: Posterior means, (N, K).
        threshold: Least variance of an active unit.

    Returns:
        (K,) of booleans.

    Raises:
        ValueError: If there are fewer than two rows.
    """
    if mean.ndim != 2 or len(mean) < 2:
        raise ValueError(f"mean should be (N, K) with at least two rows; got shape {tuple(mean.shape)}.")
    return mean.double().var(dim=0) > threshold


def active_units_by_kl(kl: Tensor, *, threshold_nats: float = 0.01) -> Tensor:
    """Latents that carry more than `threshold_nats` on average; kl as `kl_per_latent` returns it, (K,) -> (K,)."""
    return kl > threshold_nats
