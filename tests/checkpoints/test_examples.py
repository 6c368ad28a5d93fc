from __future__ import annotations

import numpy as np
import pytest
import safetensors.torch
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.checkpoints import CorruptError, Examples, NonFiniteError, SamplesTooLargeError, read_examples
from engine.checkpoints.examples import MAX_BYTES, examples_bytes
from engine.images import encode_jpeg
from engine.interfaces import Space

SERIES = Space(kind="series", shape=(5,), grid=(0.0, 1.0))


def image(*shape):
    return Space(kind="image", shape=shape)


def through_disk(folder, examples, space):
    path = folder / "samples.safetensors"
    path.write_bytes(examples_bytes(examples, space))
    return read_examples(path, space)


def test_pictures_are_stored_as_bytes_and_come_back_to_half_a_grey_level(tmp_path):
    x = torch.rand(4, 3, 6, 5, generator=torch.Generator().manual_seed(0))
    found = through_disk(tmp_path, Examples(x=x, labels=torch.arange(4)), image(3, 6, 5))
    torch.testing.assert_close(found.x, x, rtol=0, atol=0.5001 / 255)
    assert found.x.dtype == torch.float32
    assert found.labels.tolist() == [0, 1, 2, 3]
    assert (tmp_path / "samples.safetensors").stat().st_size < 4 * 90 + 400


@given(seed=st.integers(0, 1000), height=st.integers(1, 9), width=st.integers(1, 9), channels=st.sampled_from([1, 3]))
def test_black_and_white_pictures_cost_a_bit_a_pixel(tmp_path_factory, seed, height, width, channels):
    folder = tmp_path_factory.getbasetemp()
    x = torch.randint(2, (3, channels, height, width), generator=torch.Generator().manual_seed(seed)).float()
    found = through_disk(folder, Examples(x=x), image(channels, height, width))
    assert found.x.equal(x)


def test_dsprites_fit(tmp_path):
    x = torch.randint(2, (1000, 1, 64, 64), generator=torch.Generator().manual_seed(0)).float()
    assert through_disk(tmp_path, Examples(x=x, codes=torch.zeros(1000, 5)), image(1, 64, 64)).x.equal(x)


def test_series_keep_their_values(tmp_path):
    x = torch.randn(4, 5, generator=torch.Generator().manual_seed(0)) * 100
    assert through_disk(tmp_path, Examples(x=x), SERIES).x.equal(x)
    found = through_disk(tmp_path, Examples(x=x.half()), SERIES).x
    assert found.dtype == torch.float32
    assert found.equal(x.half().float())


@given(seed=st.integers(0, 1000), times=st.integers(1, 18), size=st.integers(1, 6))
def test_codes_that_repeat_themselves_are_stored_once(tmp_path_factory, seed, times, size):
    style = torch.randn(5, size, generator=torch.Generator().manual_seed(seed))
    examples = Examples(x=torch.zeros(5, 1, 2, 2), codes=style.repeat(1, times))
    assert torch.equal(through_disk(tmp_path_factory.mktemp("s"), examples, image(1, 2, 2)).codes, examples.codes)
    stored = safetensors.torch.load(examples_bytes(examples, image(1, 2, 2)))
    assert stored.get("codes_once", stored.get("codes")).shape == (5, size)
    mixed = examples.codes.clone()
    mixed[0, 0] += 1  # one picture with another style in its first layer
    examples = Examples(x=examples.x, codes=mixed)
    assert torch.equal(through_disk(tmp_path_factory.mktemp("s"), examples, image(1, 2, 2)).codes, mixed)


def test_extra_arrays_are_kept_as_they_are(tmp_path):
    extra = {"scatter_codes": torch.randn(9, 2).half(), "scatter_labels": torch.arange(9, dtype=torch.uint8)}
    found = through_disk(tmp_path, Examples(x=torch.zeros(2, 5), codes=torch.ones(2, 2), extra=extra), SERIES)
    assert found.extra.keys() == extra.keys()
    assert all(found.extra[name].equal(value) for name, value in extra.items())
    assert found.codes.equal(torch.ones(2, 2))
    assert found.factors is None
    assert len(found) == 2


def test_too_much_is_refused_when_written_and_when_read(tmp_path):
    examples = Examples(x=torch.rand(1200, 1, 32, 32))
    with pytest.raises(SamplesTooLargeError, match=r"keep fewer than the 1200 examples \(about 1023 fit\)"):
        examples_bytes(examples, image(1, 32, 32))
    path = tmp_path / "samples.safetensors"
    path.write_bytes(bytes(MAX_BYTES + 1))
    with pytest.raises(SamplesTooLargeError, match="has 1,048,577 bytes; a checkpoint may carry 1,048,576"):
        read_examples(path, image(3, 32, 32))


def waves(n, side):
    """Smooth colour pictures, each another."""
    axis = torch.linspace(0, 6, side)
    phase = torch.arange(3 * n).reshape(n, 3, 1, 1)
    return 0.5 + 0.5 * torch.sin(axis[:, None] + phase) * torch.cos(0.7 * axis + phase)


