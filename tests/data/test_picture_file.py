"""Picture files and pasted numbers as examples: every mode, size and polarity; everything changed is said."""

from __future__ import annotations

import io
import random
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
import torch
from PIL import Image

from engine.data.picture_file import PictureError, read_picture, read_series
from engine.interfaces import Space

GREY, COLOUR, CURVE = (
    Space(kind="image", shape=(1, 28, 28)),
    Space(kind="image", shape=(3, 8, 8)),
    Space(kind="series", shape=(4,)),
)


def file_of(picture, kind="PNG", **more):
    buffer = io.BytesIO()
    picture.save(buffer, format=kind, **more)
    return buffer.getvalue()


def ramp(width=28, height=28):
    return Image.fromarray(np.linspace(0, 255, width * height).reshape(height, width).astype(np.uint8))


def test_a_picture_of_the_right_kind_is_taken_as_it_is():
    prepared = read_picture(file_of(ramp()), GREY, invert="no")
    torch.testing.assert_close(prepared.x[0, 0] * 255, torch.from_numpy(np.asarray(ramp()).astype(np.float32)))
    assert prepared.notes == ()


@pytest.mark.parametrize(
    ("picture", "said"),
    [
        (Image.new("RGB", (28, 28), (255, 0, 0)), "turned into grey"),
        (Image.new("RGBA", (28, 28), (0, 0, 0, 0)), "Transparent parts"),
        (Image.new("LA", (28, 28), (0, 255)), "Transparent parts"),
        (Image.new("CMYK", (28, 28), (0, 255, 0, 0)), "CMYK"),
        (Image.new("P", (28, 28)), "turned into grey"),
        (Image.new("1", (28, 28)), ""),
        (Image.fromarray(np.full((28, 28), 40_000, np.uint16)), "8 bits"),
        (Image.new("L", (60, 40)), "Resized from 60 x 40 to 28 x 28"),
    ],
    ids=lambda value: getattr(value, "mode", None),
)
def test_other_modes_and_sizes_are_converted_and_that_is_said(picture, said):
    prepared = read_picture(file_of(picture, "TIFF" if picture.mode == "CMYK" else "PNG"), GREY, invert="no")
    assert prepared.x.shape == (1, 1, 28, 28)
    assert 0 <= float(prepared.x.min()) <= float(prepared.x.max()) <= 1
    assert said in " ".join(prepared.notes)


def test_sixteen_bits_keep_their_share_of_the_range():
    picture = Image.fromarray(np.full((28, 28), 32_768, np.uint16))
    assert float(read_picture(file_of(picture), GREY, invert="no").x.mean()) == pytest.approx(0.5, abs=0.01)


def test_grey_becomes_colour_where_the_model_has_colours():
    x = read_picture(file_of(ramp(8, 8)), COLOUR).x
    assert x.shape == (1, 3, 8, 8)
    assert torch.equal(x[:, 0], x[:, 2])


def test_transparent_is_white():
    assert float(read_picture(file_of(Image.new("RGBA", (8, 8))), COLOUR).x.min()) == 1.0


def test_dark_on_white_is_exchanged_for_grey_models_unless_told_not_to():
    page = file_of(Image.new("L", (28, 28), 255))
    exchanged = read_picture(page, GREY)
    assert float(exchanged.x.max()) == 0
    assert "border is bright" in exchanged.notes[1]
    assert float(read_picture(page, GREY, invert="no").x.min()) == 1
    assert float(read_picture(page, COLOUR).x.min()) == 1


@pytest.mark.parametrize("space", [GREY, COLOUR], ids=["grey", "colour"])
@pytest.mark.parametrize(("ink", "blank"), [("white", True), ((248, 249, 250, 255), True), ("black", False)])
def test_a_result_in_which_nothing_can_be_seen_says_what_to_do(space, ink, blank):
    drawing = Image.new("RGBA", (200, 200), (0, 0, 0, 0))
    drawing.paste(ink, (80, 20, 120, 180))
    notes = read_picture(file_of(drawing), space).notes
    assert (notes[0].startswith("Nothing can be seen in the result")) == blank
    assert sum("Nothing can be seen" in note for note in notes) == blank


