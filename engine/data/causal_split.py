"""The splits of the causal explanations' experiments: other cuts through the official parts, in a published order."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from engine.data.dataset import Ids

_SEED = 547  # of the published loader, which shuffles every split once


@dataclass(frozen=True)
class Excerpt:
    """Consecutive rows of a stored split, shuffled the way the published code does when it loads them.

    O'Shaughnessy et al. (2020), https://arxiv.org/abs/2006.13913, and its code.

    Attributes:
        part: The stored split.
        start: Where it begins, as a share of the stored split's rows.
        end: Where it ends.
    """

    part: str
    start: Fraction = Fraction(0)
    end: Fraction = Fraction(1)

    def ids(self, num_rows: int) -> Ids:
        """Rows of a stored split of this length, in order."""
        ids = np.arange(int(self.start * num_rows), int(self.end * num_rows), dtype=np.int64)
        np.random.RandomState(_SEED).shuffle(ids)  # the published order is defined by this legacy generator
        return ids
