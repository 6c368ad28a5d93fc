"""Maps kept on disk: found again, and only when everything that made them is the same."""

from __future__ import annotations

import multiprocessing
import time
import tracemalloc

import diskcache
import numpy as np
import pytest
import torch

import engine
from engine.explain.heatmaps import HeatmapCache, Target, attribute, default_cache
from engine.explain.heatmaps import cache as cache_module
from engine.explain.heatmaps.cache import model_key, picture_keys
from engine.explain.heatmaps.gradients import IntegratedGradients, Saliency
from engine.models.fair_face import READOUTS
from engine.models.normalise_pictures import NormalisePictures
from engine.models.torchvision_classifier import ResizeAndCrop
from tests.explain.heatmaps.nets import awkward, pictures, plain, quick

ONE = Target((1,))


@pytest.fixture
def cache(tmp_path):
    return HeatmapCache(tmp_path / "maps")


def test_maps_are_found_again_picture_by_picture(cache):
    x = pictures(3)
    first = attribute(awkward(), x[:2], "deeplift", target=1, cache=cache)
    again = attribute(awkward(), x[[2, 1, 0]], "deeplift", target=[1, 1, 1], cache=cache)
    assert (first.cached, again.cached, len(cache)) == (0, 2, 3)
    assert torch.equal(again.values[[2, 1]], first.values) and again.notes == first.notes != ()
    expected = attribute(awkward(), x[2:], "deeplift", target=1).values
    torch.testing.assert_close(again.values[:1], expected)


def test_a_repeated_view_takes_less_than_50_ms_of_work(cache):
    model = engine.load("mnist/digits")
    x = model.examples.x[:8]
    attribute(model, x, quick("saliency"), cache=cache)
    start = time.process_time()
    again = attribute(model, x, quick("saliency"), cache=cache)
    assert again.cached == 8 and time.process_time() - start < 0.05


def keys(model=None, x=None, method=None, target=ONE, seed=0, precision="fp32", background=None):
    model, x = plain() if model is None else model, pictures(1) if x is None else x
    return picture_keys(model, x, method or Saliency(), target, seed, precision, background)[0]


def test_a_key_changes_with_everything_that_makes_a_map(monkeypatch):
    other = plain()
    other[0].weight[0, 0, 0, 0] += 1e-3
    found = [
        keys(),
        keys(model=other),
        keys(model=awkward()),
        keys(x=pictures(1) + 1e-6),
        keys(method=Saliency(absolute=False)),
        keys(method=IntegratedGradients()),
        keys(method=IntegratedGradients(steps=51)),
        keys(target=Target((2,))),
        keys(target=Target((1,), (2,))),
        keys(target=Target((1,), (), True)),
        keys(target=Target()),
        keys(seed=1),
        keys(precision="bf16"),
        keys(background=pictures(2)),
        keys(background=pictures(3)),
    ]
    monkeypatch.setattr(cache_module, "code_key", lambda: "another version")
    assert len({*found, keys()}) == len(found) + 1


def test_a_key_does_not_change_with_company():
    x = pictures(3)
    together = picture_keys(plain(), x, Saliency(), Target((3, 1, 2)), 0, "fp32", None)
    assert together[1] == picture_keys(plain(), x[1:2], Saliency(), Target((1,)), 0, "fp32", None)[0]


@pytest.mark.parametrize(
    "write",
    [
        lambda weight: weight.mul_(-1),
        lambda weight: weight.data.mul_(-1),  # which no version counter notices
        lambda weight: np.negative(weight.numpy(), out=weight.numpy()),
    ],
)
def test_weights_changed_in_place_change_the_key(write):
    network = plain()
    before = model_key(network)
    write(network[0].weight)
    assert model_key(network) != before
    write(network[0].weight)
    assert model_key(network) == before


def test_weights_are_read_where_they_lie():
    network = torch.nn.Linear(1000, 1000)  # 4 MB
    tracemalloc.start()
    model_key(network)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


def test_a_loaded_model_is_known_by_its_card():
    model = engine.load("mnist/digits")
    assert model_key(model) == model_key(engine.load("mnist/digits")) != model_key(model.network)


def test_constants_that_no_weight_file_holds_tell_networks_apart():
    networks = [
        *(READOUTS[name].layers() for name in ("gender", "gender-raw", "skin-colour")),
        NormalisePictures(8),
        NormalisePictures(16),
        NormalisePictures(8, mean=(0.5, 0.5, 0.5)),
        ResizeAndCrop(8, 8, "bilinear"),
        ResizeAndCrop(8, 6, "bilinear"),
        ResizeAndCrop(8, 8, "bicubic"),
    ]
    assert len({model_key(network) for network in networks}) == len(networks)


def test_what_is_damaged_or_pickled_is_made_anew(cache, tmp_path):
    x = pictures(1)
    expected = attribute(plain(), x, "saliency", cache=cache).values
    key = next(iter(cache._cache))
    cache._cache.set(key, b"not a safetensors file")
    assert attribute(plain(), x, "saliency", cache=cache).cached == 0
    with diskcache.Cache(str(tmp_path / "maps")) as hostile:
        hostile.set(key, {"would be": "unpickled"})
    assert cache.get(key) is None
    assert torch.equal(attribute(plain(), x, "saliency", cache=cache).values, expected)


def test_it_stays_below_its_limit(tmp_path):
    small = HeatmapCache(tmp_path / "small", size_limit=1_000_000)
    for seed in range(40):  # of 49 kB each; ten go at a time
        small.put(str(seed), pictures(1, side=64, seed=seed)[0], ())
    assert 5 < len(small) < 21 and small._cache.volume() < 1_100_000
    assert small.get("39") is not None and small.get("0") is None


def test_it_can_be_switched_off(monkeypatch, tmp_path):
    monkeypatch.setenv("LATENT_EXPLORER_CACHE", "off")
    assert default_cache() is None
    monkeypatch.setenv("LATENT_EXPLORER_CACHE", str(tmp_path))
    assert len(default_cache()) == 0 and (tmp_path / "heatmaps").is_dir()


def _fill(folder, start):
    cache = HeatmapCache(folder)
    for number in range(start, start + 20):
        cache.put(str(number), torch.full((1, 2, 2), float(number)), ("note",))


def test_processes_share_it(tmp_path):
    workers = [multiprocessing.get_context("fork").Process(target=_fill, args=(tmp_path, s)) for s in (0, 10, 20)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    cache = HeatmapCache(tmp_path)
    assert [worker.exitcode for worker in workers] == [0, 0, 0] and len(cache) == 40
    assert all(float(cache.get(str(number)).values[0, 0, 0]) == number for number in range(40))
