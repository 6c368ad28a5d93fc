from __future__ import annotations

import numpy as np
import pytest
import scipy.io
import torch

from engine.data import DataFormatError, DataUnavailableError, load_dataset
from engine.data.flowers102 import NAMES
from tests.data import tiny


@pytest.mark.parametrize("pictures", ["jpg", "images"])
def test_entry_i_belongs_to_picture_i_plus_one(mirror, pictures):
    tiny.flowers102(mirror, pictures=pictures)
    split = load_dataset("flowers102").split("all")
    assert split.labels.tolist() == [label - 1 for label in tiny.LABELS]
    x = split.batch(np.arange(7)).x
    assert x.shape == (7, 3, 144, 144)
    torch.testing.assert_close(x.mean(dim=(1, 2, 3)), torch.arange(1, 8) * 30 / 255, atol=0.01, rtol=0)


def test_classes_are_chosen_by_the_authors_numbers_or_by_name(mirror):
    tiny.flowers102(mirror)
    dataset = load_dataset("flowers102:2,1")
    assert dataset.classes == ("hard-leaved pocket orchid", "pink primrose")
    assert [int(dataset.split(part).labels.bincount().sum()) for part in ("train", "test", "all")] == [4, 2, 6]
    assert dataset.split("all").labels.tolist() == [1, 0, 1, 1, 0, 1]
    pair = load_dataset("flowers102:49,65")
    assert pair.classes == ("oxeye daisy", "californian poppy")
    assert load_dataset("flowers102:Black-Eyed Susan,54").classes == ("black-eyed susan", "sunflower")
    with pytest.raises(KeyError, match=r"Flowers-102 has no class '0'; choose from 1 \(pink primrose\), 2 "):
        load_dataset("flowers102:0,1")


def test_names_are_those_torchvision_lists():
    from torchvision.datasets import Flowers102

    known = getattr(Flowers102, "classes", None)
    if known is None:
        pytest.skip("this torchvision does not name the flowers")
    assert list(NAMES) == [name.rstrip("?") for name in known]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"other": np.ones((1, 7))}, "it has no 'labels'"),
        ({"labels": np.ones((1, 7)) / 2}, r"whole numbers \(1, N\); found float64 \(1, 7\)"),
        ({"labels": np.ones((2, 7), np.uint8)}, r"whole numbers \(1, N\); found uint8 \(2, 7\)"),
        ({"labels": np.array([[0, 5]], np.uint8)}, "labels should be 1 to 102; found 0 to 5"),
        ({"labels": np.array([[1, 103]], np.uint8)}, "labels should be 1 to 102; found 1 to 103"),
    ],
)
def test_a_wrong_label_file_is_described(mirror, content, message):
    path = tiny.flowers102(mirror) / "imagelabels.mat"
    scipy.io.savemat(path, content)
    with pytest.raises(DataFormatError, match=f"is not the label file of Oxford Flowers-102: .*{message}"):
        load_dataset("flowers102").split("test")


@pytest.mark.parametrize("keep", [0, 60, 150, -10])
def test_a_cut_label_file_is_described(mirror, keep):
    path = tiny.flowers102(mirror) / "imagelabels.mat"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DataFormatError, match="is not the label file of Oxford Flowers-102"):
        load_dataset("flowers102").split("test")


def test_what_is_missing_is_named(mirror):
    folder = tiny.flowers102(mirror)
    (folder / "jpg" / "image_00007.jpg").unlink()
    with pytest.raises(DataFormatError, match=r"image_00007\.jpg is missing"):  # fewer pictures than labels
        load_dataset("flowers102").split("test")
    (folder / "jpg").rename(folder / "elsewhere")
    with pytest.raises(DataUnavailableError, match="neither a folder jpg nor images"):
        load_dataset("flowers102").split("test")
    (folder / "imagelabels.mat").unlink()
    with pytest.raises(DataUnavailableError, match=r"There is no .*imagelabels\.mat"):
        load_dataset("flowers102").split("test")


def test_real_flowers102(real_data):
    real_data("flowers-102")
    split = load_dataset("flowers102:49,65").split("all")
    assert split.labels.bincount().tolist() == [49, 102]
