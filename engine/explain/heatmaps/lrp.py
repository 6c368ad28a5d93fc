"""Layer-wise relevance propagation: the target handed back in shares, layer by layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from engine.explain.heatmaps.captum_library import captum_attr
from engine.explain.heatmaps.method import HEATMAPS, Method
from engine.explain.heatmaps.options import option
from engine.explain.heatmaps.subject import Scored, Subject, UnsuitableModelError
from engine.explain.heatmaps.without_reuse import Add, Rescale, without_reuse

_LINEAR: tuple[type[nn.Module], ...] = (
    nn.Conv1d,
    nn.Conv2d,
    nn.Conv3d,
    nn.Linear,
    nn.BatchNorm1d,
    nn.BatchNorm2d,
    nn.AvgPool2d,
    nn.AdaptiveAvgPool2d,
    nn.MaxPool2d,
    nn.AdaptiveMaxPool2d,
    Add,
)
_PASSES = (nn.Identity, nn.Flatten, nn.Unflatten, nn.Dropout, nn.Dropout2d, nn.AlphaDropout, nn.ZeroPad2d)
_ACTIVATIONS = (nn.ReLU, nn.Tanh)  # Captum lets relevance through


@HEATMAPS.register("lrp")
@dataclass(frozen=True, kw_only=True)
class LayerwiseRelevance(Method):
    """Relevance of the target, handed back in proportion to what each input contributed; unstable on deep networks."""

    title = "LRP"
    paper = "Bach et al. (2015), https://doi.org/10.1371/journal.pone.0130140"
    experimental = True
    epsilon: float = option(
        1e-4, "Absorbs relevance where contributions cancel; larger is steadier and less complete.",
        low=1e-9, high=1.0, step=1e-4,
    )  # fmt: skip
    gamma: float = option(
        0.0, "How much convolutions favour positive weights; 0 for the plain rule.", low=0.0, high=2.0, step=0.05
    )

    def rows(self, subject: Subject) -> int:
        """A pass that looks and one that hands back, for each class of the target."""
        return 2 * int((subject.weights != 0).sum(dim=1).max())

    def maps(self, subject: Subject) -> Tensor:
        """Relevance, (N, C, H, W), in logits."""
        rewired = without_reuse(subject.network, subject.x[:1], sums=True)
        subject.notes += rewired.notes
        network = subject.attach(rewired.network)
        total = torch.zeros_like(subject.x)
        for sign in (1.0, -1.0):  # the relevance of a difference is the difference of two relevances
            part = (sign * subject.weights).clamp_min(0)
            for rows in subject.groups():
                if bool(part[rows].any()):
                    total[rows] += sign * self._relevance(network, subject.x[rows], part[rows])
        return self._finite(total)

    def _relevance(self, network: Scored, x: Tensor, weights: Tensor) -> Tensor:
        self._set_rules(network.network)
        x = x.clone().requires_grad_()
        return captum_attr().LRP(network).attribute(x, additional_forward_args=(weights,)).detach()

    def _set_rules(self, network: nn.Module) -> None:
        from captum.attr._utils.lrp_rules import EpsilonRule, GammaRule, IdentityRule

        for module in network.modules():
            if next(module.children(), None) is not None or isinstance(module, _ACTIVATIONS):
                continue
            rule: Any
            if isinstance(module, nn.Conv2d) and self.gamma:
                rule = GammaRule(self.gamma)
                rule.STABILITY_FACTOR = self.epsilon
            elif isinstance(module, _LINEAR):
                rule = EpsilonRule(self.epsilon)
            elif isinstance(module, Rescale):
                rule = IdentityRule()
            elif isinstance(module, _PASSES):
                rule = EpsilonRule(1e-12)
            else:
                name = type(module).__name__
                raise UnsuitableModelError(f"LRP has no rule for the layer {name}; choose another method.")
            module.rule = rule

    @staticmethod
    def _finite(total: Tensor) -> Tensor:
        if bool(torch.isfinite(total).all()):
            return total
        raise UnsuitableModelError(
            "Relevance grew beyond bounds in this network; raise epsilon, or choose another method."
        )
