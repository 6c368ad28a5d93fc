from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data import DATASETS, DataUnavailableError, load_dataset
from tests.data import tiny

ATTRIBUTES = ("name", "title", "licence", "citation", "url")


@pytest.fixture(params=list(DATASETS))
def dataset(request, mirror):
    tiny.make(mirror, request.param)
    return load_dataset(request.param)


def test_every_data_set_describes_itself(dataset):
    assert all(isinstance(getattr(dataset, name), str) and getattr(dataset, name) for name in ATTRIBUTES)
    assert dataset.name in DATASETS
    assert {"train", "test", "all"} <= set(dataset.split_names)


def test_every_split_gives_batches_of_its_space(dataset):
    for name in dataset.split_names:
        split = dataset.split(name)
        batch = split.batch(torch.tensor([len(split) - 1, 0]))
        assert split.name == name
        assert batch.x.dtype == torch.float32
        assert batch.x.shape == (2, *dataset.space.shape)
        assert (batch.factors is None) == (not dataset.factor_names)
        assert (batch.labels is None) == (not dataset.classes)
        if dataset.factor_names:
            assert batch.factors.shape == (2, len(dataset.factor_names))
            assert torch.equal(split.factors[[len(split) - 1, 0]], batch.factors)
        if dataset.space.kind == "image":
            assert 0 <= batch.x.min() <= batch.x.max() <= 1


def test_the_disjoint_splits_make_up_all(dataset):
    names = [name for name in ("train", "valid", "test") if name in dataset.split_names]
    everything = dataset.split("all")
    assert sum(len(dataset.split(name)) for name in names) == len(everything)
    if everything.labels is not None:
        labels = torch.cat([dataset.split(name).labels for name in names])
        assert torch.equal(labels.sort().values, everything.labels.sort().values)


def test_preparing_leaves_nothing_to_decode(dataset, monkeypatch):
    if not dataset.needs_files:
        pytest.skip("it is generated")
    seen = []
    dataset.prepare(lambda done, total: seen.append((done, total)))
    assert seen[-1][0] == seen[-1][1] > 0
    monkeypatch.setattr("PIL.Image.open", lambda *args, **options: pytest.fail("decoded again"))
    again = load_dataset(dataset.name)
    assert torch.equal(again.split("all").batch([0]).x, dataset.split("all").batch([0]).x)


@pytest.mark.parametrize("name", [name for name in DATASETS if load_dataset(name).needs_files])
def test_files_that_are_not_there_are_said(mirror, name):
    with pytest.raises(DataUnavailableError, match=r"LATENT_EXPLORER_DATA|There is no folder"):
        load_dataset(name).split("test")


def test_an_unknown_split_lists_what_there_is(dataset):
    with pytest.raises(KeyError, match=r"has no split 'half'; choose one of \['train', "):
        dataset.split("half")


def test_batches_are_fresh_memory(dataset):
    split = dataset.split("test")
    expected = split.batch([0]).x.clone()
    split.batch([0]).x.fill_(7)
    assert torch.equal(split.batch([0]).x, expected)


def test_positions_outside_the_split_are_refused(dataset):
    split = dataset.split("test")
    for wrong in (-1, len(split)):
        with pytest.raises(IndexError, match=rf"'test' has rows 0 to {len(split) - 1}; asked for {wrong}\."):
            split.batch([0, wrong])


@pytest.mark.parametrize("indices", [torch.tensor(3), np.array([[1]]), np.array([0.5]), np.array([True, False])])
def test_what_is_no_list_of_positions_is_refused(indices):
    with pytest.raises(TypeError, match=r"indices should be integers of shape \(N,\)"):
        load_dataset("sinelines").split("test").batch(indices)


def test_no_positions_give_an_empty_batch(dataset):
    batch = dataset.split("test").batch([])
    assert len(batch) == 0
    assert batch.x.shape == (0, *dataset.space.shape)


@given(indices=st.lists(st.integers(0, 4999), min_size=1, max_size=12))
@settings(deadline=None, max_examples=10)
def test_a_batch_equals_its_rows_alone(indices):
    for name in ("dsprites", "sinelines"):
        split = SPLITS.setdefault(name, load_dataset(name).split("test"))
        batch = split.batch(np.array(indices))
        rows = [split.batch([index]) for index in indices]
        torch.testing.assert_close(batch.x, torch.cat([row.x for row in rows]))
        assert torch.equal(batch.factors, torch.cat([row.factors for row in rows]))


SPLITS: dict = {}


def test_an_unknown_name_lists_its_neighbours():
    with pytest.raises(KeyError, match=r"No data set 'dsprite'; did you mean 'dsprites'\?"):
        load_dataset("dsprite")


def test_importing_and_listing_touch_neither_network_nor_heavy_libraries(cache):
    code = """
import socket, sys
def refuse(*args, **options):
    raise AssertionError("the network was used")
socket.socket.connect = socket.getaddrinfo = refuse
from engine.data import DATASETS, load_dataset
for name in DATASETS:
    load_dataset(name).title
print(sorted({"huggingface_hub", "pyarrow", "PIL", "filelock", "scipy"} & set(sys.modules) - BEFORE))
"""
    code = "import sys, torch; BEFORE = set(sys.modules)\n" + code
    root = Path(__file__).resolve().parents[2]
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, timeout=120)
    assert output.returncode == 0, output.stderr
    assert output.stdout.strip() == "[]"
    assert not cache.exists()


def test_a_batch_for_training_takes_less_than_a_millisecond(mirror, write_parquet):
    pixels = np.random.default_rng(0).integers(0, 256, (2000, 28, 28), dtype=np.uint8)
    path = mirror / "ylecun" / "mnist" / "mnist" / "train-00000-of-00001.parquet"
    write_parquet(path, pixels, {"label": np.zeros(2000, int)})
    split = load_dataset("mnist").split("train")
    generator = np.random.default_rng(0)
    durations_s = []
    for _ in range(50):
        indices = generator.integers(0, 2000, 64)
        start = time.perf_counter()
        split.batch(indices)
        durations_s.append(time.perf_counter() - start)
    assert min(durations_s) < 1e-3
