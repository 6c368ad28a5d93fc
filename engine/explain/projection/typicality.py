"""How far codes lie from those a model draws: styles from the mean style, other codes by Mahalanobis' distance."""

from __future__ import annotations

from typing import Any

import torch
from torch import Generator, Tensor

from engine.explain.directions.coordinates import is_layered
from engine.explain.plausibility import Plausibility, percentiles
from engine.interfaces import LatentModel

_DRAWS = 10_000  # styles; and no more of other codes than their examples, or
_CODES = 2_048


class Typicality:
    """Distances measured on codes the model draws, without truncation.

    Args:
        model: Any latent model.
        seed: Of the draws.

    Attributes:
        name: What is measured.
    """

    def __init__(self, model: LatentModel, *, seed: int = 123) -> None:
        self._layered, network = is_layered(model.layout), getattr(model, "network", model)
        generator = Generator().manual_seed(seed)
        if self._layered:
            self.name = "distance from the mean style"
            self._styles(network, len(model.layout), generator)
        else:
            self.name = "Mahalanobis' distance from the codes the model draws"
            codes = model.sample(_CODES, generator=generator).float().cpu()
            self._measure = Plausibility(codes, model.layout)

    @torch.no_grad()
    def _styles(self, network: Any, layers: int, generator: Generator) -> None:  # noqa: ANN401 - a StyleGAN2
        drawn = [network.sample(1_000, generator=generator, psi=1.0) for _ in range(_DRAWS // 1_000)]
        w = torch.cat([codes.unflatten(1, (layers, -1))[:, 0] for codes in drawn]).float().cpu()
        self._layers, self.mean = layers, w.mean(dim=0)
        away = (w - self.mean).norm(dim=1)
        self.rms = float(away.square().mean().sqrt())  # the projector's w_std: a distance, not a deviation an entry
        self._sorted = away.double().sort().values

    def distances(self, codes: Tensor) -> Tensor:
        """(N, D) -> (N,); of layers with styles of their own, the root mean square over layers."""
        if not self._layered:
            return self._measure.distances(codes)
        ws = codes.detach().float().cpu().unflatten(1, (self._layers, -1))
        return (ws - self.mean).square().sum(dim=2).mean(dim=1).sqrt().double()

    def percentiles(self, codes: Tensor) -> Tensor:
        """How many of 100 codes the model draws lie less far out, (N, D) -> (N,)."""
        return percentiles(self.distances(codes), self._sorted) if self._layered else self._measure.percentiles(codes)
