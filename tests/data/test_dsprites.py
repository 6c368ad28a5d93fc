from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch

from engine.data import CacheFullError, dsprites, load_dataset
from engine.data.dsprites import NUM_IMAGES, SIZES, factor_values
from engine.data.sprites import render


@pytest.fixture(scope="module")
def dataset():
    return load_dataset("dsprites", rendered=True)


@pytest.fixture
def small(monkeypatch):
    """The data set cut down to the rows whose shape is a square of scale 0.5 and 0.6 in few orientations."""
    sizes = (1, 2, 3, 32, 32)
    rows = math.prod(sizes)
    monkeypatch.setattr(dsprites, "SIZES", sizes)
    monkeypatch.setattr(dsprites, "NUM_IMAGES", rows)
    monkeypatch.setattr(dsprites, "_PACKED", (rows, 512))
    return load_dataset("dsprites", rendered=True)


def test_split_is_the_published_one(dataset):
    train, test, everything = (dataset.split(name) for name in ("train", "test", "all"))
    assert test.ids[:5].tolist() == [125674, 436028, 227828, 625170, 224410]
    assert (len(train), len(test), len(everything)) == (663_552, 73_728, 737_280)
    np.testing.assert_array_equal(np.sort(np.concatenate([train.ids, test.ids])), everything.ids)


def test_rows_run_through_the_factors_with_pos_y_fastest():
    classes = np.array([[0, 0, 0, 0, 1], [0, 0, 0, 1, 0], [0, 0, 1, 0, 0], [0, 1, 0, 0, 0], [1, 0, 0, 0, 0]])
    np.testing.assert_allclose(factor_values(np.array([1, 32, 1024, 40 * 1024, 6 * 40 * 1024])), _factors(classes))
    shape, scale, orientation, x, y = 2, 3, 17, 30, 5
    row = ((shape * 6 + scale) * 40 + orientation) * 1024 + x * 32 + y
    np.testing.assert_allclose(factor_values(np.array([row]))[0], [3, 0.8, 2 * np.pi * 17 / 39, 30 / 31, 5 / 31])


def _factors(classes):
    shape, scale, orientation, x, y = classes.T
    return np.stack([shape + 1, 0.5 + 0.1 * scale, 2 * np.pi * orientation / 39, x / 31, y / 31], axis=1)


def test_factors_take_the_official_values(dataset):
    factors = dataset.split("all").factors[::7]  # 7 divides no size, so every value occurs
    assert factors.dtype == torch.float32
    expected = [torch.arange(1.0, 4.0), 0.5 + 0.1 * torch.arange(6), torch.linspace(0, 2 * math.pi, 40)]
    expected += [torch.linspace(0, 1, 32)] * 2
    for column, values in zip(factors.T, expected, strict=True):
        torch.testing.assert_close(column.unique(), values)


def test_a_batch_holds_the_pictures_of_its_factors(dataset):
    batch = dataset.split("test").batch(torch.tensor([0, 73_727, 5, 5]))
    assert batch.x.dtype == torch.float32
    np.testing.assert_array_equal(batch.x[:, 0].numpy(), render(batch.factors.double().numpy()))
    torch.testing.assert_close(batch.x[2], batch.x[3])
    assert batch.labels is None


def test_the_packed_cache_gives_the_same_pictures_as_the_renderer(small, cache):
    split = small.split("train")
    indices = np.arange(len(split))
    rendered = split.batch(indices).x
    assert not cache.exists()  # reading alone writes nothing
    seen = []
    small.prepare(lambda done, total: seen.append((done, total)))
    assert seen[-1] == (6144, 6144)
    assert (cache / "data" / "dsprites-rendered-v1.npy").stat().st_size == 6144 * 512 + 128
    assert torch.equal(split.batch(indices).x, rendered)
    fresh = load_dataset("dsprites", rendered=True)  # a later process finds the cache by itself
    assert isinstance(fresh.split("train").rows.packed, np.memmap)
    assert torch.equal(fresh.split("train").batch(indices).x, rendered)


def test_the_whole_set_works_with_the_cache_switched_off(small, monkeypatch, tmp_path):
    monkeypatch.setenv("LATENT_EXPLORER_CACHE", "off")
    rendered = small.split("all").batch(np.arange(64)).x
    small.prepare()
    assert torch.equal(small.split("all").batch(np.arange(64)).x, rendered)
    assert list(tmp_path.rglob("*.npy")) == []


def test_a_full_disk_names_folder_bytes_and_setting(dataset, cache, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 1_000_000})())
    with pytest.raises(CacheFullError, match=r"377,487,360 bytes are needed.*1,000,000 bytes left") as caught:
        dataset.prepare()
    assert str(cache / "data") in str(caught.value)
    assert "LATENT_EXPLORER_CACHE" in str(caught.value)
    assert dataset.split("test").batch([0]).x.sum() > 0  # rendering goes on without it


def test_factors_determine_rows(dataset):
    for row in itertools.islice(dataset.split("test").ids, 20):
        shape, scale, orientation, x, y = factor_values(np.array([row]))[0]
        classes = [shape - 1, (scale - 0.5) * 10, orientation * 39 / (2 * math.pi), x * 31, y * 31]
        assert np.ravel_multi_index(np.rint(classes).astype(int), SIZES) == row


def test_an_unknown_split_is_named(dataset):
    with pytest.raises(KeyError, match=r"dSprites has no split 'valid'; choose one of \['train', 'test', 'all'\]"):
        dataset.split("valid")


def test_row_count_is_the_product_of_the_sizes():
    assert NUM_IMAGES == 737_280
