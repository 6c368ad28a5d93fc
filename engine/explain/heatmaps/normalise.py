"""Attributions on one scale for the eye: summed over colours, cut where 98 % of their mass is reached."""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch
from torch import Tensor

from engine.registry import unknown

Sign = Literal["all", "positive", "negative", "absolute"]
SIGNS: tuple[Sign, ...] = ("all", "positive", "negative", "absolute")
MASS = 0.98


def normalise(values: Tensor, *, sign: Sign = "all", mass: float = MASS) -> Tensor:
    """Maps between -1 and 1, the same way for every method.

    Summed over colours, a map is divided by the smallest magnitude T at which those up to it hold `mass` of all
    magnitude, and clipped: the few outliers that hold the rest do not darken everything else. A map that is zero, or
    only the rounding of values that cancel, stays zero.

    Args:
        values: Attributions, (..., C, H, W), of any number of pictures and methods.
        sign: `all` keeps signs; `positive` and `negative` keep one side, as magnitudes; `absolute` keeps magnitudes.
        mass: Share of the attribution that is not cut.

    Returns:
        (..., H, W): in [-1, 1] for `all`, else in [0, 1].

    Raises:
        ValueError: If sign, mass or the shape is not as described, or a value is not finite.
    """
    if sign not in SIGNS:
        raise ValueError(unknown("sign", sign, SIGNS))
    if not 0 < mass <= 1 or values.ndim < 3:
        raise ValueError(f"mass should be in (0, 1] and values (..., C, H, W); got {mass} and {tuple(values.shape)}.")
    if not bool(torch.isfinite(values).all()):
        raise ValueError("Attributions should be finite numbers; choose other options of the method.")
    values = values.detach().double()
    largest = values.abs().amax(dim=(-3, -2, -1))
    maps = _signed(values.sum(dim=-3), sign)
    flat = _sorted(maps.abs().flatten(-2))  # (..., H W)
    sums = flat.cumsum(dim=-1)
    first = (sums < mass * sums[..., -1:]).sum(dim=-1, keepdim=True).clamp_max(flat.shape[-1] - 1)
    threshold = flat.gather(-1, first)[..., None]
    rounding = values.shape[-3] * torch.finfo(torch.float32).eps * largest
    seen = (flat[..., -1] > rounding)[..., None, None]
    return torch.where(seen, (maps / threshold.where(seen, torch.ones_like(threshold))).clamp(-1, 1), 0.0).float()


def _sorted(values: Tensor) -> Tensor:
    """Along the last axis; numpy sorts on the CPU, as torch takes eight times as long there."""
    return torch.from_numpy(np.sort(values.cpu().numpy(), axis=-1)).to(values.device)


def _signed(maps: Tensor, sign: Sign) -> Tensor:
    if sign == "positive":
        return maps.clamp_min(0)
    if sign == "negative":
        return -maps.clamp_max(0)
    return maps.abs() if sign == "absolute" else maps
