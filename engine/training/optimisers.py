"""Optimisers and their learning-rate schedules, as frozen rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

import torch
from torch import nn

from engine.registry import Registry
from engine.training import muon

OPTIMISERS: Registry[Callable[..., Any]] = Registry("optimiser")


class Optimiser(Protocol):
    """Builds a torch optimiser and says how its learning rate moves."""

    def build(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        """The optimiser at its base learning rate."""
        ...

    def rate(self, step: int, *, steps: int, steps_per_epoch: int) -> float:
        """Learning rate of step 0, 1, ..., steps - 1."""
        ...

    def slowed(self, share: float) -> Optimiser:
        """The same for an optimiser that makes 1 / share times as many steps (Karras et al., 2020, appendix B)."""
        ...


@OPTIMISERS.register("adam")
@dataclass(frozen=True, kw_only=True)
class Adam:
    """Adam (Kingma & Ba, 2015), at a constant rate or after a short warm-up down a half cosine to zero.

    Attributes:
        lr: Base learning rate.
        betas: Decay of the two moments.
        eps: Added to the denominator.
        schedule: `constant`, or `cosine`.
        warmup: Steps of linear warm-up.
    """

    lr: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    schedule: Literal["constant", "cosine"] = "constant"
    warmup: int = 0

    def build(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        """Fused Adam over the given parameters."""
        return torch.optim.Adam(parameters, lr=self.lr, betas=self.betas, eps=self.eps, fused=True)

    def rate(self, step: int, *, steps: int, steps_per_epoch: int) -> float:
        """Learning rate of one step."""
        rising = min(1.0, (step + 1) / (self.warmup + 1))
        falling = 1.0 if self.schedule == "constant" else 0.5 * (1 + math.cos(math.pi * step / max(steps, 1)))
        return self.lr * rising * falling

    def slowed(self, share: float) -> Adam:
        """A lower rate and moments that forget as much in as many more steps."""
        first, second = self.betas
        return replace(self, lr=self.lr * share, betas=(first**share, second**share))


@OPTIMISERS.register("muon")
@dataclass(frozen=True, kw_only=True)
class Muon(Adam):
    """Muon for weight matrices and kernels, Adam for the rest (see `engine.training.muon`), at one learning rate.

    Attributes:
        momentum: Decay of Muon's moment.
        dense: Whether dense layers' kernels are Muon's, too. The latents of the dSprites VAE then all carried the same
            and shared every factor.
    """

    momentum: float = 0.95
    dense: bool = True

    def build(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        """Muon over the given parameters."""
        return muon.Muon(
            parameters, lr=self.lr, momentum=self.momentum, betas=self.betas, eps=self.eps, dense=self.dense
        )


@OPTIMISERS.register("sgd")
@dataclass(frozen=True, kw_only=True)
class SGD:
    """Stochastic gradient descent with momentum, at a rate that falls after every epoch or at certain steps.

    Attributes:
        lr: Base learning rate.
        momentum: Share of the last update kept.
        epoch_factor: The rate is multiplied by this after every epoch.
        drops: Steps at which the rate is divided by ten.
        weight_decay: Times a weight, added to its gradient.
    """

    lr: float = 0.1
    momentum: float = 0.5
    epoch_factor: float = 1.0
    drops: tuple[int, ...] = ()
    weight_decay: float = 0.0

    def build(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        """SGD over the given parameters."""
        return torch.optim.SGD(parameters, lr=self.lr, momentum=self.momentum, weight_decay=self.weight_decay)

    def rate(self, step: int, *, steps: int, steps_per_epoch: int) -> float:
        """Learning rate of one step."""
        passed = sum(step >= drop for drop in self.drops)
        return self.lr * self.epoch_factor ** (step // steps_per_epoch) * 0.1**passed

    def slowed(self, share: float) -> SGD:
        """A lower rate and a momentum that forgets as much in as many more steps."""
        return replace(self, lr=self.lr * share, momentum=self.momentum**share)
