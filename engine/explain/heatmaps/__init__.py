"""Heatmaps: which pixels a classifier's answer rests on, by twenty methods with one form.

    result = attribute(model, x, "integrated-gradients", target=3)
    shown = normalise(result.values)                        # (N, H, W) in [-1, 1], the same scale for every method
    for result in attribute_all(model, x, ["saliency", GradCam(layer="network.layer3")]): ...

Each method is a frozen dataclass, registered once; `options_of(HEATMAPS[name])` tells a page which controls to draw.
"""

from __future__ import annotations

from engine.explain.heatmaps.attribution import Attribution, Failure, attribute, attribute_all
from engine.explain.heatmaps.backprop_rules import Deconvolution, GuidedBackprop
from engine.explain.heatmaps.cache import HeatmapCache, default_cache
from engine.explain.heatmaps.cam import FeatureMap, GradCam, GuidedGradCam, feature_maps
from engine.explain.heatmaps.chance import RandomMap
from engine.explain.heatmaps.deep_lift import DeepLift, DeepLiftShap
from engine.explain.heatmaps.gradients import InputXGradient, IntegratedGradients, Saliency
from engine.explain.heatmaps.lrp import LayerwiseRelevance
from engine.explain.heatmaps.method import HEATMAPS, Method, build_method, name_of
from engine.explain.heatmaps.noise import GradientShap, SmoothGrad, SmoothGradSquared, VarGrad
from engine.explain.heatmaps.normalise import SIGNS, Sign, normalise
from engine.explain.heatmaps.options import Option, options_of, values_of
from engine.explain.heatmaps.perturbation import FeatureAblation, Occlusion
from engine.explain.heatmaps.subject import Precision, UnsuitableModelError
from engine.explain.heatmaps.surrogate import KernelShap, Lime, ShapleySampling
from engine.explain.progress import CancelledError, Progress
from engine.models.target import PREDICTED, Target, as_target

__all__ = [
    "HEATMAPS",
    "PREDICTED",
    "SIGNS",
    "Attribution",
    "CancelledError",
    "Deconvolution",
    "DeepLift",
    "DeepLiftShap",
    "Failure",
    "FeatureAblation",
    "FeatureMap",
    "GradCam",
    "GradientShap",
    "GuidedBackprop",
    "GuidedGradCam",
    "HeatmapCache",
    "InputXGradient",
    "IntegratedGradients",
    "KernelShap",
    "LayerwiseRelevance",
    "Lime",
    "Method",
    "Occlusion",
    "Option",
    "Precision",
    "Progress",
    "RandomMap",
    "Saliency",
    "ShapleySampling",
    "Sign",
    "SmoothGrad",
    "SmoothGradSquared",
    "Target",
    "UnsuitableModelError",
    "VarGrad",
    "as_target",
    "attribute",
    "attribute_all",
    "build_method",
    "default_cache",
    "feature_maps",
    "name_of",
    "normalise",
    "options_of",
    "values_of",
]
