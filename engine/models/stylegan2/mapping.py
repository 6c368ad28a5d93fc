"""StyleGAN2's mapping network: noise and class to a style w."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.models.stylegan2.primitives import FullyConnected, normalised


class Mapping(nn.Module):
    """(N, z_dim) and, in conditional networks, (N, c_dim) to (N, w_dim).

    Args:
        z_dim: Entries of the noise; 0 for a network of the class alone, as conditional discriminators have.
        c_dim: Entries of the one-hot class; 0 for an unconditional network.
        w_dim: Entries of a style.
        layers: Dense layers.
        rate: Their learning rate in units of the optimiser's.
        average: Whether it keeps the running mean of the styles, `w_avg`, that truncation pulls to.
    """

    w_avg: Tensor

    def __init__(
        self, z_dim: int, c_dim: int, w_dim: int, *, layers: int, rate: float = 0.01, average: bool = True
    ) -> None:
        super().__init__()
        self.z_dim, self.c_dim, self.layers = z_dim, c_dim, layers
        if c_dim:
            self.embed = FullyConnected(c_dim, w_dim)
        sizes = [z_dim + (w_dim if c_dim else 0)] + [w_dim] * layers
        for number in range(layers):
            layer = FullyConnected(sizes[number], sizes[number + 1], activation="lrelu", rate=rate)
            self.add_module(f"fc{number}", layer)
        if average:
            self.register_buffer("w_avg", torch.zeros(w_dim))

    def forward(self, z: Tensor | None, c: Tensor | None = None) -> Tensor:
        """Noise (N, z_dim), class (N, c_dim) -> styles (N, w_dim), not truncated."""
        parts = [] if z is None or not self.z_dim else [normalised(z)]
        if self.c_dim:
            assert c is not None  # the network above draws one
            parts.append(normalised(self.embed(c)))
        x = torch.cat(parts, dim=1)
        for number in range(self.layers):
            x = self.get_submodule(f"fc{number}")(x)
        return x

    @torch.no_grad()
    def follow(self, w: Tensor, beta: float) -> None:
        """Moves the running mean towards that of a batch of styles, (N, w_dim), keeping `beta` of it."""
        self.w_avg.copy_(torch.lerp(w.mean(dim=0), self.w_avg, beta))

    def truncated(self, w: Tensor, psi: float) -> Tensor:
        """Styles (N, w_dim) pulled to the mean: w_avg + psi (w - w_avg)."""
        return w if psi == 1 else torch.lerp(self.w_avg, w, psi)