def test_padding_shows_all_cropping_the_middle_stretching_ignores_proportions():
    wide = Image.new("L", (80, 40), 0)
    wide.paste(200, (0, 0, 10, 40))  # a bar at the left edge
    padded, cropped, stretched = (
        read_picture(file_of(wide), GREY, fit=fit, invert="no").x[0, 0] for fit in ("pad", "crop", "stretch")
    )
    assert float(padded[14, 1]) > 0.6
    assert float(padded[1, 1]) == pytest.approx(0, abs=0.05)
    assert float(cropped.max()) < 0.05
    assert float(stretched[1, 1]) > 0.6


@pytest.mark.parametrize(
    ("size", "said"),
    [((80, 40), "Padded above and below."), ((40, 80), "Padded left and right."), ((81, 80), None), ((28, 28), None)],
)
def test_padding_that_fills_a_row_of_the_result_is_told(size, said):
    wide = file_of(Image.new("L", size, 9))
    told = [note for note in read_picture(wide, GREY).notes if note.startswith("Padded")]
    assert told == ([said] if said else [])
    assert not any("Padded" in note for note in read_picture(wide, GREY, fit="crop").notes)


def test_trimmed_content_fills_twenty_of_28_pixels():
    big = Image.new("L", (300, 200), 0)
    big.paste(255, (10, 20, 60, 120))
    x = read_picture(file_of(big), GREY, fit="trim").x[0, 0]
    rows = (x > 0.5).any(dim=1).nonzero().flatten()
    assert int(rows[-1] - rows[0]) + 1 == pytest.approx(20, abs=1)
    assert float(rows.float().mean()) == pytest.approx(13.5, abs=1)


def test_the_first_frame_of_an_animation_is_taken():
    data = file_of(Image.new("L", (28, 28), 0), "GIF", save_all=True, append_images=[Image.new("L", (28, 28), 255)])
    prepared = read_picture(data, GREY)
    assert float(prepared.x.max()) == 0
    assert "First frame of an animation with 2 frames." in prepared.notes
    pages = file_of(Image.new("L", (28, 28)), "TIFF", save_all=True, append_images=[Image.new("L", (28, 28), 9)])
    assert "First frame of a file with 2 frames." in read_picture(pages, GREY).notes


def test_a_turned_photograph_is_put_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    data = file_of(ramp(28, 28).convert("RGB"), "JPEG", exif=exif, quality=95)
    prepared = read_picture(data, GREY, invert="no")
    assert "Turned upright" in " ".join(prepared.notes)
    assert float(prepared.x[0, 0, 14, 26]) < float(prepared.x[0, 0, 14, 1])


