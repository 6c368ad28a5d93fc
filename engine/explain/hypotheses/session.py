"""The cards of one sitting: every test counts in the correction of all others, and none can be taken back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.explain.hypotheses.card import Hypothesis
from engine.explain.hypotheses.fields import Fields, SavedError
from engine.explain.hypotheses.ground import Ground
from engine.explain.hypotheses.result import Result
from engine.explain.hypotheses.saved import (
    hypothesis_from_json,
    hypothesis_to_json,
    result_from_json,
    result_to_json,
)
from engine.explain.hypotheses.trial import trial
from engine.explain.hypotheses.verdict import Verdict, verdict
from engine.explain.readouts import Gauge
from engine.files import write_atomically
from engine.statistics import holm

FORMAT = 1
MAX_CARDS = 500
MAX_BYTES = 64 * 2**20
_STRIDE = 100_003  # between seeds of sessions, so that no two cards of neighbouring sessions share theirs


@dataclass(frozen=True, kw_only=True)
class Card:
    """A hypothesis, and its test where it was tested."""

    hypothesis: Hypothesis
    result: Result | None = None


@dataclass(frozen=True, kw_only=True)
class Session:
    """An immutable list of cards; adding to it gives another.

    Attributes:
        cards: In the order they were made.
        seed: Of the search; the tests' seeds follow from it.
    """

    cards: tuple[Card, ...] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        if len(self.cards) > MAX_CARDS:
            raise ValueError(f"A session holds up to {MAX_CARDS} cards; save this one and begin another.")
        if not 0 <= self.seed < 2**32:
            raise ValueError(f"The seed of a session is a whole number from 0 to {2**32 - 1}; got {self.seed}.")

    def add(self, hypothesis: Hypothesis) -> Session:
        """With one more card, untested."""
        return replace(self, cards=(*self.cards, Card(hypothesis=hypothesis)))

    def test(self, number: int, ground: Ground, gauges: Sequence[Gauge], **settings: Any) -> Session:  # noqa: ANN401 - as in `trial`
        """With that card tested, on codes of its own.

        Raises:
            ValueError: If there is no such card, it has been tested, or `trial` refuses.
            CancelledError: If `should_stop` said so; nothing is changed.
        """
        hypothesis = self._card(number).hypothesis
        return self.with_result(number, trial(hypothesis, ground, gauges, seed=self.seed_of(number), **settings))

    def with_result(self, number: int, result: Result) -> Session:
        """With the result of that card.

        Raises:
            ValueError: If there is no such card, it has been tested, or the result is another hypothesis'.
        """
        card = self._card(number)
        if card.result is not None:
            raise ValueError(
                f"Card {number + 1} has been tested, and every test counts; add it again to test once more."
            )
        if result.hypothesis != card.hypothesis:
            raise ValueError(f"The result is that of another hypothesis than card {number + 1}'s.")
        tested = replace(card, result=result)
        return replace(self, cards=(*self.cards[:number], tested, *self.cards[number + 1 :]))

    def again(self, number: int, ground: Ground) -> Session:
        """With one more card: the same change by name, on this model or another.

        Raises:
            ValueError: If there is no such card, or the model has no such axis, option or slot.
        """
        return self.add(self._card(number).hypothesis.on(ground))

    def seed_of(self, number: int) -> int:
        """The seed of that card's test: no two cards share one."""
        return self.seed * _STRIDE + number

    @property
    def corrected(self) -> tuple[float | None, ...]:
        """p-values by Holm's correction over all cards tested so far, None for those that were not."""
        tested = [place for place, card in enumerate(self.cards) if card.result is not None]
        adjusted = dict(zip(tested, holm([card.result.p for card in self.cards if card.result]).tolist(), strict=True))
        return tuple(adjusted.get(place) for place in range(len(self.cards)))

    @property
    def verdicts(self) -> tuple[Verdict | None, ...]:
        """What each test means beside all others, None for cards that were not tested."""
        tested = sum(card.result is not None for card in self.cards)
        return tuple(
            None if card.result is None or p is None else verdict(card.result, p, tested=tested)
            for card, p in zip(self.cards, self.corrected, strict=True)
        )

    def to_json(self) -> dict[str, Any]:
        """The session as JSON values."""
        cards = [
            {
                "hypothesis": hypothesis_to_json(card.hypothesis),
                "result": None if card.result is None else result_to_json(card.result),
            }
            for card in self.cards
        ]
        return {"format": FORMAT, "seed": self.seed, "cards": cards}

    def save(self, path: Path) -> None:
        """Writes the session as JSON: whole, or not at all.

        Raises:
            OSError: If it cannot be written.
        """
        text = json.dumps(self.to_json(), indent=1, ensure_ascii=False, allow_nan=False)
        write_atomically(path, text.encode())

    def _card(self, number: int) -> Card:
        if not 0 <= number < len(self.cards):
            raise ValueError(f"There is no card {number + 1}; the session has {len(self.cards)}.")
        return self.cards[number]


def load_session(source: Path | bytes) -> Session:
    """A session from a file or its content, every field checked.

    Raises:
        SavedError: If it is none, too large, or damaged; the message names the field.
        OSError: If the file cannot be read.
    """
    data = source if isinstance(source, bytes) else _read(source)
    if len(data) > MAX_BYTES:
        raise SavedError(f"A session has up to {MAX_BYTES // 2**20} MiB; this file is larger.")
    try:
        content = json.loads(data.decode())
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise SavedError(f"This is no session of hypotheses: {error}.") from error
    return session_from_json(content)


def session_from_json(content: object) -> Session:
    """The session that `Session.to_json` wrote.

    Raises:
        SavedError: Naming the field that cannot be read.
    """
    fields = Fields(content, "")
    version = fields.whole("format", 1, 10**6)
    if version > FORMAT:
        raise SavedError(f"The session has format {version}; this program reads up to {FORMAT}. Update the program.")
    seed = fields.whole("seed", 0, 2**32 - 1)
    cards = tuple(map(_card, fields.rows("cards", MAX_CARDS)))
    fields.finish()
    return Session(cards=cards, seed=seed)


def _card(fields: Fields) -> Card:
    hypothesis = hypothesis_from_json(fields.value("hypothesis"), fields.at("hypothesis"))
    result = None
    if not fields.missing("result"):
        result = result_from_json(fields.value("result"), fields.at("result"))
        if result.hypothesis != hypothesis:
            raise SavedError(f"{fields.place} holds the result of another hypothesis.")
    fields.finish()
    return Card(hypothesis=hypothesis, result=result)


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)
