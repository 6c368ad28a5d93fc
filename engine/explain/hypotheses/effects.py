"""What changes do to readings: every change on the same codes, each different code drawn and read once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Literal

import torch
from torch import Tensor

from engine.explain.batches import decode_in_batches
from engine.explain.hypotheses.change import Both, Change
from engine.explain.hypotheses.ground import Ground
from engine.explain.progress import Progress, ShouldStop, check

Of = Literal["effect", "interaction"]
OFS: tuple[Of, ...] = ("effect", "interaction")
BATCH_SIZE = 128  # codes drawn at once

# Sets of codes, (N, D) each, and what each counts in the sum that is the effect.
Contrast = tuple[list[Tensor], list[float]]


class Effects:
    """Effects of changes on the same codes (common random numbers); what was read before is not read again.

    Args:
        ground: The model.
        read: Pictures (n, C, H, W) -> numbers (n, K): all outputs of a classifier at once, for instance.
        codes: Where changes start from, (N, D).
        rows: Codes expected to be drawn in all, for progress; 0 for those of one call of `of`.
        batch_size: Codes drawn at once.
        on_progress: Called with (codes drawn, codes in all) after each batch.
        should_stop: Asked before each batch.
    """

    def __init__(
        self,
        ground: Ground,
        read: Callable[[Tensor], Tensor],
        codes: Tensor,
        *,
        rows: int = 0,
        batch_size: int = BATCH_SIZE,
        on_progress: Progress | None = None,
        should_stop: ShouldStop | None = None,
    ) -> None:
        self.ground, self.codes = ground, codes
        self._read, self._batch_size, self._rows, self._done = read, batch_size, rows, 0
        self._on_progress, self._should_stop = on_progress, should_stop
        self._known: dict[bytes, Tensor] = {}

    def of(self, contrasts: Sequence[Contrast]) -> Tensor:
        """Effects of S contrasts on each code, (S, N, K).

        Raises:
            CancelledError: If `should_stop` said so.
        """
        keys = [[_key(state) for state in states] for states, _ in contrasts]
        new = {
            key: state
            for own, (states, _) in zip(keys, contrasts, strict=True)
            for key, state in zip(own, states, strict=True)
            if key not in self._known
        }
        if new:
            readings = self._drawn(torch.cat(list(new.values())))
            self._known |= dict(zip(new, readings.split(len(self.codes)), strict=True))
        return torch.stack(
            [
                torch.einsum("s,snk->nk", torch.tensor(signs), torch.stack([self._known[key] for key in own]))
                for own, (_, signs) in zip(keys, contrasts, strict=True)
            ]
        )

    def readings(self, codes: Tensor) -> Tensor:
        """What was read of codes in a contrast, (N, D) -> (N, K)."""
        return self._known[_key(codes)]

    def finish(self) -> None:
        """Reports that all is done."""
        if self._on_progress is not None and self._done:
            self._on_progress(self._done, self._done)

    @torch.inference_mode()
    def _drawn(self, codes: Tensor) -> Tensor:
        done = []
        rows = max(self._rows, self._done + len(codes))
        for chunk in codes.split(self._batch_size):
            check(self._should_stop)
            x = decode_in_batches(self.ground.model, chunk, batch_size=self._batch_size).x
            done.append(self._read(x).float().cpu())
            self._done += len(chunk)
            if self._on_progress is not None:
                self._on_progress(self._done, rows)
        return torch.cat(done)


def contrast(ground: Ground, change: Change, codes: Tensor, *, amount: float = 1.0, of: Of = "effect") -> Contrast:
    """The codes to compare and their signs.

    The effect of a change is after minus before. The interaction of a pair is its effect less the effects of its two
    changes alone: f(both) - f(first) - f(second) + f(neither).

    Raises:
        ValueError: If an interaction is asked of a single change.
    """
    before, after = change.apply(ground, codes, 0.0), change.apply(ground, codes, amount)
    if of == "effect":
        return [before, after], [-1.0, 1.0]
    if not isinstance(change, Both):
        raise ValueError("Only two changes together have an interaction; ask for the effect of a single one.")
    first = change.second.apply(ground, change.first.apply(ground, codes, amount), 0.0)
    second = change.second.apply(ground, change.first.apply(ground, codes, 0.0), amount)
    return [before, first, second, after], [1.0, -1.0, -1.0, 1.0]


def _key(codes: Tensor) -> bytes:
    return hashlib.blake2b(codes.numpy().tobytes()).digest()
