"""Agreement of methods: whether their maps rank the pixels of a picture alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.metrics.rank_correlation import ranks


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Spearman's rank correlation of every pair of methods.

    Attributes:
        methods: Their names, in the order of rows and columns.
        matrix: Mean over pictures, (K, K).
        each: Of every picture, (N, K, K); NaN where a map ranks nothing.
        absolute: Whether magnitudes were compared.
    """

    methods: tuple[str, ...]
    matrix: Tensor
    each: Tensor
    absolute: bool


def agreement(maps: Mapping[str, Tensor], *, absolute: bool = True) -> Agreement:
    """Compares maps of the same pictures.

    Args:
        maps: Attributions by method, (N, C, H, W) each.
        absolute: Compare magnitudes, as methods without signs ask for; else what speaks for against what speaks
            against the target counts as well.

    Raises:
        ValueError: If there are no maps or they belong to different pictures.
    """
    shapes = {tuple(one.shape[:1] + one.shape[2:]) for one in maps.values() if one.ndim == 4}
    if not maps or len(shapes) != 1 or any(one.ndim != 4 for one in maps.values()):
        found = {name: tuple(one.shape) for name, one in maps.items()}
        raise ValueError(f"maps should be (N, C, H, W) of the same pictures for each method; got {found}.")
    values = torch.stack([one.detach().cpu().double().sum(dim=1).flatten(1) for one in maps.values()], dim=1)
    order = ranks(values.abs() if absolute else values)  # (N, K, H W)
    order = order - order.mean(dim=-1, keepdim=True)
    unit = order / order.norm(dim=-1, keepdim=True)  # NaN for a map that ranks nothing
    each = (unit @ unit.mT).float()
    return Agreement(methods=tuple(maps), matrix=each.nanmean(dim=0), each=each, absolute=absolute)
