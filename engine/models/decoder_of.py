"""The decoder of an autoencoder family alone, for models whose encoder is not there: imported ones, exported ones."""

from __future__ import annotations

from typing import Any

from torch import Generator, Tensor, nn, sigmoid

from engine.models.autoencoder import Autoencoder
from engine.models.registry import MODELS


@MODELS.register("decoder-of")
class DecoderOf(nn.Module):
    """Decodes as the whole network would; draws codes from its examples unless the network is variational.

    Args:
        of: Name of an autoencoder family: `burgess`, `dense`, `factor-vae-28`.
        **options: Its options.

    Raises:
        TypeError: If the family is no autoencoder.
    """

    def __init__(self, of: str, **options: Any) -> None:  # noqa: ANN401 - a family's own arguments
        super().__init__()
        whole = MODELS.build(of, **options)
        if not isinstance(whole, Autoencoder):
            raise TypeError(f"decoder-of takes an autoencoder family; {of!r} is a {type(whole).__name__}.")
        self.decoder = whole.decoder
        self.latent_dim, self.layout, self.space, self.prior = whole.latent_dim, whole.layout, whole.space, whole.prior
        self._draw = type(whole).reset_parameters

    def logits(self, z: Tensor) -> Tensor:
        """(N, D) -> (N, *space.shape), before the sigmoid for images."""
        return self.decoder(z)

    def decode(self, z: Tensor) -> Tensor:
        """(N, D) -> (N, *space.shape); images in [0, 1], series in natural units."""
        x_hat = self.logits(z)
        return sigmoid(x_hat) if self.space.kind == "image" else x_hat

    def reset_parameters(self, generator: Generator) -> None:
        """As the family draws its weights."""
        self._draw(self, generator)  # type: ignore[arg-type] # it only walks over the layers
