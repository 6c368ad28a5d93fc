"""What a test means, in plain words, by rules fixed beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.explain.hypotheses.result import Result
from engine.explain.hypotheses.sentence import amount, sentence

LEVEL = 0.05
NEGLIGIBLE = 0.05  # of the readout's range: 5 points of probability
Outcome = Literal["supported", "contradicted", "no effect found", "too uncertain"]


@dataclass(frozen=True)
class Verdict:
    """The outcome, and why.

    Attributes:
        outcome: One of four.
        words: Sentences for the reader.
        p: Corrected for all cards tested.
    """

    outcome: Outcome
    words: str
    p: float


def verdict(result: Result, p: float, *, tested: int = 1) -> Verdict:
    """Judges a result.

    Supported: the corrected p is at most 0.05 and the mean effect has the predicted sign; contradicted: the other sign.
    Otherwise no effect was found where the 95 % interval stays within 5 % of the readout's range on either side of
    zero; else the test is too uncertain to tell, as it is without an interval for lack of codes, and where so few codes
    could never have been enough.

    Args:
        result: Of a trial.
        p: Corrected for all cards tested (`engine.statistics.holm`).
        tested: How many these are.
    """
    outcome = _outcome(result, p, tested)
    found = sentence(result.hypothesis.change, result.mean, result.name, result.unit, of=result.hypothesis.of)
    words = f"{outcome.capitalize()}: {found[0].lower() + found[1:]} on average{_evidence(result, p, tested)}."
    if outcome in ("supported", "contradicted") and abs(result.mean) <= NEGLIGIBLE * result.scale:
        words += f" The effect is there, but small: below {NEGLIGIBLE:.0%} of the readout's range."
    if outcome == "no effect found":
        words += f" Effects above {NEGLIGIBLE:.0%} of the readout's range can be ruled out."
    if outcome == "too uncertain":
        words += f" {result.interval_note or 'Test on more codes.'}"
    return Verdict(outcome, f"{words} {result.warning}".rstrip(), p)


def _outcome(result: Result, p: float, tested: int) -> Outcome:
    negligible = NEGLIGIBLE * result.scale
    enough = result.interval is not None or len(set(result.effects)) == 1 < result.count
    if not enough or (result.exact and tested * 2.0 ** (1 - result.count) > LEVEL):
        return "too uncertain"
    if p <= LEVEL:
        return "supported" if result.mean * result.hypothesis.sign > 0 else "contradicted"
    ends = (result.mean,) if result.interval is None else (result.interval.low, result.interval.high)
    return "no effect found" if max(map(abs, ends)) <= negligible else "too uncertain"


def _evidence(result: Result, p: float, tested: int) -> str:
    said = [f"{result.count} fresh codes"]
    if result.interval is not None:
        low, high = (amount(end, result.unit) for end in (result.interval.low, result.interval.high))
        said.append(f"{result.interval.level:.0%} interval {low} to {high}")
    said.append(f"{result.consistency:.0%} of codes go the predicted way")
    corrected = "" if tested == 1 else f" after correction for {tested} cards"
    said.append(f"two-sided p {'< 0.001' if p < 0.001 else f'= {p:.3f}'}{corrected}")
    return f" ({'; '.join(said)})"
