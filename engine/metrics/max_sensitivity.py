"""Max-sensitivity: how much a map can change when its picture hardly does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class MaxSensitivity:
    """Largest relative change of every map.

    Attributes:
        change: Largest |map(x') - map(x)| / |map(x)|, (N,); lower is steadier, NaN where the map is zero.
        radius: Largest change of a pixel.
        samples: Pictures tried around each.
    """

    change: Tensor
    radius: float
    samples: int


def max_sensitivity(
    explain: Callable[[Tensor, Tensor], Tensor],
    x: Tensor,
    maps: Tensor,
    *,
    radius: float = 0.02,
    samples: int = 5,
    seed: int = 0,
    batch_size: int = 32,
) -> MaxSensitivity:
    """Yeh et al. (2019), https://arxiv.org/abs/1901.09392, by sampling, as in their section 4.

    Args:
        explain: Given pictures (R, C, H, W) and the number of the original each comes from, (R,), returns their maps
            for the original's target, (R, C, H, W).
        x: Pictures, (N, C, H, W), values in [0, 1].
        maps: Their attributions.
        radius: Pixels change by at most so much, uniformly; pictures stay in [0, 1].
        samples: Pictures tried around each; the same changes for all.
        seed: Where chance starts.
        batch_size: Pictures explained at once, at most.

    Raises:
        ValueError: If radius or samples are not above zero.
    """
    if radius <= 0 or samples < 1 or batch_size < 1:
        raise ValueError(f"radius, samples and batch_size should be above zero; got {radius}, {samples}, {batch_size}.")
    draws = torch.rand(samples, *x.shape[1:], generator=torch.Generator().manual_seed(seed))
    noise = (radius * (2 * draws - 1)).to(x)
    maps = maps.detach().cpu().double().flatten(1)
    largest = torch.zeros(len(x), dtype=torch.float64)
    for rows in torch.arange(len(x) * samples).split(batch_size):
        pictures = rows // samples
        near = (x[pictures] + noise[rows % samples]).clamp(0, 1)
        changed = explain(near, pictures).detach().cpu().double().flatten(1)
        change = (changed - maps[pictures]).norm(dim=1) / maps[pictures].norm(dim=1)
        largest = largest.scatter_reduce(0, pictures, change, "amax")
    return MaxSensitivity(change=largest.float(), radius=radius, samples=samples)
