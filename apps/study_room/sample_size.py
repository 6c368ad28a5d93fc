"""How many participants a study needs: simulated studies of ever more of them, until enough find the effect."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.refusals import RefusedError

if TYPE_CHECKING:
    from engine.study.analysis import Assumptions, Power


@dataclass(frozen=True)
class Search:
    """How far a search is.

    Attributes:
        tried: Simulated powers, by number of participants.
        text: What is known so far, in a sentence.
        done: Whether the search has ended.
    """

    tried: tuple[Power, ...]
    text: str
    done: bool


def assumptions(
    first: float,
    second: float,
    questions: float,
    participant_sd: float,
    interaction_sd: float,
    paired: bool,
    contrasts: float,
) -> Assumptions:
    """What the fields say: rates in per cent, the level shared by the declared contrasts (Holm's worst case).

    Raises:
        RefusedError: If a number makes no sense.
    """
    from engine.study.analysis import Assumptions

    try:
        return Assumptions(
            first=float(first) / 100,
            second=float(second) / 100,
            questions=int(questions),
            participant_sd=float(participant_sd),
            interaction_sd=float(interaction_sd),
            paired=bool(paired),
            level=0.05 / max(1, int(contrasts)),
        )
    except (TypeError, ValueError) as error:
        raise RefusedError(f"These assumptions cannot be simulated: {error}") from error


def search(assumed: Assumptions, *, target: float, studies: int = 1000) -> Iterator[Search]:
    """Looks for the smallest number of participants, telling after every number tried.

    Args:
        assumed: Rates, spread, questions, design.
        target: Power, in (0, 1).
        studies: How many to simulate for each number.

    Raises:
        RefusedError: If the target is no power.
    """
    from engine.study.analysis.power import participants_tried

    if not 0 < target < 1:
        raise RefusedError(f"Power should lie between 0 and 100 %, without its ends; got {100 * target:g} %.")
    tried: list[Power] = []
    for one in participants_tried(assumed, target=target, studies=studies):
        tried = sorted([*tried, one], key=lambda power: power.participants)
        yield Search(tuple(tried), f"{one.participants} participants: power {one.power:.0%}. Searching …", False)
    yield Search(tuple(tried), _found(tried, target, assumed), True)


def _found(tried: list[Power], target: float, assumed: Assumptions) -> str:
    enough = next((one for one in tried if one.power >= target), None)
    if enough is None:
        most = tried[-1]
        return f"More than {most.participants} participants: even they reach a power of {most.power:.0%} only."
    around = f"{enough.power:.0%} [{enough.interval.low:.0%}, {enough.interval.high:.0%}]"
    each = "each seeing both models" if assumed.paired else "half of them with each model"
    return f"{enough.participants} participants, {each}: power {around} in {enough.studies:,} simulated studies."
