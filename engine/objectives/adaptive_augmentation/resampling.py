"""Moves pictures by affine matrices: with a wavelet's filters around a bilinear sampler, or by copying pixels."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from engine.objectives.adaptive_augmentation.bilinear import sample_bilinear

# The wavelet sym6: its even shifts are orthonormal, so that twice as many pixels and back is the picture itself.
SYM6 = (
    0.015404109327027373,
    0.0034907120842174702,
    -0.11799011114819057,
    -0.048311742585633,
    0.4910559419267466,
    0.787641141030194,
    0.3379294217276218,
    -0.07263752278646252,
    -0.021060292512300564,
    0.04472490177066578,
    0.0017677118642428036,
    -0.007800708325034148,
)
_CENTRE = 5  # the tap of sym6 that stands for a pixel's own place
_REACH = 3  # pixels to each side that the filter's taps reach at twice the resolution


def resample(x: Tensor, inverse: Tensor) -> Tensor:
    """Pictures at their new places, without the aliasing or blur of a plain bilinear sampler.

    The picture is continued by reflection, brought to twice its resolution by sym6, sampled there bilinearly, zeros
    outside, and brought back by the same filter: Karras et al. (2020), appendix B.2, https://arxiv.org/abs/2006.06676.
    Identity matrices give 32 pixels to 4e-6. As sym6 is not quite symmetric, a mirrored picture comes out a tenth of a
    pixel aside. Reflection, doubling and halving are linear along each axis and done by one small matrix a side. The
    whole is linear in x, and differentiable twice.

    Args:
        x: (N, C, H, W), floats.
        inverse: (N, 3, 3) on the CPU, see `geometry.py`.

    Returns:
        (N, C, H, W).
    """
    height, width = x.shape[2:]
    margins = _margins(inverse, width, height)
    fine = _doubling(height, *margins[1], like=x) @ x @ _doubling(width, *margins[0], like=x).T
    places = _places(inverse, width, height, like=x)  # (N, 2H + 10, 2W + 10, 2), in pixels of x
    first = torch.tensor([before for before, _ in margins]).to(x)
    lengths = torch.tensor([fine.shape[3], fine.shape[2]]).to(x)
    index = 2 * (places + first)  # pixel i of the continued picture is sample 2i of the fine one
    sampled = sample_bilinear(fine, (2 * index + 1 - lengths) / lengths)
    return _halving(height, like=x) @ sampled @ _halving(width, like=x).T


def copy_pixels(x: Tensor, inverse: Tensor) -> Tensor:
    """Pictures at their new places, every pixel the copy of an old one: exact for mirrors, quarter turns, whole shifts.

    What comes in from outside is the reflected picture.

    Args:
        x: (N, C, H, W).
        inverse: (N, 3, 3) on the CPU, see `geometry.py`; places between pixels are rounded.

    Returns:
        (N, C, H, W).
    """
    n, channels, height, width = x.shape
    across, down = torch.arange(width, dtype=torch.float64), torch.arange(height, dtype=torch.float64)
    columns, rows = _moved(inverse, across, down, width, height).round().long().unbind(-1)  # (N, H, W) each
    index = reflected(rows, height) * width + reflected(columns, width)
    index = index.reshape(n, 1, height * width).expand(-1, channels, -1).to(x.device)
    return x.flatten(2).gather(2, index).reshape(x.shape)


def reflected(index: Tensor, size: int) -> Tensor:
    """Indices inside an axis for ones outside of it; the border pixel is the mirror."""
    period = max(2 * (size - 1), 1)
    inside = index.remainder(period)
    return inside.minimum(period - inside)


def _places(inverse: Tensor, width: int, height: int, *, like: Tensor) -> Tensor:
    """Where the fine samples that `_halving` reads come from."""
    across, down = (
        (torch.arange(2 * size + 2 * _CENTRE, device=like.device, dtype=like.dtype) - _CENTRE) / 2
        for size in (width, height)
    )
    return _moved(inverse.to(like), across, down, width, height)


def _moved(inverse: Tensor, across: Tensor, down: Tensor, width: int, height: int) -> Tensor:
    """Old places of new ones, (N, rows, columns, 2): x and y in pixels from the top left one, as are the arguments."""
    middle = torch.tensor([(width - 1) / 2, (height - 1) / 2]).to(inverse)
    x, y = across - middle[0], down - middle[1]
    matrix = inverse[:, None, None, :2]
    return matrix[..., 0] * x[:, None] + matrix[..., 1] * y[:, None, None] + matrix[..., 2] + middle


def _margins(inverse: Tensor, width: int, height: int) -> list[list[int]]:
    """How far to continue the pictures: pixels before and after, of the columns and of the rows.

    As far as the corners come, with what the filters reach beyond, so that a picture does not depend on its
    neighbours' matrices; a reflection cannot give more than the size less one.
    """
    size = torch.tensor([width, height], dtype=inverse.dtype)
    middle = (size - 1) / 2
    signs = torch.tensor([[-1, -1], [1, -1], [1, 1], [-1, 1]], dtype=inverse.dtype)
    corners = signs * (middle + _REACH)  # (4, 2)
    moved = corners @ inverse[:, :2, :2].mT + inverse[:, None, :2, 2]  # (N, 4, 2)
    reach = torch.stack([-moved, moved], -1).amax((0, 1)) + _REACH - middle[:, None]  # (2, 2)
    return reach.ceil().clamp_min(0).minimum(size[:, None] - 1).long().tolist()


def _doubling(size: int, before: int, after: int, *, like: Tensor) -> Tensor:
    """Reflection and doubling of one axis as a matrix, (2 (before + size + after), size)."""
    length = before + size + after
    source = reflected(torch.arange(length, device=like.device) - before, size)
    return 2 * _filter(length, 2 * length, _CENTRE, like=like).T @ functional.one_hot(source, size).to(like)


def _halving(size: int, *, like: Tensor) -> Tensor:
    """Halving of one axis as a matrix, (size, 2 size + 10)."""
    return _filter(size, 2 * size + 2 * _CENTRE, 0, like=like)


def _filter(rows: int, columns: int, offset: int, *, like: Tensor) -> Tensor:
    """sym6, normalised by its sum, with tap `offset` in column 2i of row i, (rows, columns)."""
    taps = torch.tensor(SYM6, device=like.device, dtype=torch.float64)
    taps = functional.pad(taps / taps.sum(), (1, 1)).to(like)  # zeros for all that is out of reach
    down, across = torch.arange(rows, device=like.device), torch.arange(columns, device=like.device)
    return taps[(across - 2 * down[:, None] + offset + 1).clamp(0, len(SYM6) + 1)]
