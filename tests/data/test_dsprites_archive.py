from __future__ import annotations

import math
import zipfile

import numpy as np
import pytest

from engine.data import DataFormatError, DataUnavailableError, dsprites, load_dataset
from engine.data.dsprites import factor_values
from engine.data.dsprites_archive import ARCHIVE_NAME, archive_identity, packed_archive
from engine.data.sprites import render

SIZES = (1, 1, 2, 32, 32)
ROWS = math.prod(SIZES)


def official_arrays():
    """The first 2048 rows in the official layout, with pictures inverted so that they differ from rendered ones."""
    ids = np.arange(ROWS)
    factors = factor_values(ids)
    classes = np.stack([np.zeros(ROWS, int), *np.unravel_index(ids, (3, 6, 40, 32, 32))], axis=1)
    metadata = {b"title": "dSprites dataset", b"latents_names": (b"color", b"shape")}
    return {
        "metadata": np.array(metadata, dtype=object),
        "imgs": 1 - render(factors),
        "latents_classes": classes.astype(np.int64),
        "latents_values": np.concatenate([np.ones((ROWS, 1)), factors], axis=1),
    }


@pytest.fixture
def write_archive(tmp_path):
    def write(path=tmp_path / ARCHIVE_NAME, *, without=(), **changes):
        arrays = {name: value for name, value in (official_arrays() | changes).items() if name not in without}
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(path, **arrays)
        return path

    return write


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(dsprites, "SIZES", SIZES)
    monkeypatch.setattr(dsprites, "NUM_IMAGES", ROWS)
    monkeypatch.setattr(dsprites, "_PACKED", (ROWS, 512))


def read(path):
    return np.concatenate(list(packed_archive(path, factor_values, ROWS)))


def test_pictures_arrive_in_order_eight_pixels_a_byte(write_archive):
    packed = read(write_archive())
    np.testing.assert_array_equal(np.unpackbits(packed, axis=1).reshape(-1, 64, 64), official_arrays()["imgs"])


@pytest.mark.usefixtures("small")
def test_an_archive_given_by_path_replaces_the_renderer(write_archive, cache):
    split = load_dataset("dsprites", archive=write_archive()).split("all")
    batch = split.batch([0, 100, 2047])
    np.testing.assert_array_equal(batch.x[:, 0].numpy(), official_arrays()["imgs"][[0, 100, 2047]])
    assert [path.name[:17] for path in (cache / "data").glob("*.npy")] == ["dsprites-archive-"]


@pytest.mark.usefixtures("small")
def test_an_archive_in_the_mirror_folder_is_found_and_can_be_declined(write_archive, mirror):
    path = write_archive(mirror / "dsprites" / ARCHIVE_NAME)
    dataset = load_dataset("dsprites")
    assert dataset.archive == path
    assert dataset.split("all").batch([0]).x.mean() > 0.5  # inverted
    assert load_dataset("dsprites", rendered=True).split("all").batch([0]).x.mean() < 0.5


def test_other_content_has_another_identity(write_archive, tmp_path):
    first = archive_identity(write_archive())
    other = write_archive(tmp_path / "other.npz", imgs=official_arrays()["imgs"][::-1])
    assert archive_identity(write_archive()) == first
    assert archive_identity(other) != first


def test_nothing_is_unpickled(tmp_path):
    np.savez(tmp_path / "trap.npz", imgs=np.array([Trap()], dtype=object), latents_values=np.array([Trap()]))
    with pytest.raises(DataFormatError, match="latents_values should be float64"):
        read(tmp_path / "trap.npz")


class Trap:
    def __reduce__(self):
        return pytest.fail, ("the archive was unpickled",)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"without": ("imgs",)}, "no array 'imgs', only"),
        ({"without": ("latents_values",)}, "no array 'latents_values'"),
        ({"imgs": np.zeros((ROWS, 32, 32), np.uint8)}, r"should be uint8 \(2048, 64, 64\); found uint8 \(2048, 32"),
        ({"imgs": np.zeros((ROWS, 64, 64), np.float32)}, "found float32"),
        ({"imgs": np.full((ROWS, 64, 64), 255, np.uint8)}, "zeros and ones; found 255"),
        ({"latents_values": np.zeros((ROWS, 6))}, "not the official ones in the official order"),
    ],
)
def test_a_wrong_archive_is_refused_with_the_reason(write_archive, changes, message):
    path = write_archive(**changes)
    with pytest.raises(DataFormatError, match=message) as caught:
        read(path)
    assert str(path) in str(caught.value)
    assert ARCHIVE_NAME in str(caught.value)


def test_a_file_that_is_no_archive_is_refused(tmp_path):
    path = tmp_path / "picture.npz"
    path.write_bytes(b"not a zip file")
    with pytest.raises(DataFormatError, match="cannot be read as npz"):
        archive_identity(path)
    with pytest.raises(DataFormatError, match="cannot be read as npz"):
        read(path)


def test_a_corrupt_archive_is_refused(write_archive):
    path = write_archive()
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("imgs.npy").header_offset
    content = bytearray(path.read_bytes())
    content[start + 3000 : start + 3200] = bytes(200)
    path.write_bytes(content)
    with pytest.raises(DataFormatError, match="not the official dSprites archive"):
        read(path)


def test_a_missing_archive_is_named(tmp_path):
    with pytest.raises(DataUnavailableError, match=r"No dSprites archive at .*gone\.npz"):
        load_dataset("dsprites", archive=tmp_path / "gone.npz").split("test")
