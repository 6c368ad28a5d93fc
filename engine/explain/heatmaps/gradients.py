"""Gradients at the picture, and along the line from a baseline to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from engine.data.baselines import BASELINES, baseline
from engine.explain.heatmaps.method import HEATMAPS, Method
from engine.explain.heatmaps.options import option
from engine.explain.heatmaps.sampling import gradients_at
from engine.explain.heatmaps.subject import Subject

BASELINE_HELP = "What stands for 'nothing there': the map explains the change from this to the picture."


@HEATMAPS.register("saliency")
@dataclass(frozen=True, kw_only=True)
class Saliency(Method):
    """Gradient of the target at the picture: where small changes matter most."""

    title = "Saliency"
    paper = "Simonyan et al. (2014), https://arxiv.org/abs/1312.6034"
    absolute: bool = option(True, "Show magnitudes only; otherwise the sign says which way a pixel should change.")

    @property
    def signed(self) -> bool:
        """Whether signs are kept."""
        return not self.absolute

    def maps(self, subject: Subject) -> Tensor:
        """Gradients, (N, C, H, W), in logits per unit of intensity."""
        gradients = _gradients(subject)
        return gradients.abs() if self.absolute else gradients


@HEATMAPS.register("input-x-gradient")
@dataclass(frozen=True, kw_only=True)
class InputXGradient(Method):
    """Gradient times the pixel's value: a first guess of what each pixel adds; black pixels get nothing."""

    title = "Input × gradient"
    paper = "Shrikumar et al. (2016), https://arxiv.org/abs/1605.01713"

    def maps(self, subject: Subject) -> Tensor:
        """Attributions, (N, C, H, W), in logits."""
        return subject.x * _gradients(subject)


@HEATMAPS.register("integrated-gradients")
@dataclass(frozen=True, kw_only=True)
class IntegratedGradients(Method):
    """Gradients averaged from a baseline to the picture; values add up to the change of the target."""

    title = "Integrated Gradients"
    paper = "Sundararajan et al. (2017), https://arxiv.org/abs/1703.01365"
    steps: int = option(50, "Points on the way; more are slower and add up better.", low=2, high=300, step=1)
    baseline: str = option("black", BASELINE_HELP, choices=tuple(BASELINES))

    def rows(self, subject: Subject) -> int:
        """One pass a point."""
        return self.steps

    def maps(self, subject: Subject) -> Tensor:
        """Attributions, (N, C, H, W), in logits: the integral by Gauss-Legendre nodes."""
        start = baseline(subject.x, self.baseline)
        way = subject.x - start
        nodes, node_weights = np.polynomial.legendre.leggauss(self.steps)
        shares = torch.from_numpy(0.5 * (1 + nodes)).to(way)
        sizes = torch.from_numpy(0.5 * node_weights).to(way)
        mean = torch.zeros_like(way)

        def points(samples: slice) -> Callable[[slice], Tensor]:
            share = shares[samples, None, None, None]
            return lambda pictures: start[pictures, None] + share * way[pictures, None]

        for pictures, samples, gradients in gradients_at(subject, self.steps, points):
            mean[pictures] += torch.einsum("gbchw,b->gchw", gradients, sizes[samples])
        return way * mean


def _gradients(subject: Subject) -> Tensor:
    return torch.cat([subject.gradient(subject.x[rows], subject.weights[rows]) for rows in subject.groups()])
