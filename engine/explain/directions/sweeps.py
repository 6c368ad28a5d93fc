"""Sweeps: pictures along a direction with the classifier's word on each, and what all directions do to all readings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engine.checkpoints import Direction
from engine.explain.batches import decode_in_batches
from engine.explain.directions.log_odds import log_odds
from engine.explain.directions.moves import Step, moved, step_lengths
from engine.interfaces import Decoder


@dataclass(frozen=True, kw_only=True, eq=False)
class Sweep:
    """Pictures along one direction, from several codes.

    Attributes:
        name: The direction's.
        attribute: The output it was learned from; empty for others.
        amplitudes: (A,), with zero in the middle.
        x: What is drawn, (B, A, *space.shape).
        log_odds: What the classifier says of it, (B, A, M); M is 0 without one.
    """

    name: str
    attribute: str
    amplitudes: Tensor
    x: Tensor
    log_odds: Tensor

    @property
    def scores(self) -> Tensor:
        """tanh(log-odds / 4), in -1 to 1, as the published sweeps write it above each picture, (B, A, M)."""
        return torch.tanh(self.log_odds / 4)


class Sweeper:
    """Draws sweeps from the same codes; their middle is drawn once, so it is the same picture in all of them.

    Args:
        model: Decodes.
        classifier: Reads the pictures; None for pictures alone.
        starts: Where sweeps go through, (B, D).
        amplitudes: (A,), with zero in the middle; see `moves.amplitudes`.
        step: What an amplitude of one is; see `moves.step_lengths`.

    Raises:
        ValueError: If the middle amplitude is not zero, or there are no codes.
    """

    def __init__(
        self,
        model: Decoder,
        classifier: Any | None,  # noqa: ANN401 - as `engine.load` returns one
        starts: Tensor,
        amplitudes: Tensor,
        *,
        step: Step = "spread",
    ) -> None:
        if len(amplitudes) % 2 == 0 or float(amplitudes[len(amplitudes) // 2]) != 0.0 or not len(starts):
            raise ValueError(
                f"A sweep starts from at least one code and has a zero in its middle; got {len(starts)} codes and "
                f"{[round(a, 3) for a in amplitudes.tolist()]}."
            )
        self.model, self.classifier, self.starts, self.step = model, classifier, starts, step
        self.amplitudes = amplitudes.float()
        self._centre = self._draw(starts)

    def sweep(self, direction: Direction, spread: float) -> Sweep:
        """Pictures from the lowest to the highest amplitude.

        Args:
            direction: Where to.
            spread: Standard deviation of the model's codes along it.
        """
        lengths = step_lengths(self.starts, self.model.layout, step=self.step, spread=spread).cpu()
        half = len(self.amplitudes) // 2
        away = torch.cat([self.amplitudes[:half], self.amplitudes[half + 1 :]])
        codes = moved(self.starts, direction, self.model.layout, lengths[:, None] * away)
        x, said = (value.unflatten(0, codes.shape[:2]) for value in self._draw(codes.flatten(0, 1)))
        return Sweep(
            name=direction.name,
            attribute=str(direction.about.get("attribute", "")),
            amplitudes=self.amplitudes,
            x=torch.cat([x[:, :half], self._centre[0][:, None], x[:, half:]], dim=1),
            log_odds=torch.cat([said[:, :half], self._centre[1][:, None], said[:, half:]], dim=1),
        )

    @torch.inference_mode()
    def _draw(self, codes: Tensor) -> tuple[Tensor, Tensor]:
        x = decode_in_batches(self.model, codes).x
        if self.classifier is None:
            return x, x.new_empty(len(x), 0)
        return x, torch.cat([log_odds(self.classifier, part) for part in x.split(256)])


@dataclass(frozen=True, kw_only=True)
class Effects:
    """What directions do to readings, over all codes of their sweeps.

    Attributes:
        directions: Names of the rows.
        outputs: Names of the columns.
        change: Mean score at the highest amplitude less that at the lowest, (directions, outputs).
        monotonicity: Mean Spearman correlation of score and amplitude, (directions, outputs); 0 where a score never
            changes.
        flipped: Share of codes whose own reading takes both signs along the sweep; None for directions that were
            learned from no output.
        centre_spread: Largest difference between directions of a middle picture's score: 0 as drawn here.
    """

    directions: tuple[str, ...]
    outputs: tuple[str, ...]
    change: tuple[tuple[float, ...], ...]
    monotonicity: tuple[tuple[float, ...], ...]
    flipped: tuple[float | None, ...]
    centre_spread: float


def effects(sweeps: Sequence[Sweep], outputs: Sequence[str]) -> Effects:
    """The matrix of all directions against all outputs.

    Args:
        sweeps: From the same codes, with the same amplitudes.
        outputs: The classifier's.
    """
    scores = torch.stack([sweep.scores for sweep in sweeps]).double()  # (R, B, A, M)
    middle = scores[:, :, scores.shape[2] // 2]
    spread = (middle.max(dim=0).values - middle.min(dim=0).values).flatten()
    return Effects(
        directions=tuple(sweep.name for sweep in sweeps),
        outputs=tuple(outputs),
        change=_rows((scores[:, :, -1] - scores[:, :, 0]).mean(dim=1)),
        monotonicity=_rows(_spearman(scores).mean(dim=1)),
        flipped=tuple(_flipped(sweep, tuple(outputs)) for sweep in sweeps),
        centre_spread=float(spread.max()) if spread.numel() else 0.0,
    )


def _flipped(sweep: Sweep, outputs: tuple[str, ...]) -> float | None:
    if sweep.attribute not in outputs:
        return None
    own = sweep.log_odds[..., outputs.index(sweep.attribute)]  # (B, A)
    return float(((own > 0).any(dim=1) & (own < 0).any(dim=1)).float().mean())


def _spearman(scores: Tensor) -> Tensor:
    """Rank correlation with the amplitude over axis 2, (R, B, A, M) -> (R, B, M)."""
    from scipy.stats import rankdata

    ranks = torch.from_numpy(np.asarray(rankdata(scores.numpy(), axis=2))).double()
    ranks = ranks - ranks.mean(dim=2, keepdim=True)
    steps = torch.arange(scores.shape[2]).double()
    steps = (steps - steps.mean())[:, None]
    length = (ranks.square().sum(dim=2) * steps.square().sum()).sqrt()
    return (ranks * steps).sum(dim=2) / length.clamp_min(1e-12)


def _rows(values: Tensor) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(row) for row in values.tolist())
