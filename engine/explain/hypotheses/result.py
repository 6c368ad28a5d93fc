"""What a test of a hypothesis found: numbers that can be saved, and what follows from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.explain.hypotheses.card import Hypothesis
from engine.statistics import Interval
from engine.statistics.intervals import FEWEST

FAR = 99.0  # percentile of plausible codes beyond which half the changed ones may not lie
UNREAL = 5.0  # percentile of the discriminator's scores below which half the changed pictures may not lie

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Dose:
    """One point of the dose-response curve.

    Attributes:
        amount: Of the change, 1 for all of it.
        mean: Mean effect.
        standard_error: Of the mean; 0 for a single code.
    """

    amount: float
    mean: float
    standard_error: float


@dataclass(frozen=True, kw_only=True)
class SideEffect:
    """What the change does to another output of the same classifier.

    Attributes:
        output: By its own name.
        name: For the eye.
        mean: Mean effect.
        standard_error: Of the mean; 0 for a single code.
    """

    output: str
    name: str
    mean: float
    standard_error: float


@dataclass(frozen=True, kw_only=True)
class Result:
    """One test on fresh codes; code n is row n of `ground.codes.to_test(asked, seed=seed)`.

    Attributes:
        hypothesis: What was tested.
        name: Of the readout, for the eye.
        unit: Of the readout; empty for a probability.
        scale: Length of the readout's range, in its unit: what effects are large or small against.
        asked: How many codes were asked for.
        seed: They were drawn with.
        readings: Of the codes as drawn, (N,): the sorted grid of samples that stands beside as the baseline.
        before: Of the codes before the change, (N,): the same, but where a category is first set to an option.
        effects: Of the change, (N,), or the interaction.
        interval: BCa interval of the mean effect; None where `interval_note` says why.
        p: Of a two-sided sign-flip permutation test of a mean of zero, before any correction.
        exact: Whether all sign patterns were looked at.
        doses: The dose-response curve, by amount.
        side_effects: On all other outputs, largest first.
        distance: Median percentile, among plausible codes, of how far out the changed ones lie (`Plausibility`).
        realness: Median percentile, among the unchanged pictures, of the changed pictures' discriminator scores; None
            for models without a discriminator.
        notes: What the reader should know, in sentences.
    """

    hypothesis: Hypothesis
    name: str
    unit: str
    scale: float
    asked: int
    seed: int
    readings: tuple[float, ...]
    before: tuple[float, ...]
    effects: tuple[float, ...]
    interval: Interval | None
    p: float
    exact: bool
    doses: tuple[Dose, ...]
    side_effects: tuple[SideEffect, ...]
    distance: float
    realness: float | None
    notes: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many codes it was tested on."""
        return len(self.effects)

    @property
    def mean(self) -> float:
        """Mean effect."""
        return float(np.mean(self.effects))

    @property
    def consistency(self) -> float:
        """Share of codes whose effect has the predicted sign, in [0, 1]."""
        return float((self._towards > 0).mean())

    @property
    def counterexamples(self) -> tuple[int, ...]:
        """Rows of the codes whose effect has the other sign than predicted, largest first."""
        order = np.argsort(self._towards, kind="stable")
        return tuple(int(row) for row in order if self._towards[row] < 0)

    @property
    def examples(self) -> tuple[int, ...]:
        """Rows of the codes whose effect has the predicted sign, largest first."""
        order = np.argsort(-self._towards, kind="stable")
        return tuple(int(row) for row in order if self._towards[row] > 0)

    @property
    def ranked(self) -> tuple[int, ...]:
        """Rows of all codes by their reading, lowest first: the baseline, which explains nothing."""
        return tuple(np.argsort(self.readings, kind="stable").tolist())

    @property
    def monotone(self) -> bool:
        """Whether the mean effect goes one way all along the dose-response curve."""
        steps = np.diff([dose.mean for dose in self.doses])
        return bool((steps > 0).all() or (steps < 0).all())

    @property
    def interval_note(self) -> str:
        """Why there is no interval, empty where there is one."""
        if self.interval is not None:
            return ""
        if self.count < FEWEST:
            return f"{self.count} codes are too few for an interval; test on at least {FEWEST}, better on 100."
        return "The effects do not differ enough from code to code for an interval."

    @property
    def warning(self) -> str:
        """A sentence where the change leaves what the model knows, empty otherwise."""
        said = []
        if self.distance > FAR:
            said.append(f"more than half of the changed codes lie further out than {FAR:.0f} % of plausible codes")
        if self.realness is not None and self.realness < UNREAL:
            said.append(f"the discriminator finds more than half of the changed pictures less real than "
                        f"{100 - UNREAL:.0f} % of unchanged ones")  # fmt: skip
        if not said:
            return ""
        return f"Off-manifold: {', and '.join(said)}. What is drawn there says little; try a smaller amplitude."

    @property
    def _towards(self) -> Floats:
        """Effects, positive where they are as predicted, (N,)."""
        return np.asarray(self.effects) * self.hypothesis.sign
