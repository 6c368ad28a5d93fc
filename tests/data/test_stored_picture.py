from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from engine.data.stored_picture import StoredPictureError, decode
from tests.data.tiny import encode, noise


def photograph(height, width):
    """A smooth picture, which survives JPEG: red grows to the right, green downwards."""
    rows, columns = np.mgrid[0:height, 0:width]
    red, green = 255 * columns / (width - 1), 255 * rows / (height - 1)
    return np.stack([red, green, np.full_like(red, 90)], axis=2).round().astype(np.uint8)


def test_a_picture_of_the_size_keeps_its_pixels():
    pixels = noise(0, 8, 6, 3)
    np.testing.assert_array_equal(decode(encode(pixels, "PNG"), (8, 6)), pixels.transpose(2, 0, 1))
    np.testing.assert_array_equal(decode(encode(pixels[..., 0], "PNG"), (8, 6), 1), pixels[None, ..., 0])


@pytest.mark.parametrize(
    ("picture", "reason"),
    [
        (noise(0, 8, 8, 3), r"is 8 x 8 pixels, mode RGB; it should have 6 x 8 or 4 x 12, mode RGB"),
        (noise(0, 8, 6), "mode L; it should have 6 x 8 or 4 x 12, mode RGB"),
    ],
)
def test_another_size_or_mode_is_refused(picture, reason):
    with pytest.raises(StoredPictureError, match=reason):
        decode(encode(picture, "PNG"), (8, 6), accepts=((12, 4),))


def test_the_middle_of_an_accepted_size_is_resized():
    original = photograph(218, 178)
    pixels = decode(encode(original, "PNG"), (128, 128), accepts=((218, 178),))
    middle = Image.fromarray(original[20:198]).resize((128, 128), Image.Resampling.LANCZOS)
    np.testing.assert_array_equal(pixels, np.asarray(middle).transpose(2, 0, 1))


@pytest.mark.parametrize("shape", [(90, 60), (60, 90), (20, 10), (48, 48)])
def test_a_photograph_of_any_size_becomes_its_middle_square(shape):
    pixels = decode(encode(photograph(*shape), "PNG"), (48, 48), accepts=None)
    assert pixels.shape == (3, 48, 48)
    assert pixels[:2].mean(axis=(1, 2)) == pytest.approx([127.5, 127.5], abs=3)  # the middle stays in the middle
    short, long = (0, 1) if shape[0] > shape[1] else (1, 0)
    assert int(pixels[short].max()) > 235  # the short side is kept whole
    if shape[0] != shape[1]:
        assert int(pixels[long].max()) < 235  # the long one is cut at both ends


def test_any_mode_becomes_colour():
    grey = decode(encode(np.full((20, 20), 77, np.uint8), "PNG"), (10, 10), accepts=None)
    np.testing.assert_array_equal(grey, np.full((3, 10, 10), 77, np.uint8))
    clear = np.zeros((20, 20, 4), np.uint8)
    np.testing.assert_array_equal(decode(encode(clear, "PNG"), (10, 10), accepts=None), np.full((3, 10, 10), 255))


def test_a_turned_photograph_is_put_upright():
    exif, buffer = Image.Exif(), io.BytesIO()
    exif[0x0112] = 6  # to be turned by a quarter, clockwise
    Image.fromarray(photograph(40, 40)).save(buffer, "JPEG", exif=exif, quality=95)
    upright = decode(buffer.getvalue(), (40, 40), accepts=None)
    assert upright[0, 35].mean() > 200 > 50 > upright[0, 5].mean()  # red grew to the right and now grows downwards


def test_a_large_jpeg_is_close_to_what_full_decoding_gives():
    buffer = io.BytesIO()
    Image.fromarray(photograph(1024, 1024)).save(buffer, "JPEG", quality=95)
    full = Image.open(io.BytesIO(buffer.getvalue())).resize((128, 128), Image.Resampling.LANCZOS)
    difference = decode(buffer.getvalue(), (128, 128), accepts=None) - np.asarray(full, dtype=float).transpose(2, 0, 1)
    assert np.abs(difference).max() <= 3


@pytest.mark.parametrize("accepts", [(), None])
@pytest.mark.parametrize("data", [b"", b"GIF89a", encode(noise(0, 40, 40, 3), "JPEG")[:500]])
def test_what_does_not_decode_is_said(data, accepts):
    with pytest.raises(StoredPictureError, match="cannot be decoded"):
        decode(data, (40, 40), accepts=accepts)
