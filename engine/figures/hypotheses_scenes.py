"""What one sees of a tested hypothesis: codes before and after, for and against it, and samples sorted by a reading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from engine.explain.batches import decode_in_batches
from engine.explain.hypotheses import Ground, Result
from engine.explain.readouts import Gauge

PAIRS = 6
SAMPLES = 24
_CLOSE = 1e-3  # of the readout's range: the same code read again on another machine


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pictures before and after the change.

    Attributes:
        before: (P, C, H, W) in [0, 1].
        after: The same codes changed.
        readings: What the gauge says of both, (P, 2).
        effects: Of the change, or the interaction, (P,).
    """

    before: Tensor
    after: Tensor
    readings: tuple[tuple[float, float], ...]
    effects: tuple[float, ...]

    def __len__(self) -> int:
        return len(self.effects)


@dataclass(frozen=True, eq=False)
class Scenes:
    """Pictures of a result.

    Attributes:
        examples: Codes that go the predicted way, clearest first.
        counterexamples: Codes that go the other way, clearest first.
        samples: Unchanged pictures from the lowest reading to the highest, (S, C, H, W): the baseline, which explains
            nothing.
        readings: Of these, (S,).
    """

    examples: Pairs
    counterexamples: Pairs
    samples: Tensor
    readings: tuple[float, ...]


@torch.inference_mode()
def scenes(ground: Ground, gauge: Gauge, result: Result, *, pairs: int = PAIRS, samples: int = SAMPLES) -> Scenes:
    """Draws a result's fresh codes again.

    Args:
        ground: The model it was tested on.
        gauge: The readout it is about.
        result: Of the test.
        pairs: How many codes for it and how many against it, at most.
        samples: How many unchanged pictures, at equal distances in their order.

    Raises:
        ValueError: If model or classifier are others than those tested, or have changed since.
    """
    hypothesis = result.hypothesis
    if (ground.id, gauge.classifier, gauge.output) != (hypothesis.model, hypothesis.classifier, hypothesis.output):
        raise ValueError(
            f"The result is about {hypothesis.output} of {hypothesis.classifier} on {hypothesis.model}; got "
            f"{gauge.output} of {gauge.classifier} on {ground.id}."
        )
    hypothesis.change.check(ground)
    codes = ground.codes.to_test(result.asked, seed=result.seed)
    places = np.linspace(0, result.count - 1, min(samples, result.count)).round().astype(int)
    shown = [result.ranked[place] for place in places]
    if len(codes) != result.count:
        raise ValueError(_CHANGED.format(result.hypothesis.model))
    drawn = _drawn(ground, codes[shown])
    found = gauge(drawn).tolist()
    if not np.allclose(found, [result.readings[row] for row in shown], rtol=0, atol=_CLOSE * max(result.scale, 1e-9)):
        raise ValueError(_CHANGED.format(f"{result.hypothesis.model} or {result.hypothesis.classifier}"))
    return Scenes(
        examples=_pairs(ground, gauge, result, codes, result.examples[:pairs]),
        counterexamples=_pairs(ground, gauge, result, codes, result.counterexamples[:pairs]),
        samples=drawn,
        readings=tuple(found),
    )


_CHANGED = "{} has changed since this test: its codes do not read as they did, so there are no pictures of them."


def _pairs(ground: Ground, gauge: Gauge, result: Result, codes: Tensor, rows: Sequence[int]) -> Pairs:
    change, own = result.hypothesis.change, codes[list(rows)]
    if not len(own):
        none = torch.empty(0, *ground.model.space.shape)
        return Pairs(none, none, (), ())
    before, after = (_drawn(ground, change.apply(ground, own, amount)) for amount in (0.0, 1.0))
    readings = tuple(zip(gauge(before).tolist(), gauge(after).tolist(), strict=True))
    return Pairs(before, after, readings, tuple(result.effects[row] for row in rows))


def _drawn(ground: Ground, codes: Tensor) -> Tensor:
    return decode_in_batches(ground.model, codes).x
