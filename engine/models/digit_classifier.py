"""The CNN for 28 x 28 pictures of O'Shaughnessy et al. (2020), https://arxiv.org/abs/2006.13913."""

from __future__ import annotations

from torch import Generator, nn

from engine.interfaces import Space
from engine.models.classifier import ImageClassifier
from engine.models.layers import uniform_fan_in
from engine.models.registry import MODELS


@MODELS.register("digit-classifier")
class DigitClassifier(ImageClassifier):
    """Two 3 x 3 convolutions, max-pool, dropout, two dense layers, for 28 x 28 grey pictures.

    Args:
        classes: Names of the classes, in the order of the outputs.
        width: Filters of the first convolution, 32 in the paper; the second has twice as many.
        hidden: Units of the dense layer, 128 in the paper.
    """

    def __init__(self, classes: tuple[str, ...], width: int = 32, hidden: int = 128) -> None:
        network = nn.Sequential(
            nn.Conv2d(1, width, 3),
            nn.ReLU(),
            nn.Conv2d(width, 2 * width, 3),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Dropout2d(0.25),
            nn.Flatten(),
            nn.Linear(288 * width, hidden),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(hidden, len(classes)),
        )
        super().__init__(network, classes=classes, space=Space(kind="image", shape=(1, 28, 28)))

    def reset_parameters(self, generator: Generator) -> None:
        """PyTorch's default: U(-d, d), d = 1 / sqrt(fan_in), for weights and biases."""
        uniform_fan_in(self, generator)
