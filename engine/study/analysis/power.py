"""Power before the study: many simulated studies go through the primary test, and the share that finds the effect."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from engine.statistics.intervals import Interval
from engine.statistics.permutation import paired_permutation, unpaired_permutation

MOST = 500  # participants
_SIGNS = 999
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(64)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Assumptions:
    """What is believed about a study before it is run.

    Attributes:
        first: Completion rate with one model, in (0, 1), mean over participants.
        second: With the other.
        questions: Per participant and model.
        participant_sd: How much participants differ in ability, standard deviation in log-odds.
        interaction_sd: How much a participant's difference between the models differs from others', the same unit.
        paired: Whether each participant sees both models; else each sees one.
        level: Of the test, two-sided; for Holm's worst case divide it by the number of contrasts.
    """

    first: float
    second: float
    questions: int
    participant_sd: float = 1.0
    interaction_sd: float = 0.0
    paired: bool = True
    level: float = 0.05

    def __post_init__(self) -> None:
        for name in ("first", "second", "level"):
            if not 0 < getattr(self, name) < 1:
                raise ValueError(f"{name} should lie between 0 and 1, without its ends; got {getattr(self, name)}.")
        if self.questions < 1:
            raise ValueError(f"Each model needs at least one question; got {self.questions}.")
        if self.participant_sd < 0 or self.interaction_sd < 0:
            raise ValueError(f"A standard deviation is not negative; got {self.participant_sd}, {self.interaction_sd}.")


@dataclass(frozen=True, kw_only=True)
class Power:
    """The share of simulated studies that found the effect.

    Attributes:
        participants: In all; half of them see each model where the design is not paired.
        power: In [0, 1].
        interval: Of the simulation itself, Clopper & Pearson, 95 %.
        studies: How many were simulated.
        seed: Of the simulation.
    """

    participants: int
    power: float
    interval: Interval
    studies: int
    seed: int


def power(assumed: Assumptions, participants: int, *, studies: int = 1000, seed: int = 0) -> Power:
    """Simulates studies and puts each through the primary permutation test.

    A participant solves a question with probability sigmoid(a + u), where u is the participant's ability, normal with
    mean 0, and a is such that the mean over participants is the assumed rate.

    Args:
        assumed: Rates, spread, questions, design.
        participants: In all, at least 2.
        studies: How many to simulate.
        seed: Of everything drawn.

    Raises:
        ValueError: If there are fewer than two participants or no study.
    """
    from scipy.stats import binomtest

    if participants < 2 or studies < 1:
        raise ValueError(f"Power needs two participants and one study at least; got {participants} and {studies}.")
    rates = completion_rates(assumed, participants, studies=studies, seed=seed)
    if assumed.paired:
        p = paired_permutation(rates[0] - rates[1], seed=seed, resamples=_SIGNS).p
    else:
        half = participants // 2
        p = unpaired_permutation(rates[0, :half], rates[1, half:], seed=seed, resamples=_SIGNS).p
    found = int((p <= assumed.level).sum())
    around = binomtest(found, studies).proportion_ci(0.95)
    return Power(
        participants=participants,
        power=found / studies,
        interval=Interval(float(around.low), float(around.high)),
        studies=studies,
        seed=seed,
    )


def participants_needed(
    assumed: Assumptions, *, target: float = 0.8, studies: int = 1000, seed: int = 0
) -> Power | None:
    """The smallest number of participants whose simulated power reaches the target; None if `MOST` are too few.

    Args:
        assumed: Rates, spread, questions, design.
        target: Power, in (0, 1).
        studies: How many to simulate for each number.
        seed: Of everything drawn.
    """
    tried = participants_tried(assumed, target=target, studies=studies, seed=seed)
    return min((one for one in tried if one.power >= target), key=lambda one: one.participants, default=None)


def participants_tried(
    assumed: Assumptions, *, target: float = 0.8, studies: int = 1000, seed: int = 0
) -> Iterator[Power]:
    """What `participants_needed` tries, one number after the other, so that a page can show it and stop it.

    Args:
        assumed: Rates, spread, questions, design.
        target: Power, in (0, 1).
        studies: How many to simulate for each number.
        seed: Of everything drawn.
    """
    low, high = 1, 8  # too few, perhaps enough
    tried = power(assumed, high, studies=studies, seed=seed)
    yield tried
    while tried.power < target:
        if high >= MOST:
            return
        low, high = high, min(2 * high, MOST)
        tried = power(assumed, high, studies=studies, seed=seed)
        yield tried
    while high - low > 1:
        middle = (low + high) // 2
        tried = power(assumed, middle, studies=studies, seed=seed)
        yield tried
        low, high = (low, middle) if tried.power >= target else (middle, high)


def power_curve(
    assumed: Assumptions, participants: tuple[int, ...], *, studies: int = 1000, seed: int = 0
) -> tuple[Power, ...]:
    """Power at several numbers of participants."""
    return tuple(power(assumed, count, studies=studies, seed=seed) for count in participants)


def completion_rates(assumed: Assumptions, participants: int, *, studies: int, seed: int) -> Floats:
    """Draws completion rates of participants in many studies, (2 models, participants, studies), in [0, 1]."""
    generator = np.random.default_rng(seed)
    ability = assumed.participant_sd * generator.standard_normal((1, participants, studies))
    # Half of the interaction to each side, so that the difference of the two varies by interaction_sd.
    leaning = assumed.interaction_sd / 2 * generator.standard_normal((1, participants, studies))
    spread = float(np.hypot(assumed.participant_sd, assumed.interaction_sd / 2))
    centres = np.array([_centre(rate, spread) for rate in (assumed.first, assumed.second)])
    log_odds = centres[:, None, None] + ability + np.concatenate([leaning, -leaning])
    return generator.binomial(assumed.questions, _sigmoid(log_odds)) / assumed.questions


def null(assumed: Assumptions) -> Assumptions:
    """The same without an effect: both rates are the first one."""
    return replace(assumed, second=assumed.first)


def _centre(rate: float, spread: float) -> float:
    """The a with E[sigmoid(a + spread u)] = rate, u standard normal; by bisection on a Gauss–Hermite mean."""
    low, high = -60.0 - 10 * spread, 60.0 + 10 * spread
    for _ in range(80):
        middle = (low + high) / 2
        mean = float(_WEIGHTS @ _sigmoid(middle + spread * _NODES) / _WEIGHTS.sum())
        low, high = (middle, high) if mean < rate else (low, middle)
    return (low + high) / 2


def _sigmoid(x: Floats) -> Floats:
    return 0.5 * (1 + np.tanh(x / 2))
