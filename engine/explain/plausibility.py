"""How far codes lie from plausible ones, as percentiles among codes the model draws itself."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.interfaces import Layout, part_slices

_FLOOR = 1e-3  # of the mean variance of standardised values: what hardly varies must not decide alone


class Plausibility:
    """Distances measured on plausible codes.

    The squared distance adds up over the parts of a code, by the covariance of a part's entries (Mahalanobis). Styles
    of layers count by their plain distance from the mean style: their covariance is next to singular, and a step that
    hardly shows would seem far. Each layer counts by itself, since a mix of styles need not repeat one as drawn codes
    do. A category counts nothing: each of its options is plausible.

    Args:
        codes: Plausible codes, (M, D): half of them to fit the covariance, half to compare with, so that a code is not
            compared with what it was fitted to.
        layout: The parts.
    """

    def __init__(self, codes: Tensor, layout: Layout) -> None:
        fit, compared = codes.double().tensor_split(2)
        self._parts = [
            (place, *(_centre(fit[:, place]) if part.kind == "layer" else _whitening(fit[:, place])))
            for part, place in zip(layout, part_slices(layout), strict=True)
            if part.kind != "onehot"
        ]
        self._sorted = self.distances(compared).sort().values

    def distances(self, codes: Tensor) -> Tensor:
        """(N, D) -> (N,) float64, in standard deviations, of layers in the units of their styles."""
        rows = codes.detach().cpu().double()
        total = torch.zeros(len(rows), dtype=torch.float64)
        for place, mean, whitening in self._parts:
            away = rows[:, place] - mean
            total += (away if whitening is None else away @ whitening).square().sum(dim=1)
        return total.sqrt()

    def percentiles(self, codes: Tensor) -> Tensor:
        """How many of 100 plausible codes lie less far out, (N, D) -> (N,)."""
        return percentiles(self.distances(codes), self._sorted)


def percentiles(values: Tensor, among: Tensor) -> Tensor:
    """How many of 100 of `among`, sorted, (M,), lie below each value; ties count half. (N,) -> (N,) float64."""
    below, up_to = (torch.searchsorted(among, values.contiguous(), side=side) for side in ("left", "right"))
    return 50.0 * (below + up_to).double() / len(among)


def _centre(rows: Tensor) -> tuple[Tensor, None]:
    return rows.mean(dim=0), None


def _whitening(rows: Tensor) -> tuple[Tensor, Tensor]:
    """Mean (d,) and a matrix (d, d) after which plausible rows have no correlation and variances of one."""
    mean, scale = rows.mean(dim=0), rows.std(dim=0)
    scale = scale.clamp_min(1e-6 * float(scale.max()) or 1.0)
    standard = (rows - mean) / scale
    variances, vectors = torch.linalg.eigh(standard.T @ standard / len(rows))
    variances = variances.clamp_min(_FLOOR)
    return mean, vectors / variances.sqrt() / scale[:, None]
