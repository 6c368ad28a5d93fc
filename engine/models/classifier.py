"""What all image classifiers share: logits in, probabilities and names of classes out."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.interfaces import Space


class ImageClassifier(nn.Module):
    """A network from pictures in [0, 1] to class logits; any pre-processing belongs inside `network`.

    Args:
        network: (N, C, H, W) in [0, 1] -> (N, M) logits.
        classes: Names of the M classes, in the order of the outputs.
        space: Shape of the pictures.
    """

    def __init__(self, network: nn.Module, *, classes: tuple[str, ...], space: Space) -> None:
        super().__init__()
        self.network, self.classes, self.space = network, tuple(classes), space

    def logits(self, x: Tensor) -> Tensor:
        """(N, C, H, W) in [0, 1] -> (N, M)."""
        return self.network(x)

    def probabilities(self, x: Tensor) -> Tensor:
        """(N, C, H, W) in [0, 1] -> (N, M), rows sum to one."""
        return torch.softmax(self.logits(x), dim=1)

    def forward(self, x: Tensor) -> Tensor:
        """The logits; what attribution methods call."""
        return self.logits(x)
