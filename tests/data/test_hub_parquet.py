from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data import CacheFullError, DataFormatError
from engine.data.hub_parquet import ByteImages, HubParquet, find_files, open_split

GREY = HubParquet(repository="owner/grey", folder="default", image="image", columns=("label",), size=(8, 6), channels=1)
COLOUR = HubParquet(
    repository="owner/faces", folder="img+attr", image="img", columns=("Smiling", "Young"), size=(8, 8), channels=3
)
PIXELS = np.random.default_rng(0).integers(0, 256, (5, 8, 6), dtype=np.uint8)
LABELS = [3, 1, 4, 1, 5]


@pytest.fixture
def grey(mirror, write_parquet):
    """Five pictures in the mirror; returns their file."""
    path = mirror / "owner" / "grey" / "default" / "train-00000-of-00001.parquet"
    return write_parquet(path, PIXELS, {"label": LABELS})


@pytest.mark.usefixtures("grey")
def test_pictures_and_columns_arrive_unchanged():
    decoded = open_split(GREY, "train")
    np.testing.assert_array_equal(decoded.images[:, 0], PIXELS)
    np.testing.assert_array_equal(decoded.columns, np.array(LABELS)[:, None])
    assert isinstance(decoded.images, np.memmap)
    assert decoded.images.dtype == np.uint8


def test_a_second_opening_decodes_nothing(grey, monkeypatch):
    open_split(GREY, "train")
    monkeypatch.setattr("PIL.Image.open", lambda *args, **options: pytest.fail("decoded again"))
    np.testing.assert_array_equal(open_split(GREY, "train").images[:, 0], PIXELS)


def test_other_content_under_the_same_name_is_decoded_anew(grey, write_parquet):
    open_split(GREY, "train")
    write_parquet(grey, 255 - PIXELS, {"label": LABELS})
    np.testing.assert_array_equal(open_split(GREY, "train").images[:, 0], 255 - PIXELS)


def test_colour_pictures_with_boolean_attributes(mirror, write_parquet):
    pixels = np.random.default_rng(1).integers(0, 256, (3, 8, 8, 3), dtype=np.uint8)
    attributes = {"Smiling": [True, False, True], "Young": [False, False, True], "celeb_id": [7, 8, 9]}
    path = mirror / "owner" / "faces" / "img+attr" / "test-00000-of-00001.parquet"
    write_parquet(path, pixels, attributes, image="img")
    decoded = open_split(COLOUR, "test")
    np.testing.assert_array_equal(decoded.images, pixels.transpose(0, 3, 1, 2))
    assert decoded.columns.tolist() == [[1, 0], [0, 0], [1, 1]]


def test_shards_are_read_in_order(mirror, write_parquet):
    folder = mirror / "owner" / "grey" / "default"
    write_parquet(folder / "train-00001-of-00002.parquet", PIXELS[2:], {"label": LABELS[2:]})
    write_parquet(folder / "train-00000-of-00002.parquet", PIXELS[:2], {"label": LABELS[:2]})
    assert [path.name[6:11] for path in find_files(GREY, "train")] == ["00000", "00001"]
    np.testing.assert_array_equal(open_split(GREY, "train").images[:, 0], PIXELS)


@pytest.mark.parametrize("keep", [0.3, 0.99])
def test_a_truncated_file_is_named(grey, keep):
    content = grey.read_bytes()
    grey.write_bytes(content[: int(len(content) * keep)])
    with pytest.raises(DataFormatError, match=r"train-00000-of-00001\.parquet is damaged or cut short.*get the file"):
        open_split(GREY, "train")


def test_damaged_pages_leave_no_cache(grey, cache):
    content = bytearray(grey.read_bytes())
    content[8:200] = bytes(192)
    grey.write_bytes(content)
    with pytest.raises(DataFormatError):
        open_split(GREY, "train")
    assert list((cache / "data").glob("*images*.np*")) == []


@pytest.mark.parametrize(("missing", "columns"), [("label", {"other": LABELS}), ("image", {"label": LABELS})])
def test_a_missing_column_is_named_with_what_is_there(mirror, write_parquet, missing, columns):
    path = mirror / "owner" / "grey" / "default" / "train-00000-of-00001.parquet"
    write_parquet(path, PIXELS, columns, image="img" if missing == "image" else "image")
    with pytest.raises(DataFormatError, match=rf"has no column '{missing}', only \["):
        open_split(GREY, "train")


def test_missing_values_are_refused(mirror, write_parquet):
    path = mirror / "owner" / "grey" / "default" / "train-00000-of-00001.parquet"
    write_parquet(path, PIXELS, {"label": [1, None, 2, 3, 4]})
    with pytest.raises(DataFormatError, match=r"Column 'label' of .* has missing values"):
        open_split(GREY, "train")


@pytest.mark.parametrize(
    ("pixels", "message"),
    [
        (np.zeros((2, 8, 8), np.uint8), r"Picture 0 of .* is 8 x 8 pixels, mode L; it should have 6 x 8"),
        (np.zeros((2, 8, 6, 3), np.uint8), "mode RGB; it should have 6 x 8, mode L"),
    ],
)
def test_pictures_of_another_size_or_mode_are_refused(mirror, write_parquet, cache, pixels, message):
    path = mirror / "owner" / "grey" / "default" / "train-00000-of-00001.parquet"
    write_parquet(path, pixels, {"label": [0, 1]})
    with pytest.raises(DataFormatError, match=message):
        open_split(GREY, "train")
    assert list((cache / "data").glob("*images*.np*")) == []


def test_a_picture_that_does_not_decode_is_named(mirror):
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = mirror / "owner" / "grey" / "default" / "train-00000-of-00001.parquet"
    path.parent.mkdir(parents=True)
    pq.write_table(pa.table({"image": [{"bytes": b"GIF89a", "path": None}], "label": [1]}), path)
    with pytest.raises(DataFormatError, match=r"Picture 0 of .* cannot be decoded"):
        open_split(GREY, "train")


@pytest.mark.usefixtures("grey")
def test_a_full_disk_leaves_the_cache_absent(cache, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 100})())
    with pytest.raises(CacheFullError, match="240 bytes are needed"):  # 5 x 8 x 6 pixels; the labels took 40
        open_split(GREY, "train")
    monkeypatch.undo()
    monkeypatch.setenv("LATENT_EXPLORER_CACHE", str(cache))
    assert list((cache / "data").glob("*images*.np*")) == []


@given(data=st.data())
@settings(deadline=None, max_examples=30)
def test_a_batch_over_several_parts_equals_its_rows_alone(data):
    parts = [PIXELS[:2, None], PIXELS[2:4, None], PIXELS[4:, None]]
    ids = np.array(data.draw(st.lists(st.integers(0, 4), min_size=1, max_size=8)), dtype=np.int64)
    images = ByteImages(parts).read(ids)
    alone = torch.cat([ByteImages(parts).read(ids[i : i + 1]) for i in range(len(ids))])
    assert torch.equal(images, alone)
    assert torch.equal(images[:, 0], torch.from_numpy(PIXELS[ids]).float() / 255)
