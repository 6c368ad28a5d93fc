"""Principal directions: along which codes differ most (GANSpace, Härkönen et al., 2020)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Principal:
    """Principal components of points.

    Attributes:
        vectors: Unit vectors at right angles, most important first, (M, K).
        scales: Standard deviation of the points along each, (M,).
        explained: Share of all variance along each, (M,).
        mean: The middle of the points, (K,).
    """

    vectors: Tensor
    scales: Tensor
    explained: Tensor
    mean: Tensor


def principal(points: Tensor, count: int) -> Principal:
    """The directions of largest variance, https://arxiv.org/abs/2004.02546.

    A component's sign means nothing; here its largest entry is positive, so that it is the same every time.

    Args:
        points: (N, K).
        count: How many, at most min(N - 1, K).

    Raises:
        ValueError: If there are not that many.
    """
    most = min(len(points) - 1, points.shape[1])
    if not 1 <= count <= most:
        size = points.shape[1]
        raise ValueError(f"{len(points)} points in {size} dimensions have 1 to {most} components; got {count}.")
    x = points.double()
    mean = x.mean(dim=0)
    centred = x - mean
    variances, axes = torch.linalg.eigh(centred.T @ centred / (len(x) - 1))  # ascending
    variances, vectors = variances.flip(0).clamp_min(0), axes.T.flip(0)
    largest = vectors.gather(1, vectors.abs().argmax(dim=1, keepdim=True))
    vectors = vectors * torch.where(largest < 0, -1.0, 1.0)
    return Principal(
        vectors=vectors[:count].to(points),
        scales=variances[:count].sqrt().to(points),
        explained=(variances[:count] / variances.sum().clamp_min(1e-30)).to(points),
        mean=mean.to(points),
    )
