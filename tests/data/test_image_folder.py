from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.data import DataFormatError, DataUnavailableError, load_dataset
from tests.data import tiny


def test_class_folders_become_classes(mirror):
    folder = tiny.image_folder(mirror / "folder", {"b": 8, "a": 4})
    (folder / "notes.txt").write_text("no class")
    (folder / "empty").mkdir()
    (folder / ".hidden").mkdir()
    (folder / "a" / "readme.md").write_text("no picture")
    (folder / "a" / "._00.png").write_text("what some systems leave beside a file")
    dataset = load_dataset("folder")
    assert dataset.classes == ("a", "b")
    split = dataset.split("all")
    assert split.labels.tolist() == [0] * 4 + [1] * 8
    x = split.batch(np.arange(12)).x
    greys = [60 + number for number in range(4)] + list(range(8))
    torch.testing.assert_close(x.mean(dim=(1, 2, 3)) * 255, torch.tensor(greys).float(), atol=2, rtol=0)
    assert [dataset.split(part).labels.bincount().tolist() for part in ("train", "test")] == [[3, 6], [1, 2]]


def test_another_folder_is_given_in_python_only(mirror, tmp_path):
    tiny.image_folder(tmp_path / "mine", {"x": 3})
    tiny.image_folder(mirror / "pets", {"cat": 2, "dog": 3})
    assert load_dataset("folder", path=tmp_path / "mine", size=32).split("all").batch([0]).x.shape == (1, 3, 32, 32)
    assert load_dataset("folder:dog,cat", path="pets").split("all").labels.tolist() == [1, 1, 0, 0, 0]
    for name in (f"folder/{tmp_path}/mine", "folder/pets", "../folder"):
        with pytest.raises(KeyError, match="No data set"):
            load_dataset(name)


def test_classes_that_look_like_numbers_go_by_name(mirror):
    tiny.image_folder(mirror / "folder", {"1": 1, "10": 2, "2": 3})
    dataset = load_dataset("folder:2,10")
    assert dataset.classes == ("2", "10")
    assert dataset.split("all").labels.bincount().tolist() == [3, 2]


def test_what_is_not_there_is_said(mirror, monkeypatch):
    with pytest.raises(DataUnavailableError, match=rf"no folder {mirror / 'folder'}; put there <class>/\*\.jpg"):
        load_dataset("folder").split("test")
    (mirror / "folder").mkdir()
    with pytest.raises(DataUnavailableError, match=r"has no pictures <class>/\*\.jpg or \*\.png, one folder a class"):
        load_dataset("folder:cats,dogs")
    monkeypatch.delenv("LATENT_EXPLORER_DATA")
    with pytest.raises(DataUnavailableError, match="Set LATENT_EXPLORER_DATA to a folder that has a folder folder"):
        load_dataset("folder").split("test")


def test_a_file_that_is_no_picture_is_named_and_nothing_is_cached(mirror, cache):
    folder = tiny.image_folder(mirror / "folder", {"a": 3})
    (folder / "a" / "01.jpeg").write_text("hello")
    with pytest.raises(DataFormatError, match=r"01\.jpeg cannot be decoded .*take it away"):
        load_dataset("folder").split("test")
    assert list((cache / "data").glob("*images*.np*")) == []


@pytest.mark.parametrize("size", [0, 4, 5000, 32.5, "64"])
def test_a_senseless_size_is_refused(size):
    with pytest.raises(ValueError, match=r"size should be a whole number of pixels from 8 to 1024; got"):
        load_dataset("folder", size=size)
