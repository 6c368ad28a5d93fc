"""Gradients with another rule at every ReLU: Guided Backprop and Deconvolution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from engine.explain.heatmaps.captum_library import captum_attr
from engine.explain.heatmaps.method import HEATMAPS, Method
from engine.explain.heatmaps.subject import Scored, Subject, UnsuitableModelError
from engine.explain.heatmaps.without_reuse import without_reuse


@HEATMAPS.register("guided-backprop")
@dataclass(frozen=True, kw_only=True)
class GuidedBackprop(Method):
    """Gradient that follows only units which are active and raise the target; sharp, but close to an edge detector."""

    title = "Guided Backprop"
    paper = "Springenberg et al. (2015), https://arxiv.org/abs/1412.6806"

    def maps(self, subject: Subject) -> Tensor:
        """Modified gradients, (N, C, H, W)."""
        return guided_gradients(subject)


@HEATMAPS.register("deconvolution")
@dataclass(frozen=True, kw_only=True)
class Deconvolution(Method):
    """Gradient that follows only what raises the target, through active and inactive units alike."""

    title = "Deconvolution"
    paper = "Zeiler & Fergus (2014), https://arxiv.org/abs/1311.2901"

    def maps(self, subject: Subject) -> Tensor:
        """Modified gradients, (N, C, H, W)."""
        return _attributed(subject, captum_attr().Deconvolution(_with_relu_modules(subject)))


def guided_gradients(subject: Subject) -> Tensor:
    """Guided Backprop of all pictures, (N, C, H, W)."""
    return _attributed(subject, captum_attr().GuidedBackprop(_with_relu_modules(subject)))


def _attributed(subject: Subject, captum: Any) -> Tensor:  # noqa: ANN401 - Captum ships no types
    done = []
    for rows in subject.groups():
        x = subject.x[rows].clone().requires_grad_()
        done.append(captum.attribute(x, additional_forward_args=(subject.weights[rows],)).detach())
    return torch.cat(done)


def _with_relu_modules(subject: Subject) -> Scored:
    """The network with a module for every ReLU; as it is, with a note, where it cannot be rewired."""
    try:
        rewired = without_reuse(subject.network, subject.x[:1])
    except UnsuitableModelError:
        subject.notes.append("ReLUs that the network calls as functions, if any, kept their ordinary gradient.")
        return subject.scored
    subject.notes += rewired.notes
    if not any(isinstance(module, nn.ReLU) for module in rewired.network.modules()):
        subject.notes.append("The network has no ReLU: this is its ordinary gradient.")
    return subject.attach(rewired.network)
