"""Moving pictures: the identity, the plain recipe step by step, there and back, exact copies, derivatives."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from engine.objectives.adaptive_augmentation.bilinear import sample_bilinear
from engine.objectives.adaptive_augmentation.chance import Chance
from engine.objectives.adaptive_augmentation.geometry import GEOMETRY, draw_geometry
from engine.objectives.adaptive_augmentation.resampling import SYM6, copy_pixels, resample

ALL = ("mirror", "quarter-turns", "whole-shift", "zoom", "turn", "stretch", "turn", "shift")


def noise(*shape, seed=0, dtype=torch.float32):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype) * 2 - 1


def matrices(n, size, names=ALL, seed=0, p=1.0):
    return draw_geometry(names, Chance(n=n, p=p, generator=torch.Generator().manual_seed(seed)), size)


def affine(a=1.0, b=0.0, c=0.0, d=0.0, e=1.0, f=0.0):
    return torch.tensor([[[a, b, c], [d, e, f], [0, 0, 1]]], dtype=torch.float64)


def waves():
    """A smooth picture of radius 14 in the middle of 64 pixels of nothing: no border to matter."""
    y, x = torch.meshgrid(*[torch.arange(64, dtype=torch.float64) - 31.5] * 2, indexing="ij")
    return (torch.exp(-(x**2 + y**2) / (2 * 4**2)) * torch.cos(0.4 * x - 0.3 * y + 0.5))[None, None]


@pytest.mark.parametrize("channels", [1, 3])
def test_the_identity_gives_the_picture(channels):
    x, identity = noise(4, channels, 32, 32), torch.eye(3, dtype=torch.float64).repeat(4, 1, 1)
    torch.testing.assert_close(resample(x, identity), x, atol=4e-6, rtol=0)
    wide = noise(4, channels, 20, 28, dtype=torch.float64)  # what is left in float32 is rounding
    torch.testing.assert_close(resample(wide, identity), wide, atol=1e-10, rtol=0)


def plain(x, inverse):
    """The recipe in the steps of its description: pad, insert zeros, convolve, sample, convolve, drop every other."""
    height, width = x.shape[2:]
    taps = torch.tensor(SYM6, dtype=x.dtype)
    taps = torch.outer(taps, taps) / taps.sum() ** 2
    padded = functional.pad(x, (width - 1, width - 1, height - 1, height - 1), mode="reflect")
    spread = torch.zeros(*padded.shape[:2], 2 * padded.shape[2], 2 * padded.shape[3], dtype=x.dtype)
    spread[:, :, ::2, ::2] = padded
    fine = functional.conv2d(functional.pad(spread, (6, 5, 6, 5)), 4 * taps.flip(0, 1)[None, None])

    def scale(s):
        return affine(a=s, e=s)[0]

    def translate(t):
        return affine(c=t, f=t)[0]

    # Twice the pixels; the filter's middle lies half a fine pixel off.
    inverse = translate(-0.5) @ scale(2.0) @ inverse @ scale(0.5) @ translate(0.5)
    rows, columns = 2 * (height + 6), 2 * (width + 6)
    relative = scale(1.0)
    relative = torch.diag(torch.tensor([2 / fine.shape[3], 2 / fine.shape[2], 1.0], dtype=torch.float64)) @ inverse
    relative = relative @ torch.diag(torch.tensor([columns / 2, rows / 2, 1.0], dtype=torch.float64))
    grid = functional.affine_grid(relative[:, :2].to(x), [len(x), 1, rows, columns], align_corners=False)
    sampled = functional.grid_sample(fine, grid, align_corners=False)
    return functional.conv2d(sampled, taps[None, None])[:, :, 1::2, 1::2][:, :, :height, :width]


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), height=st.integers(16, 24), width=st.integers(16, 24))
def test_it_is_the_plain_recipe(seed, height, width):
    x = noise(3, 1, height, width, seed=seed, dtype=torch.float64)
    inverse = matrices(3, (height, width), ("quarter-turns", "zoom", "turn", "stretch"), seed=seed)
    inverse[0] = affine(a=2.5, e=2.5, c=3.0)[0]  # far out on all sides: the most that reflection gives
    torch.testing.assert_close(resample(x, inverse), plain(x, inverse), atol=1e-9, rtol=0)


@pytest.mark.parametrize("name", GEOMETRY)
def test_there_and_back_again(name):
    inverse = matrices(40, (64, 64), (name,), seed=1)
    sizes = torch.linalg.svdvals(inverse[:, :2, :2])  # as far as the picture neither leaves nor gets too few pixels
    inverse = inverse[(inverse[:, :2, 2].abs().amax(1) < 10) & (sizes.amin(1) > 0.77) & (sizes.amax(1) < 1.3)]
    assert len(inverse) > 20
    x = waves().expand(len(inverse), -1, -1, -1)
    there = resample(x, inverse)
    back = resample(there, torch.linalg.inv(inverse))
    assert (back - x).abs().max() < 0.04 and (back - x).square().mean().sqrt() < 0.002
    assert (there - x).square().mean().sqrt() > 0.012


@pytest.mark.parametrize(
    ("inverse", "expected"),  # hand-made moves of smooth waves, of which the values are known everywhere
    [
        (affine(c=-2.5, f=1.25), lambda x, y: (x - 2.5, y + 1.25)),
        (affine(a=0.8, e=1.25), lambda x, y: (0.8 * x, 1.25 * y)),
        (affine(0.6, -0.8, 0, 0.8, 0.6, 0), lambda x, y: (0.6 * x - 0.8 * y, 0.8 * x + 0.6 * y)),
    ],
)
def test_values_come_from_where_the_matrix_says(inverse, expected):
    y, x = torch.meshgrid(*[torch.arange(40, dtype=torch.float64) - 19.5] * 2, indexing="ij")

    def picture(x, y):
        return (torch.sin(0.3 * x + 0.2) * torch.cos(0.2 * y - 0.4))[None, None]

    moved = resample(picture(x, y), inverse)
    torch.testing.assert_close(
        moved[..., 12:-12, 12:-12], picture(*expected(x, y))[..., 12:-12, 12:-12], atol=0.04, rtol=0
    )


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), p=st.floats(0, 1))
def test_pictures_do_not_depend_on_their_neighbours(seed, p):
    x, inverse = noise(4, 2, 16, 12, seed=seed, dtype=torch.float64), matrices(4, (16, 12), seed=seed, p=p)
    for move in (resample, copy_pixels):
        alone = torch.cat([move(x[i : i + 1], inverse[i : i + 1]) for i in range(4)])
        torch.testing.assert_close(move(x, inverse), alone, atol=1e-9, rtol=0)


def test_whole_shifts_and_reflections_resample_as_they_copy():
    x = noise(6, 3, 16, 16, dtype=torch.float64)
    inverse = matrices(6, (16, 16), ("whole-shift",))
    torch.testing.assert_close(resample(x, inverse), copy_pixels(x, inverse), atol=1e-9, rtol=0)


def test_copies_of_pixels():
    x = noise(1, 3, 8, 8)
    mirror, quarter = affine(a=-1), affine(0, -1, 0, 1, 0, 0)
    assert torch.equal(copy_pixels(x, mirror), x.flip(3))
    assert torch.equal(copy_pixels(copy_pixels(x, mirror), mirror), x)
    assert torch.equal(copy_pixels(x, quarter), x.rot90(1, (2, 3)))
    turned = x
    for _ in range(4):
        turned = copy_pixels(turned, quarter)
    assert torch.equal(turned, x)
    shifted = copy_pixels(x, affine(c=2, f=-1))  # two to the left, one down
    assert torch.equal(shifted[..., 1:, :6], x[..., :7, 2:])
    assert torch.equal(shifted[..., 0, :6], x[..., 1, 2:])  # the row in front of the first is the second
    assert torch.equal(shifted[..., 1:, 6:], x[..., :7, [6, 5]])
    assert torch.equal(shifted, functional.pad(x, (0, 2, 1, 0), mode="reflect")[..., :8, 2:])


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_copies_are_undone_but_for_what_left_the_picture(seed):
    x, inverse = noise(5, 1, 16, 16, seed=seed), matrices(5, (16, 16), ("mirror", "quarter-turns", "whole-shift"), seed)
    back = copy_pixels(copy_pixels(x, inverse), torch.linalg.inv(inverse))
    assert torch.equal(back[..., 2:-2, 2:-2], x[..., 2:-2, 2:-2])  # shifts go up to two pixels here


def test_sampling_is_torchs_own():
    x, grid = noise(2, 3, 6, 5, dtype=torch.float64), 1.2 * noise(2, 7, 4, 2, seed=1, dtype=torch.float64)
    torch.testing.assert_close(sample_bilinear(x, grid), functional.grid_sample(x, grid, align_corners=False))


@pytest.mark.parametrize("move", [resample, copy_pixels])
def test_two_derivatives(move):
    x = noise(2, 1, 4, 5, dtype=torch.float64).requires_grad_()
    inverse = matrices(2, (4, 5), seed=5)
    assert torch.autograd.gradcheck(lambda x: move(x, inverse), x)
    assert torch.autograd.gradgradcheck(lambda x: move(x, inverse).pow(3), x)


def test_the_filter_is_orthonormal_at_even_shifts():
    taps = torch.tensor(SYM6, dtype=torch.float64)
    assert taps.sum().item() == pytest.approx(math.sqrt(2))
    for shift in (0, 2, 4, 6, 8, 10):
        assert (taps[shift:] @ taps[: 12 - shift]).item() == pytest.approx(float(shift == 0), abs=1e-11)
