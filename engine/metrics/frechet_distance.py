"""How far two sets of features are apart as normal distributions (Heusel et al., 2017, https://arxiv.org/abs/1706.08500)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from engine.checkpoints.loaded import Loaded
from engine.interfaces import Classifier
from engine.models.adapted_pictures import adapted
from engine.models.private_copy import private_copy


def frechet_distance(first: Tensor, second: Tensor) -> float:
    """|m1 - m2|^2 + Tr(C1 + C2 - 2 (C1 C2)^(1/2)), means and covariances of two sets of features.

    Covariances are divided by the number of rows. The distance of finite samples of one distribution is above zero, so
    compare it with that of two real samples of the same sizes.

    Args:
        first: (N, K).
        second: (M, K).

    Raises:
        ValueError: If either has fewer than two rows or they differ in K.
    """
    if min(len(first), len(second)) < 2 or first.shape[1:] != second.shape[1:]:
        raise ValueError(f"Two sets (N, K) and (M, K) of at least two rows are needed; got {tuple(first.shape)} and "
                         f"{tuple(second.shape)}.")  # fmt: skip
    (mean, cov), (other_mean, other_cov) = _moments(first), _moments(second)
    values, vectors = torch.linalg.eigh(cov)
    root = vectors * values.clamp_min(0).sqrt() @ vectors.T
    product = torch.linalg.eigvalsh(root @ other_cov @ root).clamp_min(0).sqrt().sum()
    return float((mean - other_mean).square().sum() + cov.trace() + other_cov.trace() - 2 * product)


def classifier_features(classifier: Classifier) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
    """What a classifier's last layer sees and says, as a function of pictures (N, C, H, W) -> (N, K) and logits (N, M).

    Pictures of another size or number of channels are adapted to the classifier.

    Raises:
        ValueError: If it is no network that ends in a dense layer.
    """
    network = classifier.network if isinstance(classifier, Loaded) else classifier
    twin: Any = private_copy(network) if isinstance(network, nn.Module) else nn.Module()
    last = [module for module in twin.modules() if isinstance(module, nn.Linear)][-1:]
    if not last:
        raise ValueError(f"Features are what a classifier's last dense layer sees; {type(network).__name__} has none.")
    seen: list[Tensor] = []
    last[0].register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    shape: tuple[int, ...] = twin.space.shape

    @torch.no_grad()
    def features(x: Tensor) -> tuple[Tensor, Tensor]:
        seen.clear()
        logits: Tensor = twin.logits(adapted(x, shape))
        return seen.pop().flatten(1), logits

    return features


def _moments(features: Tensor) -> tuple[Tensor, Tensor]:
    rows = features.double()
    mean = rows.mean(dim=0)
    return mean, (rows - mean).T @ (rows - mean) / len(rows)
