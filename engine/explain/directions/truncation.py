"""Truncation: codes pulled to the middle of what a model knows, which trades variety for likely pictures."""

from __future__ import annotations

from torch import Tensor

from engine.interfaces import Layout, part_slices


def truncated(codes: Tensor, middle: Tensor, psi: float, layout: Layout) -> Tensor:
    """Codes at middle + psi (codes - middle), but for categories: psi 1 changes nothing, psi 0 leaves the middle alone.

    Karras et al. (2019), appendix B, https://arxiv.org/abs/1812.04948. (With a plus in the brackets, as once published,
    psi 1 would move every code by the middle instead.)

    Args:
        codes: (N, D).
        middle: The mean code, (D,).
        psi: How far from the middle they stay.
        layout: The model's.
    """
    if psi == 1:  # the same bits
        return codes
    pulled = middle + psi * (codes - middle)
    for part, place in zip(layout, part_slices(layout), strict=True):
        if part.kind == "onehot":
            pulled[:, place] = codes[:, place]
    return pulled
