from __future__ import annotations

import hashlib

import numpy as np
import pytest
import torch

from engine.data import load_dataset


def test_splits_hold_the_pictures_and_labels(tiny_mnist):
    dataset = load_dataset("mnist")
    for name, (pixels, labels) in tiny_mnist.items():
        split = dataset.split(name)
        batch = split.batch(np.arange(len(split)))
        assert torch.equal(batch.x[:, 0], torch.from_numpy(pixels).float() / 255)
        assert batch.labels.tolist() == labels.tolist()
        assert batch.labels.dtype == torch.int64
        assert batch.factors is None


def test_all_is_train_then_test(tiny_mnist):
    split = load_dataset("mnist").split("all")
    pixels = np.concatenate([tiny_mnist["train"][0], tiny_mnist["test"][0]])
    assert len(split) == 10
    assert torch.equal(split.batch([9, 0, 7]).x[:, 0], torch.from_numpy(pixels[[9, 0, 7]]).float() / 255)


def test_prepare_makes_both_splits(tiny_mnist, cache):
    seen = []
    load_dataset("mnist").prepare(lambda done, total: seen.append((done, total)))
    assert seen == [(7, 7), (3, 3)]
    assert len(list((cache / "data").glob("*-images.npy"))) == 2


@pytest.mark.usefixtures("real_mirror")
def test_the_test_split_is_the_published_one():
    split = load_dataset("mnist").split("test")
    pixels = (split.batch(np.arange(10_000)).x * 255).round().byte().numpy()
    header = b"".join(number.to_bytes(4, "big") for number in (0x803, 10_000, 28, 28))  # of the original IDX file
    digest = hashlib.md5(header + pixels.tobytes()).hexdigest()
    assert digest == "2646ac647ad5339dbf082846283269ea"
    header = b"".join(number.to_bytes(4, "big") for number in (0x801, 10_000))
    digest = hashlib.md5(header + split.labels.byte().numpy().tobytes()).hexdigest()
    assert digest == "27ae3e4e09519cfbb04c329615203637"
