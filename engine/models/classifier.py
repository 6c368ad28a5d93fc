"""What all image classifiers share: logits in, probabilities and names of classes out."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.interfaces import Space


class ImageClassifier(nn.Module):
    """A network from pictures in [0, 1] to logits of classes or attributes; pre-processing belongs inside `network`.

    Args:
        network: (N, C, H, W) in [0, 1] -> (N, M) logits.
        classes: Names of the M outputs, in their order.
        space: Shape of the pictures.
        exclusive: Whether every picture belongs to one of the classes (softmax); else each output says, for itself,
            how likely a picture has that attribute (sigmoid).
    """

    def __init__(self, network: nn.Module, *, classes: tuple[str, ...], space: Space, exclusive: bool = True) -> None:
        super().__init__()
        self.network, self.classes, self.space, self.exclusive = network, tuple(classes), space, exclusive

    def logits(self, x: Tensor) -> Tensor:
        """(N, C, H, W) in [0, 1] -> (N, M)."""
        return self.network(x)

    def probabilities(self, x: Tensor) -> Tensor:
        """(N, C, H, W) in [0, 1] -> (N, M); rows sum to one where the classes exclude each other."""
        logits = self.logits(x)
        return torch.softmax(logits, dim=1) if self.exclusive else torch.sigmoid(logits)

    def forward(self, x: Tensor) -> Tensor:
        """The logits; what attribution methods call."""
        return self.logits(x)
