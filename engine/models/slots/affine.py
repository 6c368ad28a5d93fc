"""The standardised space of codes: less their mean, on their principal components where asked, over their spread."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

_FLAT = 1e-6  # of the largest spread: a value that hardly varies is not blown up


@dataclass(frozen=True, eq=False)
class Affine:
    """Values u = R (z - mean) / scale, where R turns some of the entries and leaves the others.

    Attributes:
        mean: Of the codes, (D,).
        scale: Spread of every value, (D,).
        entries: Which entries are turned, (K,) int64.
        basis: Their principal components as columns, (K, K); (0, 0) for none.
    """

    mean: Tensor
    scale: Tensor
    entries: Tensor
    basis: Tensor

    def to_values(self, codes: Tensor) -> Tensor:
        """(N, D) -> (N, D)."""
        return self._turned(codes - self.mean.to(codes), self.basis) / self.scale.to(codes)

    def to_codes(self, values: Tensor) -> Tensor:
        """(N, D) -> (N, D)."""
        return self._turned(values * self.scale.to(values), self.basis.T) + self.mean.to(values)

    def _turned(self, rows: Tensor, basis: Tensor) -> Tensor:
        if not len(self.entries):
            return rows
        entries = self.entries.to(rows.device)
        return rows.index_copy(1, entries, rows[:, entries] @ basis.to(rows))


def standardised(chunks: Iterable[Tensor], kept: Tensor) -> Affine:
    """Every entry less its mean and over its standard deviation.

    Args:
        chunks: Codes, (n, D) each; gone through once.
        kept: Entries that stay as they are, such as categories, (D,) bool.
    """
    count, mean, squares = 0, *torch.zeros(2, len(kept), dtype=torch.float64)
    for chunk in chunks:  # Chan et al. (1979): moments of two parts make those of the whole
        rows = chunk.double()
        apart = rows.mean(dim=0) - mean
        squares = squares + (rows - rows.mean(dim=0)).square().sum(dim=0)
        squares = squares + apart.square() * (count * len(rows) / (count + len(rows)))
        mean = mean + apart * (len(rows) / (count + len(rows)))
        count += len(rows)
    scale = _not_flat((squares / count).sqrt().masked_fill(kept, 0.0)).masked_fill(kept, 1.0)
    none = torch.empty(0, dtype=torch.int64)
    return Affine(mean.masked_fill(kept, 0.0).float(), scale.float(), none, torch.empty(0, 0))


def principal(codes: Tensor, entries: Sequence[int]) -> tuple[Affine, Tensor]:
    """The principal components of some entries, strongest first; each points where its largest entry is positive.

    Args:
        codes: (N, D).
        entries: Which to turn; all others stay as they are.

    Returns:
        The space, and the share of the variance on each component, (K,).
    """
    index = torch.tensor(entries)
    part = codes[:, index].double()
    centred = part - part.mean(dim=0)
    variances, vectors = torch.linalg.eigh(centred.T @ centred / len(part))
    variances, vectors = variances.flip(0).clamp_min(0), vectors.flip(1)
    vectors = vectors * vectors.gather(0, vectors.abs().argmax(dim=0, keepdim=True)).sign()
    mean, scale = torch.zeros(codes.shape[1]), torch.ones(codes.shape[1])
    mean[index], scale[index] = part.mean(dim=0).float(), _not_flat(variances.sqrt()).float()
    share = variances / variances.sum().clamp_min(torch.finfo(torch.float64).tiny)
    return Affine(mean, scale, index, vectors.float()), share


def _not_flat(scale: Tensor) -> Tensor:
    largest = float(scale.max())
    return scale.clamp_min(_FLAT * largest) if largest > 0 else torch.ones_like(scale)
