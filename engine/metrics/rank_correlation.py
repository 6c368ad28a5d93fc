"""Spearman's rank correlation of many pairs at once."""

from __future__ import annotations

import torch
from torch import Tensor


def spearman(a: Tensor, b: Tensor) -> Tensor:
    """Rank correlation along the last axis, (..., K) and (..., K) -> (...,); ties share their mean rank.

    NaN where all values of one side are equal: it ranks nothing.
    """
    a, b = ranks(a), ranks(b)
    a, b = a - a.mean(dim=-1, keepdim=True), b - b.mean(dim=-1, keepdim=True)
    size = a.norm(dim=-1) * b.norm(dim=-1)
    return torch.where(size > 0, (a * b).sum(dim=-1) / size, torch.nan).float()


def ranks(values: Tensor) -> Tensor:
    """Ranks along the last axis, float64, from 0; ties share their mean rank."""
    values = values.detach().double().contiguous()
    ordered = values.sort(dim=-1).values
    below = torch.searchsorted(ordered, values, right=False)
    until = torch.searchsorted(ordered, values, right=True)
    return (below + until - 1).double() / 2
