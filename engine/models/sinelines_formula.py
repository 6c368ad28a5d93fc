"""The Sinelines formula as a model: five factors in, a curve out, no network (Ross et al., 2021, section 4)."""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor, nn

from engine.interfaces import Layout, Part, Space
from engine.models.registry import MODELS


@MODELS.register("sinelines-formula")
class SinelinesFormula(nn.Module):
    """x(t) = m t + b + A sin(omega t + phi) at t = -3.2, -3.1, ..., 3.1."""

    prior = "formula"
    factors = ("slope", "intercept", "amplitude", "frequency", "phase")

    def __init__(self) -> None:
        super().__init__()
        self.latent_dim = 5
        self.layout: Layout = (Part("factor", 5),)
        self.space = Space(kind="series", shape=(64,), grid=(-3.2, 3.1), limits=(-10.0, 9.0))

    def decode(self, z: Tensor) -> Tensor:
        """Factors (slope, intercept, amplitude, angular frequency, phase), (N, 5) -> curves, (N, 64)."""
        t = -3.2 + 0.1 * torch.arange(64, device=z.device, dtype=z.dtype)
        slope, intercept, amplitude, frequency, phase = z[:, :, None].unbind(dim=1)
        return slope * t + intercept + amplitude * torch.sin(frequency * t + phase)

    def sample(self, n: int, *, generator: Generator) -> Tensor:
        """Draws factors from the published distributions, clamped to the study's slider limits, (n, 5)."""
        device = generator.device
        slope = torch.rand(n, generator=generator, device=device) * 2 - 1
        intercept = torch.randn(n, generator=generator, device=device)
        amplitude, frequency = -torch.log1p(-torch.rand(2, n, generator=generator, device=device))
        phase = torch.rand(n, generator=generator, device=device) * 2 * math.pi
        limits = torch.tensor([1.0, 4.0, 10.0, 10.0, 2 * math.pi], device=device)
        return torch.minimum(torch.stack([slope, intercept.clamp(min=-4), amplitude, frequency, phase], dim=1), limits)

    def reset_parameters(self, generator: Generator) -> None:
        """Nothing to draw: the formula has no weights."""
