"""The 28 x 28 network of FactorVAE (Kim & Mnih, 2018) with batch norm, as the study trains it on MNIST."""

from __future__ import annotations

from torch import Generator, nn

from engine.interfaces import Space
from engine.models.autoencoder import Autoencoder
from engine.models.exact_linear import ExactLinear
from engine.models.layers import glorot_uniform
from engine.models.registry import MODELS


@MODELS.register("factor-vae-28")
class FactorVAE28(Autoencoder):
    """Two strided convolutions and a dense layer each way, batch norm after all but the last.

    Ross et al. (2021), https://arxiv.org/abs/2102.01264; layers after Kim & Mnih (2018), table 4.

    Args:
        num_latents: Continuous latents K.
        variational: Whether the encoder has a log-variance head.
        num_classes: Categories the decoder is told as a one-hot block before the latents; 0 for none.
        width: Filters of the outer convolution, 64 in the study; the inner one has twice as many.
        hidden: Units of the dense layer, 1024 in the study.
    """

    def __init__(
        self, num_latents: int = 5, variational: bool = True, num_classes: int = 0, width: int = 64, hidden: int = 1024
    ) -> None:
        super().__init__(
            _encoder(width, hidden),
            _decoder(num_classes + num_latents, width, hidden),
            features=hidden,
            num_latents=num_latents,
            space=Space(kind="image", shape=(1, 28, 28)),
            variational=variational,
            num_classes=num_classes,
        )

    def reset_parameters(self, generator: Generator) -> None:
        """Glorot-uniform weights, zero biases; batch norm starts as the identity."""
        glorot_uniform(self, generator)


def _norm(features: int, *, images: bool) -> nn.Module:
    return (nn.BatchNorm2d if images else nn.BatchNorm1d)(features, eps=1e-3, momentum=0.01)


def _encoder(width: int, hidden: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, width, 4, 2, 1, bias=False),
        _norm(width, images=True),
        nn.ReLU(),
        nn.Conv2d(width, 2 * width, 4, 2, 1, bias=False),
        _norm(2 * width, images=True),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(98 * width, hidden),
        _norm(hidden, images=False),
        nn.ReLU(),
    )


def _decoder(inputs: int, width: int, hidden: int) -> nn.Sequential:
    return nn.Sequential(
        ExactLinear(inputs, hidden),
        _norm(hidden, images=False),
        nn.LeakyReLU(0.2),
        nn.Linear(hidden, 98 * width),
        _norm(98 * width, images=False),
        nn.LeakyReLU(0.2),
        nn.Unflatten(1, (2 * width, 7, 7)),
        nn.ConvTranspose2d(2 * width, width, 4, 2, 1, bias=False),
        _norm(width, images=True),
        nn.LeakyReLU(0.2),
        nn.ConvTranspose2d(width, 1, 4, 2, 1, bias=False),
    )