def test_large_colour_pictures_are_stored_as_jpeg_and_come_back_nearly_the_same(tmp_path):
    x = waves(40, 96)
    found = through_disk(tmp_path, Examples(x=x), image(3, 96, 96))
    assert found.x.shape == x.shape
    assert (found.x - x).square().mean().sqrt() < 0.02
    assert (tmp_path / "samples.safetensors").stat().st_size < x.numel() / 4


def test_pictures_of_pure_noise_have_room_in_a_jpeg(tmp_path):
    x = torch.rand(3, 3, 320, 320, generator=torch.Generator().manual_seed(0))
    assert through_disk(tmp_path, Examples(x=x), image(3, 320, 320)).x.shape == x.shape


@pytest.mark.parametrize("ends", [[10], [5, 3], [-1], [], [[9]], 9, [9.0]])
def test_jpeg_files_that_do_not_end_where_they_should_are_refused(ends, tmp_path):
    path = tmp_path / "samples.safetensors"
    tensors = {"x_jpeg": torch.zeros(9, dtype=torch.uint8), "x_jpeg_ends": torch.tensor(ends)}
    path.write_bytes(safetensors.torch.save(tensors))
    with pytest.raises(CorruptError, match=r"does not hold examples of shape \(3, 8, 8\)"):
        read_examples(path, image(3, 8, 8))


@pytest.mark.parametrize(
    "tensors",
    [
        {"x_bits": torch.zeros(8, dtype=torch.uint8)},
        {"x_bits": torch.zeros(2, 8)},
        {"x": torch.zeros(2, 1, 8, 8), "labels": torch.tensor(3)},
        {"x": torch.zeros(2, 1, 8, 8), "codes_once": torch.ones(2, 3), "codes_times": torch.tensor(10**9)},
    ],
    ids=["bits without rows", "bits that are floats", "one label for all", "codes that would fill the memory"],
)
def test_arrays_of_another_form_are_refused(tensors, tmp_path):
    path = tmp_path / "samples.safetensors"
    path.write_bytes(safetensors.torch.save(tensors))
    with pytest.raises(CorruptError, match=r"does not hold examples of shape \(1, 8, 8\)"):
        read_examples(path, image(1, 8, 8))


def test_a_jpeg_of_absurd_size_is_refused_unread(tmp_path):
    picture = encode_jpeg(np.zeros((8, 8, 3), dtype=np.uint8))
    place = picture.index(b"\xff\xc0") + 5  # SOF0, its length and its precision; then height and width
    picture = picture[:place] + b"\xff\xdc\xff\xdc" + picture[place + 4 :]
    path = tmp_path / "samples.safetensors"
    tensors = {"x_jpeg": torch.frombuffer(bytearray(picture), dtype=torch.uint8)}
    path.write_bytes(safetensors.torch.save({**tensors, "x_jpeg_ends": torch.tensor([len(picture)])}))
    with pytest.raises(CorruptError, match=r"does not hold examples of shape \(3, 8, 8\)"):
        read_examples(path, image(3, 8, 8))


def test_a_jpeg_of_another_size_is_refused(tmp_path):
    path = tmp_path / "samples.safetensors"
    path.write_bytes(examples_bytes(Examples(x=waves(40, 96)), image(3, 96, 96)))
    with pytest.raises(CorruptError, match="96 x 96 pixels"):
        read_examples(path, image(3, 64, 64))


def test_a_small_file_of_many_large_pictures_is_refused(tmp_path):
    path = tmp_path / "samples.safetensors"
    tensors = {"x_jpeg": torch.zeros(0, dtype=torch.uint8), "x_jpeg_ends": torch.zeros(40, dtype=torch.int64)}
    path.write_bytes(safetensors.torch.save(tensors))
    with pytest.raises(CorruptError, match="40 pictures, too many of this size"):
        read_examples(path, image(3, 1024, 1024))


def test_rows_must_agree():
    with pytest.raises(ValueError, match="labels should have a row for each of the 3 examples; got 2"):
        Examples(x=torch.zeros(3, 5), labels=torch.zeros(2))


def test_pictures_of_another_size_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"examples\.x should be \(N, 1, 4, 4\); got \(2, 1, 5, 5\)"):
        examples_bytes(Examples(x=torch.zeros(2, 1, 5, 5)), image(1, 4, 4))
    path = tmp_path / "samples.safetensors"
    for x in ({"x": torch.zeros(2, 5, 1, 1, dtype=torch.uint8)}, {"x_bits": torch.zeros(2, 9, dtype=torch.uint8)}, {}):
        path.write_bytes(safetensors.torch.save({"other": torch.zeros(1), **x}))
        with pytest.raises(CorruptError, match=r"does not hold examples of shape \(1, 4, 4\)"):
            read_examples(path, image(1, 4, 4))


def test_codes_that_are_not_finite_are_refused():
    with pytest.raises(NonFiniteError, match="codes"):
        examples_bytes(Examples(x=torch.zeros(1, 5), codes=torch.tensor([[float("nan")]])), SERIES)


def test_no_examples_at_all(tmp_path):
    assert through_disk(tmp_path, Examples(x=torch.zeros(0, 3, 6, 5)), image(3, 6, 5)).x.shape == (0, 3, 6, 5)
