"""The Sinelines formula as a model: five factors in, a curve out, no network (Ross et al., 2021, section 4)."""

from __future__ import annotations

import torch
from torch import Generator, Tensor, nn

from engine.data.sinelines import FACTOR_NAMES, SLIDER_LIMITS, Sinelines, curve, sample_factors
from engine.interfaces import Layout, Part
from engine.models.registry import MODELS


@MODELS.register("sinelines-formula")
class SinelinesFormula(nn.Module):
    """x(t) = m t + b + A sin(omega t + phi) at t = -3.2, -3.1, ..., 3.1, as the data set computes it.

    Attributes:
        code_limits: Range of each factor on the study's sliders.
    """

    prior = "formula"
    factors = FACTOR_NAMES
    code_limits = SLIDER_LIMITS

    def __init__(self) -> None:
        super().__init__()
        self.latent_dim = len(FACTOR_NAMES)
        self.layout: Layout = (Part("factor", self.latent_dim),)
        self.space = Sinelines.space

    def decode(self, z: Tensor) -> Tensor:
        """Factors (slope, intercept, amplitude, angular frequency, phase), (N, 5) -> curves, (N, 64)."""
        return curve(z)

    def sample(self, n: int, *, generator: Generator) -> Tensor:
        """Draws factors from the published distributions, clamped to the study's slider limits, (n, 5)."""
        low, high = torch.tensor(SLIDER_LIMITS, device=generator.device).T
        return torch.clamp(sample_factors(n, generator=generator), low, high)

    def reset_parameters(self, generator: Generator) -> None:
        """Nothing to draw: the formula has no weights."""
