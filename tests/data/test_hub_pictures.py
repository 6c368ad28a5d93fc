"""The data sets in Hub layout beside MNIST: their columns, sizes, splits and real files."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from engine.data import CacheFullError, DataFormatError, load_dataset
from engine.data.celeba import ATTRIBUTES
from tests.data import tiny

HUB = ("celeba", "cifar10", "fashion", "flowers", "mnist")


@pytest.mark.parametrize("name", ["cifar10", "fashion"])
def test_pictures_and_labels_arrive_unchanged(mirror, name):
    tiny.hub(mirror, name)
    dataset = load_dataset(name)
    split = dataset.split("test")
    batch = split.batch(np.arange(7))
    assert batch.labels.tolist() == [0, 3, 6, 9, 2, 5, 8]
    pixels = torch.from_numpy(tiny.noise(1, 7, *((28, 28) if name == "fashion" else (32, 32, 3))))
    expected = pixels[:, None] if name == "fashion" else pixels.permute(0, 3, 1, 2)
    assert torch.equal(batch.x, expected.float() / 255)


def test_attributes_are_factors_in_their_order(mirror):
    columns = {name: np.arange(7) == k % 7 for k, name in enumerate(ATTRIBUTES)}
    tiny.hub(mirror, "celeba", columns=dict(sorted(columns.items(), reverse=True)) | {"celeb_id": np.arange(7)})
    split = load_dataset("celeba").split("valid")
    assert split.labels is None
    assert split.factors.dtype == torch.float32 and split.factors.shape == (7, 40)
    for k in range(40):
        assert split.factors[:, k].tolist() == [float(row == k % 7) for row in range(7)]


def test_the_hubs_own_faces_are_cut_like_the_small_copies(mirror):
    faces = tiny.noise(5, 2, 218, 178, 3)
    tiny.hub(mirror, "celeba", pictures=faces)
    x = load_dataset("celeba").split("test").batch([1]).x[0]
    middle = Image.fromarray(faces[1, 20:198]).resize((128, 128), Image.Resampling.LANCZOS)
    assert torch.equal(x, torch.from_numpy(np.array(middle)).permute(2, 0, 1).float() / 255)


def test_faces_of_another_size_are_refused(mirror):
    tiny.hub(mirror, "celeba", pictures=tiny.noise(5, 2, 178, 178, 3))
    with pytest.raises(DataFormatError, match=r"Picture 0 of .* is 178 x 178 .* have 128 x 128 or 178 x 218"):
        load_dataset("celeba").split("test")


def test_all_goes_through_the_stored_splits_in_order(mirror):
    tiny.hub(mirror, "celeba")
    dataset = load_dataset("celeba")
    parts = [dataset.split(name) for name in ("train", "valid", "test")]
    everything = dataset.split("all")
    assert torch.equal(everything.factors, torch.cat([part.factors for part in parts]))
    assert torch.equal(everything.batch([7]).x, parts[1].batch([0]).x)


def test_flowers_of_any_size_become_squares(mirror):
    shapes = [(60, 90, 3), (200, 160, 3), (160, 160), (30, 20, 4)]
    tiny.hub(mirror, "flowers", pictures=[tiny.noise(k, *shape) for k, shape in enumerate(shapes)])
    assert load_dataset("flowers").split("all").batch([0, 1, 2, 3]).x.shape == (4, 3, 144, 144)
    small = load_dataset("flowers@64")
    assert (small.name, small.space.shape) == ("flowers@64", (3, 64, 64))
    assert small.split("test").batch([1, 3]).x.shape == (2, 3, 64, 64)
    assert load_dataset("flowers").space.shape == (3, 144, 144)


@pytest.mark.parametrize(
    ("name", "column", "value", "highest"),
    [("fashion", "label", 10, 9), ("cifar10", "label", -1, 9), ("flowers", "label", 5, 4), ("celeba", "Young", -1, 1)],
)
def test_values_that_are_no_class_are_named(mirror, name, column, value, highest):
    tiny.hub(mirror, name, columns={column: [0, 1, value, 0, 1, 0, 1]})
    with pytest.raises(DataFormatError, match=rf"Row 2 of .* has {column} {value}; .* 0 to {highest} there"):
        load_dataset(name).split("test")


@pytest.mark.parametrize("name", HUB)
def test_a_missing_column_and_a_cut_file_are_named(mirror, name, write_parquet):
    folder = tiny.hub(mirror, name)
    for file in folder.iterdir():
        file.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(DataFormatError, match="damaged or cut short"):
        load_dataset(name).split("test")
    source = load_dataset(name).source
    write_parquet(folder / "test-00000-of-00001.parquet", [], {"other": []}, image=source.image)
    with pytest.raises(DataFormatError, match=rf"has no column '{source.columns[0]}', only \["):
        load_dataset(name).split("test")


def test_a_full_disk_leaves_no_pictures_behind(mirror, cache, monkeypatch):
    tiny.hub(mirror, "flowers")
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 1000})())
    with pytest.raises(CacheFullError, match=f"{7 * 3 * 144 * 144:,} bytes are needed"):
        load_dataset("flowers").split("test")
    monkeypatch.undo()
    assert list((cache / "data").glob("*images*.np*")) == []


def test_real_clothes(real_data):
    real_data("zalando-datasets/fashion_mnist")
    split = load_dataset("fashion").split("test")
    assert split.labels.bincount().tolist() == [1000] * 10
    assert split.labels[:5].tolist() == [9, 2, 1, 1, 6]
    assert float(split.batch(np.arange(1000)).x.mean()) == pytest.approx(0.287, abs=0.01)


def test_real_small_photographs(real_data):
    real_data("uoft-cs/cifar10")
    split = load_dataset("cifar10").split("test")
    assert split.labels.bincount().tolist() == [1000] * 10
    assert split.labels[:5].tolist() == [3, 8, 8, 0, 6]


def test_real_faces(real_data):
    real_data("flwrlabs/celeba")
    split = load_dataset("celeba:Male").split("valid")
    assert len(split) in (1500, 19_867)  # the small copy, or all of them
    assert 0.38 < float(split.labels.float().mean()) < 0.48
    assert split.batch([0, 1]).x.shape == (2, 3, 128, 128)


def test_real_flowers(real_data):
    real_data("tf_flowers")
    split = load_dataset("flowers:daisy,sunflowers").split("test")
    assert split.labels.bincount().tolist() == [100, 100]
    yellow = split.batch(np.arange(len(split))).x.mean(dim=(2, 3))
    red_over_blue = yellow[:, 0] - yellow[:, 2]
    assert red_over_blue[split.labels == 1].mean() > red_over_blue[split.labels == 0].mean()
