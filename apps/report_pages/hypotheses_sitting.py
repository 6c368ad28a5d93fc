"""What page Hypotheses has found and tested so far, and the work that is left; no Streamlit in here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from apps.hypothesising import Grounds, refusing, seen
from apps.refusals import NotFoundError, RefusedError, told
from engine.checkpoints import CheckpointError
from engine.explain import decode_in_batches
from engine.explain.hypotheses import Finding, Session, load_session, search
from engine.explain.readouts import gauge_named
from engine.figures.hypotheses_scenes import Scenes

OnProgress = Callable[[str, float], None]


@dataclass(frozen=True, kw_only=True)
class Question:
    """What a search is asked: ids of generator and classifier, the readout, codes and their seed."""

    model: str
    reader: str
    output: str
    bank: int
    seed: int


@dataclass
class Sitting:
    """What was found and tested; lives as long as the page is open.

    Attributes:
        asked: The search that `found` answers, or will.
        searching: Whether it still has to be done.
        found: Ranked.
        pictures: Of each finding before and after, (F, 2, C, H, W).
        note: A sentence where there were fewer codes than asked for.
        session: Cards and their tests.
        count: Fresh codes for a test.
        waiting: Numbers of the cards to be tested next.
        seen: Pictures of tested cards, by number.
        unseen: Why others have none.
        stopped: Why work ended before its end, empty where it did not.
        opened: Id of the file the session came from.
        searches: How many there were.
    """

    asked: Question | None = None
    searching: bool = False
    found: tuple[Finding, ...] = ()
    pictures: Tensor = field(default_factory=lambda: torch.empty(0))
    note: str = ""
    session: Session = field(default_factory=Session)
    count: int = 128
    waiting: list[int] = field(default_factory=list)
    seen: dict[int, Scenes] = field(default_factory=dict)
    unseen: dict[int, str] = field(default_factory=dict)
    stopped: str = ""
    opened: str = ""
    searches: int = 0

    @property
    def untested(self) -> list[int]:
        """Numbers of the cards that no test was made of."""
        return [number for number, card in enumerate(self.session.cards) if card.result is None]

    @property
    def unshown(self) -> list[int]:
        """Numbers of tested cards whose pictures were not looked for yet."""
        known = {*self.untested, *self.seen, *self.unseen}
        return [number for number in range(len(self.session.cards)) if number not in known]

    def begin(self, question: Question) -> None:
        """Asks for a search; cards stay, since every test counts."""
        if not self.session.cards:
            self.session = Session(seed=question.seed)
        self.asked, self.searching, self.stopped = question, True, ""
        self.found, self.searches = (), self.searches + 1

    def test(self, numbers: list[int], count: int) -> None:
        """Asks for tests of untested cards."""
        self.waiting, self.count, self.stopped = numbers, count, ""

    def test_findings(self, rows: list[int], count: int) -> None:
        """Makes cards of findings and asks for their tests."""
        session = self.session
        try:
            with refusing():
                for row in rows:
                    session = session.add(self.found[row].hypothesis())
        except RefusedError as error:
            self.stop(str(error))
            return
        new = [*range(len(self.session.cards), len(session.cards))]
        self.session = session
        self.test(new, count)

    def open(self, data: bytes, name: str) -> None:
        """Takes the cards of a file in place of those here.

        Raises:
            RefusedError: If it holds no session.
        """
        self.opened = name
        with refusing():
            session = load_session(data)
        self.session, self.waiting, self.stopped = session, [], ""
        self.seen, self.unseen = {}, {}

    def stop(self, why: str) -> None:
        """Ends all that is left to do."""
        self.searching, self.waiting, self.stopped = False, [], why


def go_on(sitting: Sitting, grounds: Grounds, *, on_progress: OnProgress) -> None:
    """Does what is left: the search, tests card by card, pictures; may be ended at any word of progress.

    Args:
        sitting: Filled step by step.
        grounds: Generators and classifiers.
        on_progress: Called with what is being done, and the share of it that is done.

    Raises:
        RefusedError: If there is nothing to change, or a card is about what a model lacks.
        NotFoundError: If a model is not here any more.
        engine.checkpoints.CheckpointError: If it cannot be loaded.
    """
    if sitting.searching:
        _search(sitting, grounds, on_progress)
    while sitting.waiting:
        number = sitting.waiting[0]
        hypothesis, words = sitting.session.cards[number].hypothesis, f"Testing card {number + 1}"
        with refusing():
            sitting.session = sitting.session.test(
                number,
                grounds.of(hypothesis.model),
                grounds.gauges(hypothesis.model, hypothesis.classifier),
                count=sitting.count,
                on_progress=lambda done, rows, words=words: on_progress(words, done / max(rows, 1)),
            )
        sitting.waiting = sitting.waiting[1:]
    left = sitting.unshown
    for place, number in enumerate(left):
        on_progress("Drawing the cards", place / len(left))
        result = sitting.session.cards[number].result
        assert result is not None
        try:
            sitting.seen[number] = seen(grounds, result)
        except (RefusedError, NotFoundError, CheckpointError) as error:
            sitting.unseen[number] = told(error).text


def _search(sitting: Sitting, grounds: Grounds, on_progress: OnProgress) -> None:
    asked = sitting.asked
    assert asked is not None
    with refusing():
        gauge = gauge_named(grounds.gauges(asked.model, asked.reader), asked.output)
        ground = grounds.of(asked.model)
        found = search(
            ground,
            gauge,
            count=asked.bank,
            seed=asked.seed,
            on_progress=lambda done, rows: on_progress("Searching", done / max(rows, 1)),
        )
    codes = torch.stack([code for one in found for code in (one.before, one.after)])
    sitting.pictures = decode_in_batches(ground.model, codes).x.unflatten(0, (-1, 2))
    sitting.note = ground.codes.note(asked.bank, found[0].count)
    sitting.found, sitting.searching = found, False