def test_a_hundred_megapixels_are_refused_before_they_are_decoded():
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 10_000, 10_000, 8, 0, 0, 0, 0))  # and no pixels at all
    with pytest.raises(
        PictureError, match=r"10000 x 10000 pixels \(100 megapixels\); at most 40 megapixels.*Scale it down"
    ):
        read_picture(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", b"") + chunk(b"IEND", b""), GREY)
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0))
    with pytest.raises(PictureError, match="far too large"):
        read_picture(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", b"") + chunk(b"IEND", b""), GREY)


def test_what_is_no_picture_says_so():
    with pytest.raises(PictureError, match="not a picture that can be read"):
        read_picture(b"hello", GREY)
    with pytest.raises(PictureError, match="not a picture that can be read"):
        read_picture(b"<svg xmlns='http://www.w3.org/2000/svg'/>", GREY)
    with pytest.raises(PictureError, match="damaged or cut short"):
        read_picture(file_of(ramp(200, 200).convert("RGB"), "JPEG")[:900], GREY)


def test_a_deep_picture_is_reduced_before_it_is_scaled():
    data = file_of(Image.fromarray(np.full((4000, 4000), 32_768, np.uint16)))  # 32 MB of pixels
    tracemalloc.start()
    prepared = read_picture(data, GREY, invert="no")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100e6
    assert prepared.notes[-1] == "Resized from 4000 x 4000 to 28 x 28 pixels."
    torch.testing.assert_close(prepared.x, torch.full((1, 1, 28, 28), 0.5), atol=0.01, rtol=0)


@pytest.mark.parametrize("kind", ["I;16", "I;16B", "I", "F"])
def test_large_deep_pictures_keep_what_they_show(kind):
    ramp = np.repeat(np.linspace(0, 60_000, 2048)[None], 8, axis=0)
    dtype = {"I;16": "<u2", "I;16B": ">u2", "I": "<i4", "F": "<f4"}[kind]
    picture = Image.frombytes(kind, (2048, 8), ramp.astype(dtype).tobytes())
    x = read_picture(file_of(picture, "TIFF"), GREY, fit="stretch", invert="no").x[0, 0, 14]
    torch.testing.assert_close(x, (torch.arange(28) + 0.5) / 28 * 60_000 / 65_535, atol=0.02, rtol=0)


def animation():
    frames = [ramp(20, 20), Image.new("L", (20, 20), 255), ramp(20, 20).rotate(90)]
    return file_of(frames[0], "GIF", save_all=True, append_images=frames[1:])


def photograph():
    exif = Image.Exif()
    exif[0x0112] = 6
    return file_of(ramp(20, 20).convert("RGB"), "JPEG", exif=exif)


@pytest.mark.filterwarnings("ignore")  # Pillow warns of some of the damage
@pytest.mark.parametrize(
    "whole",
    [
        animation,
        photograph,
        lambda: file_of(ramp(20, 20), "TIFF", compression="tiff_lzw"),
        lambda: file_of(ramp(20, 20), "TIFF", save_all=True, append_images=[ramp(9, 9)]),
        lambda: file_of(ramp(20, 20).convert("P")),
        lambda: file_of(ramp(20, 20), "BMP"),
        lambda: file_of(ramp(20, 20), "PPM"),
        lambda: file_of(ramp(20, 20).convert("RGBA"), "WEBP"),
    ],
    ids=["GIF", "JPEG", "TIFF", "pages", "PNG", "BMP", "PPM", "WEBP"],
)
def test_whatever_is_damaged_ends_in_a_sentence_or_in_a_picture(whole):
    data, chance = whole(), random.Random(0)
    for _ in range(150):
        damaged = bytearray(data)
        for _ in range(chance.randint(1, 6)):
            place = chance.randrange(min(len(damaged), 400))
            damaged[place] = chance.choice([0, 1, 2, 127, 128, 255, chance.randrange(256)])
        if chance.random() < 0.3:
            del damaged[chance.randrange(len(damaged)) :]
        try:
            assert read_picture(bytes(damaged), GREY).x.shape == (1, 1, 28, 28)
        except PictureError as error:
            assert str(error)


def test_a_frame_that_breaks_pillow_is_damage(monkeypatch):
    from PIL.GifImagePlugin import GifImageFile

    def broken(self):
        raise struct.error("unpack requires a buffer of 4 bytes")

    monkeypatch.setattr(GifImageFile, "n_frames", property(broken))
    with pytest.raises(PictureError, match="damaged or cut short .unpack requires"):
        read_picture(animation(), GREY)


@pytest.mark.parametrize("text", ["1,2,3,4", "1 2\n3 4", "1;2;3;4", "t,x\n0,1\n1,2\n2,3\n3,4", " 1\n2\n3\n4\n"])
def test_numbers_in_many_forms(text):
    assert read_series(text, CURVE).x.tolist() == [[1, 2, 3, 4]]


def test_another_length_is_resampled_and_that_is_said():
    prepared = read_series("0 1 2 3 4 5 6", CURVE)
    assert prepared.x.tolist() == [[0, 2, 4, 6]]
    assert prepared.notes == ("Resampled from 7 to 4 values.",)


@pytest.mark.parametrize(
    ("text", "message"),
    [("1 2 x", "'x' is not a finite"), ("1 nan 2", "'nan'"),
     ("1 -3000000 2", "'-3000000' lies beyond ±1,000,000"), ("5", "got 1"), ("", "got 0")],
)  # fmt: skip
def test_what_is_no_series_says_so(text, message):
    with pytest.raises(PictureError, match=message):
        read_series(text, CURVE)
