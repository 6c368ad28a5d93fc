"""Maps equal what direct calls of Captum give for the same samples."""

from __future__ import annotations

import captum.attr as reference
import pytest
import torch
from captum._utils.models.linear_model import SkLearnRidge
from captum.attr._utils.lrp_rules import EpsilonRule
from torch import nn

from engine.explain.heatmaps import attribute, build_method
from engine.explain.heatmaps.noise import GradientShap
from engine.explain.heatmaps.regions import regions
from engine.explain.heatmaps.sampling import generator, normal_noise, uniform_shares
from engine.explain.heatmaps.surrogate import kernel_coalitions, lime_coalitions, lime_similarity, shapley_orders
from tests.explain.heatmaps.nets import pictures, plain

MODEL, X, TARGET = plain(), pictures(2), [3, 1]
CLASSES = torch.tensor(TARGET)


def ours(name, **options):
    return attribute(MODEL, X, build_method(name, options), target=TARGET, background=BACKGROUND).values


BACKGROUND = pictures(4, seed=9)


def close(values, expected, tolerance=1e-5):
    torch.testing.assert_close(values, expected.detach(), atol=tolerance * float(expected.abs().max()), rtol=tolerance)


@pytest.mark.parametrize("absolute", [True, False])
def test_saliency(absolute):
    close(ours("saliency", absolute=absolute), reference.Saliency(MODEL).attribute(X, target=CLASSES, abs=absolute))


def test_input_x_gradient():
    close(ours("input-x-gradient"), reference.InputXGradient(MODEL).attribute(X, target=CLASSES))


def test_integrated_gradients():
    expected = reference.IntegratedGradients(MODEL).attribute(X, torch.ones_like(X), target=CLASSES, n_steps=23)
    close(ours("integrated-gradients", steps=23, baseline="white"), expected)


@pytest.mark.parametrize("name", ["smoothgrad", "smoothgrad-squared", "vargrad"])
def test_gradients_under_noise(name):
    noise = 0.2 * normal_noise((3, 8, 8), slice(0, 21), 0, torch.device("cpu"))
    gradients = torch.stack([reference.Saliency(MODEL).attribute(X + e, target=CLASSES, abs=False) for e in noise])
    mean, square = gradients.mean(dim=0), gradients.square().mean(dim=0)
    expected = {"smoothgrad": mean, "smoothgrad-squared": square, "vargrad": square - mean.square()}[name]
    close(ours(name, samples=21, noise=0.2), expected)


def test_smoothgrad_of_magnitudes_is_captums_tunnel(monkeypatch):
    noise = 0.2 * normal_noise((3, 8, 8), slice(0, 5), 0, torch.device("cpu"))
    monkeypatch.setattr(torch, "normal", lambda *_, **__: noise.repeat(2, 1, 1, 1))  # what the tunnel draws
    expected = reference.NoiseTunnel(reference.Saliency(MODEL)).attribute(
        X, nt_type="smoothgrad", nt_samples=5, stdevs=0.2, target=CLASSES
    )
    close(ours("smoothgrad", samples=5, noise=0.2, absolute=True), expected)


def test_gradient_shap():
    every, cpu = slice(0, 7), torch.device("cpu")
    chosen = torch.randint(4, (7,), generator=generator(0, "background"))
    expected = torch.zeros_like(X)
    for noise, share, start in zip(
        0.1 * normal_noise((3, 8, 8), every, 0, cpu), uniform_shares(every, 0, cpu), BACKGROUND[chosen], strict=True
    ):
        at = share * (X + noise) + (1 - share) * start
        expected += (X + noise - start) * reference.Saliency(MODEL).attribute(at, target=CLASSES, abs=False) / 7
    close(ours("gradient-shap", samples=7, noise=0.1), expected)
    assert GradientShap().signed


class Pause(nn.Module):
    def forward(self, x):
        return x.clone()


def paused():
    """The same network with a pause after the ReLU, whose output Captum would else mix up with the max-pool's input."""
    return nn.Sequential(*MODEL[:2], Pause(), *MODEL[2:])


def test_deep_lift():
    expected = reference.DeepLift(paused()).attribute(X, torch.full_like(X, 0.5), target=CLASSES)
    close(ours("deeplift", baseline="grey"), expected)


def test_deep_lift_shap():
    expected = reference.DeepLiftShap(paused()).attribute(X, BACKGROUND, target=CLASSES)
    close(ours("deeplift-shap", samples=4), expected)


def test_guided_backprop_and_deconvolution():
    close(ours("guided-backprop"), reference.GuidedBackprop(MODEL).attribute(X, target=CLASSES))
    close(ours("deconvolution"), reference.Deconvolution(MODEL).attribute(X, target=CLASSES))


def test_grad_cam():
    cam = reference.LayerGradCam(MODEL, MODEL[4]).attribute(X, target=CLASSES, relu_attributions=True)
    expected = reference.LayerAttribution.interpolate(cam, (8, 8), "bilinear")
    close(ours("grad-cam", layer="4").sum(dim=1, keepdim=True), expected)


def test_guided_grad_cam():
    close(ours("guided-grad-cam", layer="4"), reference.GuidedGradCam(MODEL, MODEL[4]).attribute(X, target=CLASSES))


def test_layer_wise_relevance():
    model = plain()
    for module in model:
        if not isinstance(module, torch.nn.ReLU | torch.nn.Dropout):
            module.rule = EpsilonRule(1e-4 if not isinstance(module, torch.nn.Flatten) else 1e-12)
    close(ours("lrp", epsilon=1e-4), reference.LRP(model).attribute(X, target=CLASSES))


def test_occlusion():
    expected = reference.Occlusion(MODEL).attribute(X, (3, 4, 4), strides=(3, 2, 2), target=CLASSES)
    close(ours("occlusion", window=0.5, stride=0.5), expected)


@pytest.mark.parametrize("kind", ["superpixels", "grid"])
def test_feature_ablation(kind):
    pieces = regions(X, kind, 9)
    expected = reference.FeatureAblation(MODEL).attribute(X, feature_mask=pieces, target=CLASSES)
    close(ours("feature-ablation", regions=kind, number=9), expected)


def test_kernel_shap():
    shown = kernel_coalitions(9, 40, 0)

    class Fed(reference.KernelShap):
        def kernel_shap_perturb_generator(self, original_inp, **_):
            yield from (row[None].long() for row in shown)

    expected = Fed(MODEL).attribute(X[:1], target=3, feature_mask=regions(X[:1], "grid", 9), n_samples=len(shown))
    close(ours("kernel-shap", regions="grid", number=9, samples=40)[:1], expected, 1e-3)  # its ends weigh a million


def test_lime():
    shown = lime_coalitions(9, 40, 0)

    def fed(original_inp, **_):
        yield from (row[None].long() for row in shown)

    def near(_, __, row, **___):
        return lime_similarity(row.double(), 0.25)

    lime = reference.Lime(MODEL, SkLearnRidge(alpha=1.0), near, fed)
    expected = lime.attribute(X[:1], target=3, feature_mask=regions(X[:1], "grid", 9), n_samples=len(shown))
    close(ours("lime", regions="grid", number=9, samples=40)[:1], expected, 1e-4)


def test_shapley_sampling():
    sampling = reference.ShapleyValueSampling(MODEL)
    sampling.permutation_generator = lambda *_: shapley_orders(9, 5, 0).tolist()
    expected = sampling.attribute(X, target=CLASSES, feature_mask=regions(X, "superpixels", 9), n_samples=5)
    close(ours("shapley-sampling", regions="superpixels", number=9, orders=5), expected, 1e-4)
