"""DeepLIFT: the change from a baseline, handed back through the network layer by layer."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, fx, nn

from engine.data.baselines import BASELINES, baseline
from engine.explain.heatmaps.captum_library import captum_attr
from engine.explain.heatmaps.deep_lift_pooling import DeepLiftMaxPool
from engine.explain.heatmaps.deep_lift_softmax import DeepLiftSoftmax
from engine.explain.heatmaps.gradients import BASELINE_HELP
from engine.explain.heatmaps.method import HEATMAPS, Method
from engine.explain.heatmaps.noise import comparisons
from engine.explain.heatmaps.options import option
from engine.explain.heatmaps.sampling import generator
from engine.explain.heatmaps.subject import Scored, Subject
from engine.explain.heatmaps.without_reuse import without_reuse

_NO_RULE = (nn.GELU, nn.SiLU, nn.Mish, nn.Hardswish, nn.Hardsigmoid, nn.Hardtanh, nn.PReLU, nn.LayerNorm, nn.GroupNorm)


@HEATMAPS.register("deeplift")
@dataclass(frozen=True, kw_only=True)
class DeepLift(Method):
    """How much each pixel's difference from a baseline changed the target; values add up to that change."""

    title = "DeepLIFT"
    paper = "Shrikumar et al. (2017), https://arxiv.org/abs/1704.02685"
    baseline: str = option("black", BASELINE_HELP, choices=tuple(BASELINES))

    def rows(self, subject: Subject) -> int:
        """The picture and its baseline."""
        return 2

    def maps(self, subject: Subject) -> Tensor:
        """Attributions, (N, C, H, W), in logits."""
        network, start = _rewired(subject), baseline(subject.x, self.baseline)
        done = [_deep_lift(network, subject.x[rows], start[rows], subject.weights[rows]) for rows in subject.groups(2)]
        return torch.cat(done)


@HEATMAPS.register("deeplift-shap")
@dataclass(frozen=True, kw_only=True)
class DeepLiftShap(Method):
    """DeepLIFT averaged over comparison pictures, which approximates Shapley values."""

    title = "DeepLiftSHAP"
    paper = "Lundberg & Lee (2017), https://arxiv.org/abs/1705.07874"
    samples: int = option(10, "Comparison pictures, at most; more are slower and smoother.", low=1, high=100, step=1)

    def rows(self, subject: Subject) -> int:
        """The picture and its baseline, for every comparison picture."""
        return 2 * (self.samples if subject.background is None else min(self.samples, len(subject.background)))

    def maps(self, subject: Subject) -> Tensor:
        """Attributions, (N, C, H, W), in logits."""
        network, starts = _rewired(subject), comparisons(subject)  # (N, B, C, H, W)
        order = torch.randperm(starts.shape[1], generator=generator(subject.seed, "background"))[: self.samples]
        total = torch.zeros_like(subject.x)
        size = max(1, subject.chunk_size // 2)
        for chosen in order.split(size):
            number = len(chosen)
            for rows in subject.groups(2 * number):
                x = subject.x[rows].repeat_interleave(number, dim=0)
                weights = subject.weights[rows].repeat_interleave(number, dim=0)
                start = starts[rows][:, chosen.to(starts.device)].flatten(0, 1)
                total[rows] += _deep_lift(network, x, start, weights).unflatten(0, (-1, number)).sum(dim=1)
        return total / len(order)


def _deep_lift(network: Scored, x: Tensor, start: Tensor, weights: Tensor) -> Tensor:
    x = x.detach().clone().requires_grad_()
    attributions: Tensor = captum_attr().DeepLift(network).attribute(x, start, additional_forward_args=(weights,))
    return attributions.detach()


def _rewired(subject: Subject) -> Scored:
    rewired = without_reuse(subject.network, subject.x[:1])
    subject.notes += rewired.notes
    strange = sorted({type(module).__name__ for module in rewired.network.modules() if isinstance(module, _NO_RULE)})
    if strange:
        subject.notes.append(
            f"DeepLIFT has no rule for {', '.join(strange)} and takes the gradient there: values do not add up."
        )
    _prepare(rewired.network)
    return subject.attach(rewired.network)


def _prepare(network: fx.GraphModule) -> None:
    """Gives max-pools and softmaxes rules of our own, and copies the results of other non-linear layers for the next.

    Captum hooks a layer's output and the next one's input; where both are the same tensor, the former sees the gradient
    before the latter's rule has changed it, and values do not add up.
    """
    from captum.attr._core.deep_lift import SUPPORTED_NON_LINEAR

    for node in [node for node in network.graph.nodes if node.op == "call_module"]:
        layer = network.get_submodule(node.target)
        if type(layer) is nn.MaxPool2d:
            setattr(network, node.target, DeepLiftMaxPool(layer))
        elif type(layer) is nn.Softmax and layer.dim is not None:
            setattr(network, node.target, DeepLiftSoftmax(layer.dim))
        elif type(layer) in SUPPORTED_NON_LINEAR:
            with network.graph.inserting_after(node):
                copied = network.graph.call_function(torch.clone, (node,))
            node.replace_all_uses_with(copied, lambda user, copied=copied: user is not copied)
    network.recompile()
