from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.data import DataFormatError, load_dataset
from engine.data.celeba import ATTRIBUTES
from engine.data.celeba_hq import ANNOTATION, interactivity_split, read_annotation
from tests.data import tiny


def test_the_split_is_the_published_one():
    train, test = interactivity_split(30_000)
    assert (len(train), len(test)) == (22_500, 7500)
    assert train[:5].tolist() == [2308, 22404, 23397, 25058, 2664]
    assert test[:5].tolist() == [8033, 5480, 26594, 14894, 21181]


@pytest.mark.parametrize("num_rows", [8, 1001])
def test_the_split_is_what_pandas_draws(num_rows):
    pandas = pytest.importorskip("pandas")
    order = pandas.Series(range(num_rows)).sample(frac=1, random_state=42).to_numpy()
    np.testing.assert_array_equal(np.concatenate(interactivity_split(num_rows)), order)


def test_faces_and_attributes_belong_together(mirror):
    values = np.where(tiny.noise(9, 8, 40) > 127, 1, -1)
    tiny.celeba_hq(mirror, values)
    split = load_dataset("celeba-hq").split("all")
    np.testing.assert_array_equal(split.factors.numpy(), (values + 1) / 2)
    x = split.batch(np.arange(8)).x
    assert x.shape == (8, 3, 128, 128)
    torch.testing.assert_close(x.mean(dim=(1, 2, 3)), torch.arange(8) * 20 / 255, atol=0.01, rtol=0)
    order = np.concatenate(interactivity_split(8))
    assert load_dataset("celeba-hq").split("train").ids.tolist() == order[:6].tolist()
    test = load_dataset("celeba-hq:Smiling").split("test")
    assert test.labels.tolist() == (values[order[6:], ATTRIBUTES.index("Smiling")] > 0).astype(int).tolist()


def test_another_size_is_cached_beside(mirror, cache):
    tiny.celeba_hq(mirror)
    assert load_dataset("celeba-hq").split("test").batch([0]).x.shape == (1, 3, 128, 128)
    assert load_dataset("celeba-hq@256").split("test").batch([0]).x.shape == (1, 3, 256, 256)
    assert len(list((cache / "data").glob("*.npy"))) == 2


def test_changed_pictures_are_decoded_anew(mirror):
    folder = tiny.celeba_hq(mirror)
    before = load_dataset("celeba-hq").split("all").batch([7]).x
    (folder / "CelebA-HQ-img" / "7.jpg").write_bytes(tiny.encode(tiny.noise(0, 32, 32, 3), "JPEG"))
    assert not torch.equal(load_dataset("celeba-hq").split("all").batch([7]).x, before)


def test_the_header_may_end_without_a_blank(mirror):
    path = tiny.celeba_hq(mirror) / ANNOTATION
    names, factors = read_annotation(path)
    path.write_text(path.read_text().replace("Young \n", "Young\n"))
    again, same = read_annotation(path)
    assert names == again == [f"{number}.jpg" for number in range(8)]
    assert torch.equal(factors, same)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace("8\n", "30000\n", 1), "line 1 announces '30000' pictures, and 8 are annotated"),
        (lambda text: text.replace("Smiling", "Grinning"), "line 2 should name the 40 attributes of CelebA"),
        (lambda text: text.replace("0.jpg ", "0.jpg 2 "), "line 3 should have a file name and 40 values of -1 or 1"),
        (lambda text: text[: text.rindex("1")], "line 10 should have a file name and 40 values"),
        (lambda text: text.replace("3.jpg", "../3.jpg"), "line 6 should begin with the name of a file"),
        (lambda text: "8", "it cannot be read"),
    ],
)
def test_a_wrong_annotation_is_described(mirror, change, message):
    path = tiny.celeba_hq(mirror) / ANNOTATION
    path.write_text(change(path.read_text()))
    with pytest.raises(DataFormatError, match=f"{ANNOTATION} is not the annotation of CelebAMask-HQ: {message}"):
        load_dataset("celeba-hq").split("test")


def test_what_is_missing_is_named(mirror, cache):
    folder = tiny.celeba_hq(mirror)
    (folder / "CelebA-HQ-img" / "5.jpg").write_bytes(b"no picture")
    with pytest.raises(DataFormatError, match=r"5\.jpg cannot be decoded .*; get the file again"):
        load_dataset("celeba-hq").split("test")
    assert list((cache / "data").glob("*images*.np*")) == []
    (folder / "CelebA-HQ-img" / "5.jpg").unlink()
    with pytest.raises(DataFormatError, match=r"5\.jpg is missing"):
        load_dataset("celeba-hq").split("test")
    (folder / ANNOTATION).unlink()
    with pytest.raises(DataFormatError, match=f"{ANNOTATION} .* it cannot be read"):
        load_dataset("celeba-hq").split("test")


def test_real_sharp_faces(real_data):
    real_data("CelebAMask-HQ")
    split = load_dataset("celeba-hq:Smiling").split("test")
    assert len(split) == 7500
    assert split.ids[:2].tolist() == [8033, 5480]
