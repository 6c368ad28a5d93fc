"""The 64 x 64 convolutional network of Burgess et al. (2018), https://arxiv.org/abs/1804.03599."""

from __future__ import annotations

from torch import Generator, Tensor, nn, sigmoid

from engine.interfaces import Layout, Part, Space
from engine.models.autoencoder import Autoencoder
from engine.models.exact_linear import ExactLinear
from engine.models.layers import uniform_fan_in
from engine.models.registry import MODELS


@MODELS.register("burgess")
class Burgess(Autoencoder):
    """Four strided 4 x 4 convolutions, two dense layers, and their mirror image; for 64 x 64 pictures.

    Args:
        num_latents: Latents K.
        variational: Whether the encoder has a log-variance head.
        channels: Colour channels of the pictures.
        width: Filters of every convolution, 32 in the paper.
        hidden: Units of the dense layers, 256 in the paper.
    """

    def __init__(
        self, num_latents: int = 5, variational: bool = True, channels: int = 1, width: int = 32, hidden: int = 256
    ) -> None:
        super().__init__(
            _encoder(channels, width, hidden),
            _decoder(num_latents, channels, width, hidden),
            features=hidden,
            num_latents=num_latents,
            space=Space(kind="image", shape=(channels, 64, 64)),
            variational=variational,
        )

    def reset_parameters(self, generator: Generator) -> None:
        """U(-1/sqrt(fan_in), 1/sqrt(fan_in)) for weights and biases."""
        uniform_fan_in(self, generator)


@MODELS.register("burgess-decoder")
class BurgessDecoder(nn.Module):
    """The same decoder fed with the true factors as they are: the study's ground-truth model."""

    prior = "empirical"

    def __init__(self, num_factors: int = 5, channels: int = 1, width: int = 32, hidden: int = 256) -> None:
        super().__init__()
        self.decoder = _decoder(num_factors, channels, width, hidden)
        self.latent_dim = num_factors
        self.layout: Layout = (Part("factor", num_factors),)
        self.space = Space(kind="image", shape=(channels, 64, 64))

    def logits(self, z: Tensor) -> Tensor:
        """Factors, (N, D) -> (N, C, 64, 64), before the sigmoid."""
        return self.decoder(z)

    def decode(self, z: Tensor) -> Tensor:
        """Factors, (N, D) -> images, (N, C, 64, 64) in [0, 1]."""
        return sigmoid(self.logits(z))

    def reset_parameters(self, generator: Generator) -> None:
        """U(-1/sqrt(fan_in), 1/sqrt(fan_in)) for weights and biases."""
        uniform_fan_in(self, generator)


def _encoder(channels: int, width: int, hidden: int) -> nn.Sequential:
    convolutions: list[nn.Module] = []
    for inputs in (channels, width, width, width):
        convolutions += [nn.Conv2d(inputs, width, 4, 2, 1), nn.ReLU()]
    dense = [nn.Flatten(), nn.Linear(16 * width, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU()]
    return nn.Sequential(*convolutions, *dense)


def _decoder(num_latents: int, channels: int, width: int, hidden: int) -> nn.Sequential:
    dense = [ExactLinear(num_latents, hidden), nn.ReLU(), nn.Linear(hidden, 16 * width), nn.ReLU()]
    convolutions: list[nn.Module] = [nn.Unflatten(1, (width, 4, 4))]
    for _ in range(3):
        convolutions += [nn.ConvTranspose2d(width, width, 4, 2, 1), nn.ReLU()]
    return nn.Sequential(*dense, *convolutions, nn.ConvTranspose2d(width, channels, 4, 2, 1))
