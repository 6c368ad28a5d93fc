"""Gradients averaged over noisy copies of the picture, or over random comparison pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.data.baselines import baseline
from engine.explain.heatmaps.method import HEATMAPS, Method
from engine.explain.heatmaps.options import option
from engine.explain.heatmaps.sampling import generator, gradients_at, normal_noise, uniform_shares
from engine.explain.heatmaps.subject import Subject

_SAMPLES_HELP = "Noisy copies of the picture; more are slower and smoother."
_NOISE_HELP = "Standard deviation of the noise, where pixels range from 0 to 1; the published system used about 0.225."
_ABSOLUTE_HELP = "Average magnitudes instead of signed gradients."


@dataclass(frozen=True, kw_only=True)
class _Noisy(Method):
    samples: int = option(50, _SAMPLES_HELP, low=2, high=300, step=1)
    noise: float = option(0.15, _NOISE_HELP, low=0.0, high=1.0, step=0.01)

    def rows(self, subject: Subject) -> int:
        """One pass a sample."""
        return self.samples

    def moments(self, subject: Subject, *, absolute: bool = False) -> tuple[Tensor, Tensor]:
        """Mean and mean square of the gradient under noise, (N, C, H, W) float64 each."""
        x, shape = subject.x, tuple(subject.x.shape[1:])
        first, second = (torch.zeros_like(x, dtype=torch.float64) for _ in range(2))

        def points(samples: slice) -> Callable[[slice], Tensor]:
            noise = self.noise * normal_noise(shape, samples, subject.seed, x.device)
            return lambda pictures: x[pictures, None] + noise[None]

        for pictures, _, gradients in gradients_at(subject, self.samples, points):
            gradients = gradients.double().abs() if absolute else gradients.double()
            first[pictures] += gradients.sum(dim=1)
            second[pictures] += gradients.square().sum(dim=1)
        return first / self.samples, second / self.samples


@HEATMAPS.register("smoothgrad")
@dataclass(frozen=True, kw_only=True)
class SmoothGrad(_Noisy):
    """Mean gradient under noise: saliency without its speckle."""

    title = "SmoothGrad"
    paper = "Smilkov et al. (2017), https://arxiv.org/abs/1706.03825"
    absolute: bool = option(False, _ABSOLUTE_HELP)

    @property
    def signed(self) -> bool:
        """Whether signs are kept."""
        return not self.absolute

    def maps(self, subject: Subject) -> Tensor:
        """Mean gradients, (N, C, H, W)."""
        return self.moments(subject, absolute=self.absolute)[0].float()


@HEATMAPS.register("smoothgrad-squared")
@dataclass(frozen=True, kw_only=True)
class SmoothGradSquared(_Noisy):
    """Mean squared gradient under noise: where the target reacts at all, in sharper contrast."""

    title = "SmoothGrad squared"
    paper = "Hooker et al. (2019), https://arxiv.org/abs/1806.10758"

    @property
    def signed(self) -> bool:
        """Never."""
        return False

    def maps(self, subject: Subject) -> Tensor:
        """Mean squared gradients, (N, C, H, W), none negative."""
        return self.moments(subject)[1].float()


@HEATMAPS.register("vargrad")
@dataclass(frozen=True, kw_only=True)
class VarGrad(_Noisy):
    """Variance of the gradient under noise: where the target's reaction changes most."""

    title = "VarGrad"
    paper = "Adebayo et al. (2018), https://arxiv.org/abs/1810.03307"

    @property
    def signed(self) -> bool:
        """Never."""
        return False

    def maps(self, subject: Subject) -> Tensor:
        """Variances, (N, C, H, W), none negative."""
        mean, square = self.moments(subject)
        return (square - mean.square()).clamp_min(0).float()


@HEATMAPS.register("gradient-shap")
@dataclass(frozen=True, kw_only=True)
class GradientShap(Method):
    """Integrated Gradients with random comparison pictures as baselines, each at a random point of the way."""

    title = "GradientSHAP"
    paper = "Erion et al. (2021), https://arxiv.org/abs/1906.10670"
    samples: int = option(50, "Random points; more are slower and smoother.", low=2, high=300, step=1)
    noise: float = option(0.0, _NOISE_HELP, low=0.0, high=1.0, step=0.01)

    def rows(self, subject: Subject) -> int:
        """One pass a sample."""
        return self.samples

    def maps(self, subject: Subject) -> Tensor:
        """Attributions, (N, C, H, W), in logits."""
        x, background = subject.x, comparisons(subject)  # (N, B, C, H, W)
        chosen = torch.randint(
            background.shape[1], (self.samples,), generator=generator(subject.seed, "background")
        ).to(x.device)
        total = torch.zeros_like(x, dtype=torch.float64)

        def points(samples: slice) -> Callable[[slice], Tensor]:
            noise = self.noise * normal_noise(tuple(x.shape[1:]), samples, subject.seed, x.device)
            shares = uniform_shares(samples, subject.seed, x.device)[:, None, None, None]

            def at(pictures: slice) -> Tensor:
                starts = background[pictures][:, chosen[samples]]
                return shares * (x[pictures, None] + noise) + (1 - shares) * starts

            return at

        for pictures, samples, gradients in gradients_at(subject, self.samples, points):
            noise = self.noise * normal_noise(tuple(x.shape[1:]), samples, subject.seed, x.device)
            way = x[pictures, None] + noise - background[pictures][:, chosen[samples]]
            total[pictures] += (way * gradients).double().sum(dim=1)
        return (total / self.samples).float()


def comparisons(subject: Subject) -> Tensor:
    """Pictures to compare each one with, (N, B, C, H, W): those given, else four plain ones made from it."""
    if subject.background is not None:
        return subject.background[None].expand(len(subject.x), *subject.background.shape)
    kinds = ("black", "white", "mean", "blur")
    subject.notes.append("Compared with a black, a white, a plain and a blurred picture, for want of others.")
    return torch.stack([baseline(subject.x, kind) for kind in kinds], dim=1)
