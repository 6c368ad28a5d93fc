"""Logistic regression on soft labels, many attributes at once, and how well it does on points it has not seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import softplus

_STEPS = 500
_TOLERANCE = 1e-9  # largest entry of the gradient of the mean cross-entropy


@dataclass(frozen=True, eq=False)
class Logistic:
    """Linear log-odds: `points @ weights.T + biases`.

    Attributes:
        weights: In units of the points themselves, float64, (M, K).
        biases: (M,).
    """

    weights: Tensor
    biases: Tensor

    def log_odds(self, points: Tensor) -> Tensor:
        """(N, K) -> (N, M), float64."""
        return points.double() @ self.weights.T + self.biases


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """How well linear log-odds of one attribute do on held-out points.

    Attributes:
        count: Points.
        positive_rate: Share that the classifier calls positive.
        accuracy: Share on whose side of zero both agree.
        majority: Accuracy of always saying the more common side.
        auc: Area under the ROC curve; None where all are on one side.
        r2: Share of the variance of the classifier's log-odds that is explained; below 0 where their mean does better.
        bce: Mean cross-entropy to the soft labels, in nats.
        baseline_bce: That of always saying their mean: the binary entropy of the mean.
    """

    count: int
    positive_rate: float
    accuracy: float
    majority: float
    auc: float | None
    r2: float
    bce: float
    baseline_bce: float


def fit_logistic(points: Tensor, log_odds: Tensor, *, l2: float = 1e-3) -> Logistic:
    """Minimises the mean cross-entropy to soft labels plus l2 / 2 times the squared weights of standardised points.

    Limited-memory BFGS in float64 from zero weights, in coordinates in which the points are uncorrelated: the result
    follows from the data alone, without seed or learning rate.

    Args:
        points: (N, K).
        log_odds: Of the soft labels, (N, M).
        l2: Weight of the penalty; biases go free.

    Raises:
        ValueError: If there is no row a label, or l2 is not above zero.
    """
    from scipy.optimize import minimize

    if points.ndim != 2 or log_odds.ndim != 2 or len(points) != len(log_odds) or len(points) < 2 or not l2 > 0:
        raise ValueError(
            f"A fit takes at least two points (N, K), as many log-odds (N, M) and an l2 above 0; got "
            f"{tuple(points.shape)}, {tuple(log_odds.shape)} and {l2}."
        )
    x, mean, scale = _standardised(points.double().cpu())
    y = torch.sigmoid(log_odds.double().cpu())
    transform = _whitening(x, l2)  # beta = transform @ u
    moved = x @ transform

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        u, bias = torch.from_numpy(flat).reshape(-1, y.shape[1]).split((moved.shape[1], 1))
        said = moved @ u + bias
        beta = transform @ u
        wrong = (torch.sigmoid(said) - y) / len(x)
        slope = torch.cat([moved.T @ wrong + l2 * (transform.T @ beta), wrong.sum(dim=0, keepdim=True)])
        value = (softplus(said) - y * said).sum() / len(x) + l2 / 2 * beta.square().sum()
        return float(value), slope.flatten().numpy()

    start = torch.cat([torch.zeros(moved.shape[1], y.shape[1]).double(), torch.logit(y.mean(dim=0), 1e-9)[None]])
    options = {"maxiter": _STEPS, "maxfun": 2 * _STEPS, "gtol": _TOLERANCE, "ftol": 0.0}
    found = minimize(loss, start.flatten().numpy(), jac=True, method="L-BFGS-B", options=options)
    u, bias = torch.from_numpy(found.x).reshape(-1, y.shape[1]).split((moved.shape[1], 1))
    weights = (transform @ u).T / scale
    return Logistic(weights, bias[0] - weights @ mean)


def held_out(model: Logistic, points: Tensor, log_odds: Tensor) -> tuple[HeldOut, ...]:
    """How well each attribute is told on points that were not fitted.

    Args:
        model: The fit.
        points: (N, K).
        log_odds: What the classifier says, (N, M).
    """
    said, truth = model.log_odds(points.cpu()), log_odds.double().cpu()
    y, positive = torch.sigmoid(truth), truth > 0
    rate, mean = positive.double().mean(dim=0), y.mean(dim=0)
    bce = (softplus(said) - y * said).mean(dim=0)
    entropy = -(torch.xlogy(mean, mean) + torch.xlogy(1 - mean, 1 - mean))
    r2 = 1 - (said - truth).square().sum(dim=0) / (truth - truth.mean(dim=0)).square().sum(dim=0).clamp_min(1e-30)
    right = ((said > 0) == positive).double().mean(dim=0)
    return tuple(
        HeldOut(
            count=len(points),
            positive_rate=float(rate[k]),
            accuracy=float(right[k]),
            majority=float(torch.maximum(rate[k], 1 - rate[k])),
            auc=auc,
            r2=float(r2[k]),
            bce=float(bce[k]),
            baseline_bce=float(entropy[k]),
        )
        for k, auc in enumerate(_auc(said, positive))
    )


def _standardised(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    mean, scale = x.mean(dim=0), x.std(dim=0, unbiased=False)
    scale = torch.where(scale > 1e-12 * (1 + mean.abs()), scale, torch.ones_like(scale))  # constants stay zero
    return (x - mean) / scale, mean, scale


def _whitening(x: Tensor, l2: float) -> Tensor:
    variances, axes = torch.linalg.eigh(x.T @ x / len(x))
    return axes / (variances.clamp_min(0) + l2).sqrt()


def _auc(said: Tensor, positive: Tensor) -> list[float | None]:
    """From the rank sum of the positives, ties counted half: Hanley & McNeil (1982)."""
    from scipy.stats import rankdata

    ranks = torch.from_numpy(np.asarray(rankdata(said.numpy(), axis=0)))
    yes = positive.sum(dim=0).double()
    no = len(said) - yes
    area = ((ranks * positive).sum(dim=0) - yes * (yes + 1) / 2) / (yes * no)
    return [float(value) if both else None for value, both in zip(area, (yes * no > 0).tolist(), strict=True)]
