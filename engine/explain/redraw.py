"""Two models on the same input: what the second makes of what the first draws."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.explain.projection import codes_of
from engine.interfaces import Decoder, LatentModel


class Redraw:
    """A decoder over the first model's codes: the first draws, the second encodes that and draws it again.

    Args:
        first: Whose code is moved.
        second: Of the same space; without an encoder it is turned around by `project`.

    Raises:
        ValueError: If the two draw different things.
    """

    def __init__(self, first: Decoder, second: LatentModel) -> None:
        if (first.space.kind, first.space.shape) != (second.space.kind, second.space.shape):
            raise ValueError(
                f"Both models should draw the same kind of thing; got {first.space.kind} {first.space.shape} and "
                f"{second.space.kind} {second.space.shape}. Compare models of one data set."
            )
        self.first, self.second = first, second
        self.latent_dim, self.layout, self.space = first.latent_dim, first.layout, second.space

    @property
    def device(self) -> torch.device:
        """Where codes are expected."""
        return torch.device(getattr(self.first, "device", "cpu"))

    def decode(self, z: Tensor) -> Tensor:
        """Codes of the first model, (N, D) -> what the second model draws, (N, *space.shape)."""
        x = self.first.decode(z).to(getattr(self.second, "device", z.device))
        return self.second.decode(codes_of(self.second, x))
