from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data.dsprites import NUM_IMAGES, factor_values
from engine.data.sprites import render

SQUARE, ELLIPSE, HEART = 1, 2, 3
SCALES = [0.5, 0.6, 0.7, 0.8, 0.9, 1.0]

factor_rows = st.lists(
    st.tuples(
        st.sampled_from([SQUARE, ELLIPSE, HEART]),
        st.floats(0.5, 1.0),
        st.floats(-7.0, 7.0),
        st.floats(0.0, 1.0),
        st.floats(0.0, 1.0),
    ),
    min_size=1,
    max_size=6,
)


@pytest.mark.parametrize(
    ("shape", "areas", "tolerance"),
    [
        (SQUARE, [100, 144, 196, 256, 324, 400], 0),
        (ELLIPSE, [76, 104, 144, 184, 228, 288], 2),
        (HEART, [58, 84, 108, 140, 182, 222], 2),
    ],
)
def test_upright_sprites_have_the_areas_of_the_official_frames(shape, areas, tolerance):
    images = render([[shape, scale, 0.0, 0.5, 0.5] for scale in SCALES])
    difference = np.abs(images.sum(axis=(1, 2)).astype(int) - areas)
    assert difference.max() <= tolerance


def test_pixels_are_zeros_and_ones_in_bytes():
    images = render(factor_values(np.arange(0, NUM_IMAGES, 9973)))
    assert images.dtype == np.uint8
    assert images.shape[1:] == (64, 64)
    assert set(np.unique(images)) == {0, 1}


@given(rows=factor_rows)
@settings(deadline=None, max_examples=30)
def test_every_pixel_agrees_with_a_test_of_its_centre(rows):
    images = render(rows)
    # a centre nearer to the outline than single precision resolves may fall on either side
    wrong = sum(int((image != plain(row)).sum()) for image, row in zip(images, rows, strict=True))
    assert wrong <= 1


@given(rows=factor_rows)
@settings(deadline=None, max_examples=30)
def test_a_batch_equals_its_rows_alone(rows):
    alone = np.concatenate([render([row]) for row in rows])
    np.testing.assert_array_equal(render(rows), alone)


def test_growing_orientation_turns_counter_clockwise():
    upright, turned = render([[HEART, 1.0, 0.0, 0.5, 0.5], [HEART, 1.0, np.pi / 2, 0.5, 0.5]])
    lines = upright.sum(axis=1)[upright.any(axis=1)]
    assert lines[-1] < lines[0]  # upright means lobes up, tip down
    assert (turned != np.rot90(upright)).sum() <= 2  # numpy turns counter-clockwise, too
    assert (turned != np.rot90(upright, -1)).sum() > 50


def test_sprites_move_right_and_down_by_32_pixels_over_the_range():
    start, right, down = render([[ELLIPSE, 0.8, 1.0, *position] for position in [(0, 0), (1, 0), (0, 1)]])
    np.testing.assert_array_equal(np.roll(start, 32, axis=1), right)
    np.testing.assert_array_equal(np.roll(start, 32, axis=0), down)


def test_first_and_last_orientation_are_the_same_picture():
    rows = [[shape, scale, angle, 0.3, 0.7] for angle in (0.0, 2 * np.pi) for shape in (1, 2, 3) for scale in SCALES]
    images = render(rows)
    np.testing.assert_array_equal(images[:18], images[18:])


def test_positions_beyond_the_range_cut_the_sprite_off():
    images = render([[SQUARE, 1.0, 0.0, -0.5, 0.5], [SQUARE, 1.0, 0.0, 5.0, 0.5], [SQUARE, 3.0, 0.0, 0.5, 0.5]])
    assert images[0].sum() == 200  # centred on the left border: half of it
    assert images[1].sum() == 0
    assert images[2].sum() == 58 * 58  # 3 x 19.2 px


def test_no_rows_give_no_pictures():
    assert render(np.zeros((0, 5))).shape == (0, 64, 64)


@pytest.mark.parametrize(
    ("factors", "message"),
    [
        ([[1.0, 1.0, 0.0, 0.5]], r"\(N, 5\); got shape \(1, 4\)"),
        ([[4.0, 1.0, 0.0, 0.5, 0.5]], r"1 \(square\), 2 \(ellipse\) or 3 \(heart\); got \[4"),
        ([[1.0, 0.0, 0.0, 0.5, 0.5]], "scale should be positive; got 0"),
        ([[1.0, 1.0, np.nan, 0.5, 0.5]], "finite"),
    ],
)
def test_impossible_factors_are_refused(factors, message):
    with pytest.raises(ValueError, match=message):
        render(factors)


def test_rendering_is_fast_enough_for_training():
    factors = factor_values(np.random.default_rng(0).integers(0, NUM_IMAGES, 4096))
    rates = []
    for _ in range(5):
        start = time.process_time()
        render(factors)
        rates.append(len(factors) / (time.process_time() - start))
    assert max(rates) >= 20_000  # per second of processor time


def plain(row):
    """One sprite by the book: the spec's formulas over the whole canvas, even-odd rule for the heart's polygon."""
    shape, scale, theta, x, y = row
    centre = np.arange(64) + 0.5
    u = ((centre - 16 - 32 * x) / (64 * scale))[None, :]
    v = ((centre - 16 - 32 * y) / (64 * scale))[:, None]
    p, q = u * np.cos(theta) - v * np.sin(theta), u * np.sin(theta) + v * np.cos(theta)
    if shape == SQUARE:
        return (np.abs(p) <= 0.15) & (np.abs(q) <= 0.15)
    if shape == ELLIPSE:
        return (p / 0.1995) ** 2 + (q / 0.11275) ** 2 <= 1
    t = np.arange(400) * (2 * np.pi / 400)
    across = (0.3 / 32) * 16 * np.sin(t) ** 3
    along = -0.01035 * (13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)) - 0.0225
    inside = np.zeros((64, 64), dtype=bool)
    for (p0, q0), (p1, q1) in zip(
        zip(across, along, strict=True), zip(np.roll(across, -1), np.roll(along, -1), strict=True), strict=True
    ):
        crosses = (q0 > q) != (q1 > q)
        with np.errstate(divide="ignore", invalid="ignore"):
            inside ^= crosses & (p < (p1 - p0) * (q - q0) / (q1 - q0) + p0)
    return inside
