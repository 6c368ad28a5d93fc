"""Pictures to codes with a schedule: how well, how independent, how often, and what is said of the result."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn.functional import avg_pool2d

import engine
from engine.explain import Inversion, invert
from engine.explain.heatmaps.cache import HeatmapCache
from engine.explain.progress import CancelledError
from engine.explain.projection import likeness_for, psnr, pyramid
from engine.explain.projection.inversion import exploration, learning_rate
from engine.explain.projection.likeness import ClassifierFeatures
from engine.interfaces import Part, Space
from engine.models.digit_classifier import DigitClassifier
from engine.models.stylegan2 import StyleGAN2
from tests.explain.directions.toys import Layered, Planted, draw

QUICK = Inversion(steps=60)


@pytest.fixture(scope="module")
def style():
    """A random StyleGAN2 of 8 pixels whose mean style is that of its own draws."""
    generator = torch.Generator().manual_seed(0)
    network = StyleGAN2(resolution=8, channels=1, z_dim=8, w_dim=8, mapping_layers=1, channel_base=64, channel_max=8,
                        training=False)  # fmt: skip
    network.reset_parameters(generator)
    network.mapping.w_avg.copy_(network.map(torch.randn(2000, 8, generator=generator), psi=1.0).mean(dim=0))
    return network.eval().requires_grad_(False)


# ---- how well ----


def test_the_pictures_of_a_shipped_autoencoder_come_back():
    model = engine.load("mnist/vae5", "cpu")
    x = model.decode(model.sample(2, generator=torch.Generator().manual_seed(9)))
    found = invert(model, x, Inversion(steps=40))
    assert found.psnr.min() > 40  # dB
    assert found.where == "code"
    assert found.likeness == "colours at all scales"
    assert found.distance.startswith("Mahalanobis")
    torch.testing.assert_close(found.x_hat, model.decode(found.codes))


@pytest.mark.parametrize("likeness", ["colours", "discriminator"])
def test_the_pictures_of_a_random_stylegan2_come_back_in_w(style, likeness):
    x = style.decode(style.sample(2, generator=torch.Generator().manual_seed(1), psi=1.0))
    found = invert(style, x, Inversion(where="w", steps=100, starts=2, likeness=likeness))
    ws = found.codes.unflatten(1, (style.num_ws, 8))
    assert torch.equal(ws, ws[:, :1].expand_as(ws))  # one style for all layers
    from_mean = psnr(style.decode(style.repeated(style.w_mean[None])).expand_as(x), x, style.space)
    assert (found.psnr > from_mean + 6).all()
    assert found.psnr.min() > 25  # dB
    assert found.likeness.startswith("features of the discriminator" if likeness == "discriminator" else "colours")


def test_layers_may_have_styles_of_their_own_and_are_pulled_together(style):
    x = style.decode(style.sample(1, generator=torch.Generator().manual_seed(2), psi=1.0))

    def apart(pull):
        found = invert(style, x, Inversion(where="w+", steps=60, pull=pull, likeness="colours"))
        ws = found.codes.unflatten(1, (style.num_ws, 8))
        return float((ws - ws.mean(dim=1, keepdim=True)).square().sum(dim=2).mean())

    free, pulled = apart(0.0), apart(1.0)
    assert free > 0
    assert pulled < 0.1 * free


def test_more_starts_never_find_worse_codes():
    model, x = Planted(), torch.rand(2, 1, 4, 4, generator=torch.Generator().manual_seed(3))
    one, four = (invert(model, x, Inversion(steps=30, starts=starts)) for starts in (1, 4))
    assert (pyramid(four.x_hat, x) <= pyramid(one.x_hat, x) + 1e-4).all()


def test_categories_stay_whole():
    class Conditional(Planted):
        def __init__(self):
            super().__init__(5, (Part("category", 2, "onehot"), Part("latent", 3)))

        def sample(self, n, *, generator):
            kinds = torch.eye(2)[torch.randint(2, (n,), generator=generator)]
            return torch.cat([kinds, torch.randn(n, 3, generator=generator)], dim=1)

    model = Conditional()
    code = torch.tensor([[0.0, 1.0, 0.3, -0.5, 0.8]])
    found = invert(model, model.decode(code), Inversion(steps=100, starts=2))
    assert found.codes[0, :2].tolist() == [0, 1]
    torch.testing.assert_close(found.codes, code, atol=0.02, rtol=0)


def test_series_are_found_as_well():
    model = engine.load("sinelines/gt", "cpu")
    x = model.decode(model.sample(2, generator=torch.Generator().manual_seed(1)))
    found = invert(model, x, Inversion(steps=60, starts=4))
    assert (found.psnr > 25).all()


# ---- independence, chance, stopping ----


@pytest.mark.parametrize("model", [Planted(), Layered()], ids=["code", "w"])
def test_a_result_depends_neither_on_neighbours_nor_on_the_chunk_size(model):
    x = torch.rand(3, 1, 4, 4, generator=torch.Generator().manual_seed(4))
    together = invert(model, x, QUICK)
    chunks = invert(model, x, QUICK, chunk_size=2)
    alone = torch.cat([invert(model, one[None], QUICK).codes for one in x])
    torch.testing.assert_close(together.codes, alone, atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(chunks.codes, alone, atol=1e-3, rtol=1e-3)


def test_chance_comes_from_the_seed_alone():
    model, x = Layered(), torch.rand(1, 1, 4, 4, generator=torch.Generator().manual_seed(5))
    torch.manual_seed(1)
    first = invert(model, x, Inversion(steps=10, seed=7)).codes
    torch.manual_seed(2)
    assert torch.equal(first, invert(model, x, Inversion(steps=10, seed=7)).codes)
    assert not torch.equal(first, invert(model, x, Inversion(steps=10, seed=8)).codes)


def test_it_works_in_inference_mode_and_leaves_the_model_alone():
    model, x = Planted(), torch.rand(1, 1, 4, 4, generator=torch.Generator().manual_seed(6))
    with torch.inference_mode():
        found = invert(model, x, Inversion(steps=5))
    torch.testing.assert_close(found.codes, invert(model, x, Inversion(steps=5)).codes)


def test_progress_is_told_and_the_work_can_be_stopped():
    model, x, told = Planted(), torch.rand(3, 1, 4, 4, generator=torch.Generator().manual_seed(6)), []
    invert(model, x, Inversion(steps=5), chunk_size=2, on_progress=lambda done, total: told.append((done, total)))
    assert told == [(k, 10) for k in range(1, 11)]
    asked = iter([False] * 3 + [True])
    with pytest.raises(CancelledError):
        invert(model, x, Inversion(steps=5), should_stop=lambda: next(asked))


# ---- once a picture ----


def test_a_picture_is_searched_once(tmp_path):
    model, cache = Planted(), HeatmapCache(tmp_path / "cache")
    x = torch.rand(3, 1, 4, 4, generator=torch.Generator().manual_seed(7))
    first = invert(model, x[:2], QUICK, cache=cache)
    steps = []
    again = invert(model, x, QUICK, cache=cache, on_progress=lambda done, total: steps.append(total))
    assert first.cached == (False, False)
    assert again.cached == (True, True, False)
    assert set(steps) == {60}  # the third alone
    assert torch.equal(again.codes[:2], first.codes)
    torch.testing.assert_close(again.psnr[:2], first.psnr)
    for other in (Inversion(steps=61), Inversion(steps=60, seed=1)):
        assert invert(model, x[:1], other, cache=cache).cached == (False,)
    model.map.mul_(0.9)
    assert invert(model, x[:1], QUICK, cache=cache).cached == (False,)


# ---- what is said of it ----


def test_psnr_is_that_of_the_definition():
    space = Space(kind="image", shape=(1, 2, 2))
    x_hat, x = torch.full((1, 1, 2, 2), 0.6), torch.full((1, 1, 2, 2), 0.5)
    assert float(psnr(x_hat, x, space)) == pytest.approx(20, abs=1e-4)
    series = Space(kind="series", shape=(4,), limits=(-2.0, 2.0))
    assert float(psnr(torch.full((1, 4), 0.4), torch.zeros(1, 4), series)) == pytest.approx(20, abs=1e-4)
    assert float(psnr(x, x, space)) == 100


def test_a_style_is_as_far_out_as_it_lies_from_the_mean_style():
    model = Layered()
    x = model.decode(model.w_mean.repeat(3)[None])
    found = invert(model, x, Inversion(steps=1))
    far = invert(model, torch.ones(1, 1, 4, 4), Inversion(steps=60))
    assert found.distance == "distance from the mean style"
    w = far.codes[0, :4]
    assert float(far.distances) == pytest.approx(float((w - model.w_mean).norm()), abs=0.15)
    assert 0 <= float(found.percentiles) < float(far.percentiles) <= 100


def test_the_pyramid_is_a_sum_over_halved_sizes():
    x, target = draw(1, 2, 3, 16, 16), draw(2, 2, 3, 16, 16)
    by_hand = sum(
        (avg_pool2d(x, size) - avg_pool2d(target, size)).abs().mean(dim=(1, 2, 3)) for size in (1, 2, 4)
    )
    torch.testing.assert_close(pyramid(x, target), by_hand)


def test_features_have_length_one_at_every_place(style):
    x, target = (torch.rand(2, 1, 8, 8, generator=torch.Generator().manual_seed(seed)) for seed in (1, 2))
    unlike = likeness_for(style, "discriminator").to(target)

    def scaled(values):
        return [value / value.norm(dim=1, keepdim=True) / math.sqrt(value[0].numel()) for value in values]

    pairs = zip(scaled(style.discriminator.features(2 * x - 1)), scaled(style.discriminator.features(2 * target - 1)),
                strict=True)  # fmt: skip
    by_hand = sum((a - b).square().sum(dim=(1, 2, 3)) for a, b in pairs) + 0.1 * pyramid(x, target)
    torch.testing.assert_close(unlike(x), by_hand, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(unlike(target), torch.zeros(2))


def test_a_classifier_gives_a_map_of_each_size_and_is_not_hooked():
    classifier = DigitClassifier(classes=list("01"), width=2, hidden=8).eval()
    features = ClassifierFeatures(classifier)
    found = features(torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0)))  # adapted to 28 grey pixels
    sizes = [tuple(value.shape[2:]) for value in found]
    assert sizes == sorted(set(sizes), reverse=True)
    assert not any(module._forward_hooks for module in classifier.modules())
    assert likeness_for(Planted(), classifier=classifier).name.startswith("features of a classifier")


def test_the_schedule_explores_first_and_comes_to_rest():
    assert learning_rate(0.0, 0.1) == 0
    assert learning_rate(0.05, 0.1) == pytest.approx(0.1)
    assert learning_rate(0.75, 0.1) == pytest.approx(0.1)
    assert learning_rate(0.875, 0.1) == pytest.approx(0.05)
    assert learning_rate(1.0, 0.1) == pytest.approx(0)
    assert exploration(0.0, 2.0) == 2
    assert exploration(0.375, 2.0) == pytest.approx(0.5)
    assert exploration(0.75, 2.0) == exploration(1.0, 2.0) == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: invert(Planted(), torch.zeros(1, 1, 5, 5)), r"x should be \(N, 1, 4, 4\)"),
        (lambda: invert(Planted(), torch.zeros(1, 1, 4, 4), Inversion(where="w+")), "searched in code; got 'w\\+'"),
        (lambda: invert(Layered(), torch.zeros(1, 1, 4, 4), Inversion(where="code")), "w or w\\+; got 'code'"),
        (lambda: invert(Planted(), torch.zeros(1, 1, 4, 4), Inversion(likeness="discriminator")), "without a discrim"),
        (lambda: Inversion(steps=0), "at least 1 step"),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
