"""What all image classifiers share: logits in, probabilities and names of classes out."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.interfaces import Readout, Space


class ImageClassifier(nn.Module):
    """A network from pictures in [0, 1] to logits of classes or attributes; pre-processing belongs inside `network`.

    Args:
        network: (N, C, H, W) in [0, 1] -> (N, M) logits.
        classes: Names of the M outputs, in their order.
        space: Shape of the pictures.
        exclusive: Whether every picture belongs to one of the classes (softmax); else each output says, for itself,
            how likely a picture has that attribute (sigmoid).
        readout: What a single output measures, where it has a scale of its own, such as years.
    """

    def __init__(
        self,
        network: nn.Module,
        *,
        classes: tuple[str, ...],
        space: Space,
        exclusive: bool = True,
        readout: Readout | None = None,
    ) -> None:
        super().__init__()
        self.network, self.classes, self.space, self.exclusive = network, tuple(classes), space, exclusive
        self.readout = readout

    def logits(self, x: Tensor) -> Tensor:
        """(N, C, H, W) in [0, 1] -> (N, M)."""
        return self.network(x)

    def probabilities(self, x: Tensor) -> Tensor:
        """(N, C, H, W) in [0, 1] -> (N, M); rows sum to one where the classes exclude each other.

        Raises:
            ValueError: If the readout is on a scale without probabilities; `logits` gives its value.
        """
        return self.probabilities_of(self.logits(x))

    def probabilities_of(self, logits: Tensor) -> Tensor:
        """What the outputs for some pictures say, (N, M) -> (N, M); see `probabilities`."""
        if self.readout is not None and self.readout.unit != "log-odds":
            raise ValueError(
                f"{self.readout.name!r} is read in {self.readout.unit} and has no probability; logits(x) is its value."
            )
        single = logits.shape[1] == 1  # a yes or no
        return torch.softmax(logits, dim=1) if self.exclusive and not single else torch.sigmoid(logits)

    def forward(self, x: Tensor) -> Tensor:
        """The logits; what attribution methods call."""
        return self.logits(x)
