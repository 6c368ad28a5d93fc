"""Class activation maps: which places of a layer speak for the target."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.explain.heatmaps.backprop_rules import guided_gradients
from engine.explain.heatmaps.captum_library import captum_attr
from engine.explain.heatmaps.method import HEATMAPS, Method
from engine.explain.heatmaps.options import option
from engine.explain.heatmaps.subject import Subject, UnsuitableModelError
from engine.models.private_copy import device_of, private_copy

_LAYER_HELP = "Whose activations are weighed; empty for the last one that still has places, deeper ones are coarser."
_SMOOTH_HELP = "How the layer's coarse map becomes as large as the picture."


@dataclass(frozen=True)
class FeatureMap:
    """A layer whose output is a map.

    Attributes:
        name: Of the module, as in `network.get_submodule(name)`.
        shape: Channels, height and width of its output.
    """

    name: str
    shape: tuple[int, int, int]


@HEATMAPS.register("grad-cam")
@dataclass(frozen=True, kw_only=True)
class GradCam(Method):
    """A layer's activations, weighed by how much each channel raises the target: coarse, but about the class."""

    title = "Grad-CAM"
    paper = "Selvaraju et al. (2017), https://arxiv.org/abs/1610.02391"
    layer: str = option("", _LAYER_HELP, layer=True)
    positive: bool = option(True, "Keep only what speaks for the target, as published.")
    interpolation: str = option("bilinear", _SMOOTH_HELP, choices=("bilinear", "nearest"))

    @property
    def signed(self) -> bool:
        """Whether signs are kept."""
        return not self.positive

    @property
    def zero(self) -> str:
        """What `positive` leaves out may have been all."""
        if not self.positive:
            return super().zero
        return "No place of the layer speaks for this target, and what speaks against it is left out."

    def maps(self, subject: Subject) -> Tensor:
        """One map, spread evenly over the colour channels so that they add up to it, (N, C, H, W)."""
        cam = _cam(subject, self.layer, self.positive, self.interpolation)
        return cam.expand_as(subject.x) / subject.x.shape[1]


@HEATMAPS.register("guided-grad-cam")
@dataclass(frozen=True, kw_only=True)
class GuidedGradCam(Method):
    """Guided Backprop where Grad-CAM is positive: sharp, and about the class."""

    title = "Guided Grad-CAM"
    paper = "Selvaraju et al. (2017), https://arxiv.org/abs/1610.02391"
    layer: str = option("", _LAYER_HELP, layer=True)
    interpolation: str = option("nearest", _SMOOTH_HELP, choices=("bilinear", "nearest"))

    def rows(self, subject: Subject) -> int:
        """Two passes."""
        return 2

    @property
    def zero(self) -> str:
        """One of its two factors was zero at every place."""
        return "No place of the layer speaks for this target, or Guided Backprop finds nothing there."

    def maps(self, subject: Subject) -> Tensor:
        """Products, (N, C, H, W)."""
        return guided_gradients(subject) * _cam(subject, self.layer, True, self.interpolation)


def feature_maps(model: nn.Module, x: Tensor) -> tuple[FeatureMap, ...]:
    """Layers that Grad-CAM can use, in the order they are computed.

    Args:
        model: Any classifier; left alone.
        x: A picture it takes, (1, C, H, W).
    """
    network = private_copy(model)
    seen: list[FeatureMap] = []
    calls: Counter[str] = Counter()

    def note(name: str) -> Callable[[nn.Module, object, object], None]:
        def hook(_: nn.Module, __: object, output: object) -> None:
            calls[name] += 1
            if isinstance(output, Tensor) and output.ndim == 4 and output.shape[2] * output.shape[3] > 1:
                seen.append(FeatureMap(name, tuple(output.shape[1:])))  # type: ignore[arg-type]

        return hook

    for name, module in network.named_modules():
        module.register_forward_hook(note(name))
    with torch.no_grad():
        network(x[:1].to(device_of(network), torch.float32))
    return tuple(one for one in seen if calls[one.name] == 1 and one.name)


def _cam(subject: Subject, layer: str, positive: bool, interpolation: str) -> Tensor:
    known = [one.name for one in feature_maps(subject.network, subject.x)]
    if not known:
        raise UnsuitableModelError("Grad-CAM needs a layer whose output is a map; this network has none.")
    if layer and layer not in known:
        raise UnsuitableModelError(f"layer should be one of {known}, or '' for the last; got {layer!r}.")
    module = subject.network.get_submodule(layer or known[-1])
    captum = captum_attr().LayerGradCam(subject.scored, module)
    done = []
    for rows in subject.groups():
        x = subject.x[rows].clone().requires_grad_()
        cam = captum.attribute(x, additional_forward_args=(subject.weights[rows],), relu_attributions=positive)
        done.append(cam.detach().float())
    corners = False if interpolation == "bilinear" else None
    return F.interpolate(torch.cat(done), list(subject.x.shape[2:]), mode=interpolation, align_corners=corners)
