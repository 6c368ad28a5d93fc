"""Codes for questions: rows of a model's held-out examples, or draws from its prior where those mean nothing."""

from __future__ import annotations

import torch
from torch import Generator, Tensor

from engine.interfaces import LatentModel

_DRAWN = ("uniform", "formula")  # priors that a participant's codes come from, as in the study


def stored_codes(model: LatentModel) -> Tensor | None:
    """Codes of held-out examples, (N, D), as the study samples starts and targets.

    None for a model that has none, and for one whose prior is known exactly: an InfoGAN's uniform one, the
    distributions of the Sinelines formula. A variational model's own codes are those of data, not its normal prior's.
    """
    if getattr(model, "prior", None) in _DRAWN:
        return None
    examples = getattr(model, "examples", None)
    codes: Tensor | None = getattr(examples, "codes", None)
    return codes if codes is not None and len(codes) > 1 else None


def question_codes(model: LatentModel, n: int, *, generator: Generator) -> Tensor:
    """Draws n codes of one model, (n, D): stored rows in a random order, without repeats while there are any left."""
    stored = stored_codes(model)
    if stored is None:
        return model.sample(n, generator=generator)
    rows = torch.cat([torch.randperm(len(stored), generator=generator) for _ in range(-(-n // len(stored)))])[:n]
    return stored[rows.to(stored.device)]


class RowsInTurn:
    """One random order of all rows for a whole session, from which starts and targets of every model are taken.

    Models of one data set store the codes of the same examples in the same order, so no example returns, not even
    drawn by another model, before all were used.

    Args:
        rows: How many there are.
        generator: Decides the order.
    """

    def __init__(self, rows: int, *, generator: Generator) -> None:
        self._order = torch.randperm(rows, generator=generator).tolist()
        self._next = 0

    def take(self, rows: int) -> int:
        """The next row below `rows`, from the start again after the last."""
        while True:
            row: int = self._order[self._next % len(self._order)]
            self._next += 1
            if row < rows:
                return row
