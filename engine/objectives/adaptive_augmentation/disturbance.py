"""What corrupts pictures: other weights of their frequencies, noise, a hole. Off in the default pipeline."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

import torch
from torch import Tensor
from torch.nn import functional

from engine.objectives.adaptive_augmentation.chance import Chance
from engine.objectives.adaptive_augmentation.resampling import reflected

SYM2 = (-0.12940952255092145, 0.22414386804185735, 0.836516303737469, 0.48296291314469025)
BANDS = 4
# Share of the power of natural pictures, whose spectrum falls as 1 / f, in each band.
POWER = (10 / 13, 1 / 13, 1 / 13, 1 / 13)


def filter_frequencies(x: Tensor, chance: Chance) -> Tensor:
    """Changes how strong four bands of frequencies are, along both axes alike."""
    return weigh_bands(x, draw_gains(chance))


def add_noise(x: Tensor, chance: Chance) -> Tensor:
    """Adds white noise of the standard deviation |Normal(0, 0.1)|."""
    deviation = chance.normal(0.1).abs()[..., None, None].to(x)
    return x + deviation * torch.randn(x.shape, generator=chance.generator).to(x)


def cut_out(x: Tensor, chance: Chance) -> Tensor:
    """Zeroes a rectangle of half the width and half the height, whose middle is anywhere in the picture."""
    side = torch.where(chance.fires(), 0.5, 0.0)
    middle = 0.5 + replace(chance, p=1.0).uniform(0.5, width=2)
    inside = []
    for size, place in zip(x.shape[2:], middle.T, strict=True):
        centres = (torch.arange(size, dtype=torch.float64) + 0.5) / size
        inside.append((centres - place[:, None]).abs() < side / 2)  # (N, size)
    hole = inside[0][:, None, :, None] & inside[1][:, None, None, :]
    return x.masked_fill(hole.to(x.device), 0)


DISTURBANCES: Mapping[str, Callable[[Tensor, Chance], Tensor]] = MappingProxyType({
    "filter": filter_frequencies,
    "noise": add_noise,
    "cutout": cut_out,
})


def draw_gains(chance: Chance) -> Tensor:
    """Factors of the bands, low frequencies first, (N, 4).

    Each band is chosen on its own with probability p and multiplied by 2^Normal(0, 1); then all four are divided such
    that a natural picture keeps its power.
    """
    gains = torch.ones(chance.n, BANDS, dtype=torch.float64)
    for band in range(BANDS):
        factors = torch.ones_like(gains)
        factors[:, band : band + 1] = torch.exp2(chance.normal(1.0))
        gains = gains * factors / (factors.square() @ torch.tensor(POWER, dtype=torch.float64)).sqrt()[:, None]
    return gains


def weigh_bands(x: Tensor, gains: Tensor) -> Tensor:
    """Multiplies the bands of both axes by their gains; the picture is continued by reflection.

    Args:
        x: (N, C, H, W).
        gains: (N, 4), low frequencies first; ones give x.

    Returns:
        (N, C, H, W).
    """
    down, across = (
        torch.einsum("nb,bij->nij", gains.to(x), _band_matrices(size, like=x))[:, None] for size in x.shape[2:]
    )
    return down @ x @ across.mT


def filter_bank() -> Tensor:
    """Symmetric filters of the bands up to pi / 8, pi / 4, pi / 2 and pi, (4, 43), that add up to the identity.

    sym2 halves the frequencies: its low half goes through the same again, at half the rate, three times over.
    """
    taps = torch.tensor(SYM2, dtype=torch.float64)
    signs = torch.tensor([1.0, -1.0, 1.0, -1.0], dtype=torch.float64)
    low, high = (_convolved(half, half.flip(0)) / 2 for half in (taps, taps * signs))  # 7 taps, sum to one impulse
    bank = torch.ones(1, 1, dtype=torch.float64)
    for _ in range(BANDS - 1):
        spread = torch.zeros(len(bank), 2 * bank.shape[1] - 1, dtype=torch.float64)
        spread[:, ::2] = bank
        bank = torch.stack([_convolved(row, low) for row in spread])
        margin = (bank.shape[1] - len(high)) // 2
        bank = torch.cat([bank, functional.pad(high, (margin, margin))[None]])
    return bank


def _convolved(one: Tensor, other: Tensor) -> Tensor:
    """Full convolution of two filters."""
    return functional.conv1d(one[None, None], other.flip(0)[None, None], padding=len(other) - 1)[0, 0]


def _band_matrices(size: int, *, like: Tensor) -> Tensor:
    """Reflection and filtering of one axis by each band, (4, size, size)."""
    bank = filter_bank().to(like)
    reach = bank.shape[1] // 2
    offsets = torch.arange(-reach, reach + 1, device=like.device)
    source = reflected(torch.arange(size, device=like.device)[:, None] + offsets, size)  # (size, 43)
    return torch.einsum("bk,ikj->bij", bank, functional.one_hot(source, size).to(like))
