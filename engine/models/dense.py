"""Dense autoencoder for series, as the study uses it on Sinelines (Ross et al., 2021, https://arxiv.org/abs/2102.01264)."""

from __future__ import annotations

from torch import Generator, nn

from engine.data.sinelines import GRID, LIMITS
from engine.interfaces import Space
from engine.models.autoencoder import Autoencoder
from engine.models.layers import glorot_uniform
from engine.models.registry import MODELS


@MODELS.register("dense")
class Dense(Autoencoder):
    """Two hidden layers each way, ReLU, linear output.

    Args:
        length: Points T of a series.
        num_latents: Latents K.
        variational: Whether the encoder has a log-variance head.
        hidden: Units of a hidden layer.
        grid: First and last position of the series; by default those of Sinelines.
        limits: Range of values worth drawing; by default that of Sinelines.
    """

    def __init__(
        self,
        length: int = 64,
        num_latents: int = 5,
        variational: bool = True,
        hidden: int = 256,
        grid: tuple[float, float] = GRID,
        limits: tuple[float, float] = LIMITS,
    ) -> None:
        super().__init__(
            nn.Sequential(nn.Linear(length, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU()),
            nn.Sequential(
                nn.Linear(num_latents, hidden),
                nn.ReLU(),
                nn.Linear(hidden, hidden),
                nn.ReLU(),
                nn.Linear(hidden, length),
            ),
            features=hidden,
            num_latents=num_latents,
            space=Space(kind="series", shape=(length,), grid=(grid[0], grid[1]), limits=(limits[0], limits[1])),
            variational=variational,
        )

    def reset_parameters(self, generator: Generator) -> None:
        """Glorot-uniform weights, zero biases."""
        glorot_uniform(self, generator)
