from __future__ import annotations

from fractions import Fraction

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch

from engine.data import load_dataset
from engine.data.causal_split import Excerpt
from tests.data import tiny

SIZES = {  # classes: training, validation and test rows of the published experiments
    "mnist:3,8": (9943, 2039, 1984),
    "mnist:1,4,9": (15_525, 3008, 3126),
    "fashion:0,3,4": (18_000, 1784, 1216),
    "fashion:7,9": (12_000, 1212, 788),
}
FOLDERS = {"mnist": "ylecun/mnist/mnist", "fashion": "zalando-datasets/fashion_mnist/fashion_mnist"}


def test_rows_are_consecutive_and_in_the_published_order():
    excerpt = Excerpt("train", start=Fraction(5, 6))
    ids = excerpt.ids(60_000)
    order = np.arange(50_000, 60_000)
    np.random.RandomState(547).shuffle(order)
    np.testing.assert_array_equal(ids, order)


def test_pictures_are_shuffled_like_row_numbers():
    """The published code shuffles arrays of pictures, of labels and of numbers alike."""
    pictures, labels = np.arange(40 * 6).reshape(40, 2, 3, 1).copy(), np.arange(40)
    for array in (pictures, labels):
        np.random.RandomState(547).shuffle(array)
    np.testing.assert_array_equal(labels, Excerpt("train").ids(40))
    np.testing.assert_array_equal(pictures[:, 0, 0, 0] // 6, labels)


@pytest.mark.parametrize("name", ["mnist", "fashion"])
def test_excerpts_are_rows_of_the_stored_splits(mirror, name):
    tiny.hub(mirror, name)
    dataset = load_dataset(name)
    for part, excerpt in dataset.excerpts.items():
        split, whole = dataset.split(part), dataset.split(excerpt.part)
        ids = excerpt.ids(len(whole))
        assert torch.equal(split.labels, whole.labels[torch.from_numpy(ids)])
        assert torch.equal(split.batch([0]).x, whole.batch([ids[0]]).x)
    parts = [dataset.excerpts[f"causal-{part}"].ids(60) for part in ("train", "valid", "test")]
    assert [len(ids) for ids in parts] == ([50, 10, 60] if name == "mnist" else [60, 36, 24])


@pytest.mark.parametrize("name", SIZES)
def test_real_classes_have_the_published_sizes(real_data, name):
    base, _, chosen = name.partition(":")
    folder = real_data(FOLDERS[base])
    sizes = []
    for excerpt in load_dataset(base).excerpts.values():
        labels = pq.read_table(folder / f"{excerpt.part}-00000-of-00001.parquet", columns=["label"])["label"].to_numpy()
        kept = labels[excerpt.ids(len(labels))]
        sizes.append(int(np.isin(kept, [int(number) for number in chosen.split(",")]).sum()))
    assert tuple(sizes) == SIZES[name]
