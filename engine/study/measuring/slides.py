"""What participants did with the dials, measured from histories: all entries of all questions in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.study.measuring.active_time import active_gaps_ms
from engine.study.measuring.whole_codes import whole_codes
from engine.study.measuring.yardsticks import Dial, Yardsticks
from engine.study.response import History, Response
from engine.study.steps import Reconstruction

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Events:
    """The entries of Q histories behind one another, E in all.

    Attributes:
        question: Whose entry it is, (E,), never falling.
        t_ms: Since the question was shown, (E,).
        axis: The dial that moved or -1, (E,).
        direction: -1, 0 or 1, (E,).
        agreement: (E,).
        error: (E,).
        lengths: Entries of each history, (Q,).
    """

    question: Ints
    t_ms: Floats
    axis: Ints
    direction: Ints
    agreement: Floats
    error: Floats
    lengths: Ints

    @property
    def first(self) -> npt.NDArray[np.bool_]:
        """Whether an entry is the first of its question, (E,)."""
        return np.diff(self.question, prepend=-1) != 0

    @property
    def last(self) -> npt.NDArray[np.bool_]:
        """Whether an entry is the last of its question, (E,)."""
        return np.diff(self.question, append=len(self.lengths)) != 0

    def total(self, values: npt.NDArray[np.generic]) -> Floats:
        """Sums values of entries, (E,), by question, (Q,); NaN where there is no history."""
        sums = np.bincount(self.question, weights=values.astype(np.float64), minlength=len(self.lengths))
        return np.where(self.lengths > 0, sums, np.nan)

    def at(self, entries: npt.NDArray[np.bool_], values: Floats) -> Floats:
        """The value at the one entry marked in each question, (Q,); NaN where none is."""
        found = np.full(len(self.lengths), np.nan)
        found[self.question[entries]] = values[entries]
        return found


def events(histories: Sequence[History]) -> Events:
    """Lays histories behind one another."""

    def column(name: str) -> Floats:
        return np.array([value for history in histories for value in getattr(history, name)], dtype=np.float64)

    lengths = np.array([len(history.t_ms) for history in histories], dtype=np.int64)
    return Events(
        question=np.repeat(np.arange(len(histories)), lengths),
        t_ms=column("t_ms"),
        axis=column("axis").astype(np.int64),
        direction=column("direction").astype(np.int64),
        agreement=column("agreement"),
        error=column("error"),
        lengths=lengths,
    )


def active_times_s(seen: Events) -> Floats:
    """Active seconds, (Q,): the sum of the gaps under 3 s between entries, the first from the question's start."""
    before = np.where(seen.first, 0.0, np.roll(seen.t_ms, 1)) if seen.t_ms.size else seen.t_ms
    return seen.total(active_gaps_ms(seen.t_ms - before) / 1000)


def crossings_s(seen: Events, reached_at: Floats) -> Floats:
    """Seconds until agreement first was high enough, (Q,); NaN where it never was.

    Args:
        seen: Of Q questions.
        reached_at: Agreement from which each is solved, (Q,); NaN where it is not known.
    """
    reached = seen.agreement >= reached_at[seen.question]
    times = np.full(len(seen.lengths), np.inf)
    np.minimum.at(times, seen.question[reached], seen.t_ms[reached] / 1000)
    return np.where(np.isfinite(times), times, np.nan)


def error_areas(seen: Events, durations_ms: Floats) -> Floats:
    """Area under the error from the question's start to its end, error times seconds, (Q,).

    The error is constant between entries: each holds until the next, the first one also before its own time and the
    last one until the question was left.

    Args:
        seen: Of Q questions.
        durations_ms: How long each was shown, (Q,).
    """
    if not seen.t_ms.size:
        return np.full(len(seen.lengths), np.nan)
    begin = np.where(seen.first, 0.0, seen.t_ms)
    end = np.where(seen.last, durations_ms[seen.question], np.roll(seen.t_ms, -1))
    return seen.total(seen.error * np.clip(end - begin, 0, None) / 1000)


def start_agreements(seen: Events) -> Floats:
    """Agreement before anything moved, (Q,); NaN where the history begins with a move, as imported ones do."""
    return seen.at(seen.first & (seen.axis < 0), seen.agreement)


def dial_switches(seen: Events) -> Floats:
    """How often another dial was taken than the one that had moved last, (Q,)."""
    question, axis, _ = _moves(seen)
    other = (np.diff(axis) != 0) & (np.diff(question) == 0)
    return _counted(seen, question[1:][other])


def reversals(seen: Events) -> Floats:
    """How often the dial that had moved last was moved the other way, (Q,)."""
    question, axis, direction = _moves(seen)
    turned = (np.diff(axis) == 0) & (np.diff(question) == 0) & (direction[1:] * direction[:-1] < 0)
    return _counted(seen, question[1:][turned])


def travel(
    steps: Sequence[Reconstruction], responses: Sequence[Response], yardsticks: Yardsticks
) -> tuple[Floats, Floats]:
    """Slide distance and category changes of Q questions, (Q,) each; NaN for models without a yardstick.

    Slide distance: over all dials that are not categories, the sum of |dz| / (high - low) along the history, from the
    question's start code on; 1 is one way from end to end of one slider. A category change: another option than before.
    """
    distance, changes = np.full((2, len(steps)), np.nan)
    for model in {step.model for step in steps} & set(yardsticks):
        places = [k for k, step in enumerate(steps) if step.model == model and responses[k].history.code]
        if not places:
            continue
        dials = yardsticks[model].dials
        ways = [way(steps[k], responses[k].history, dials) for k in places]
        stood = np.concatenate(ways)
        question = np.repeat(places, [len(one) for one in ways])
        same = np.diff(question) == 0
        owner = question[1:][same]
        for values, measured in ((distance, _distances), (changes, _changes)):
            sums = np.bincount(owner, weights=measured(stood, dials)[same], minlength=len(steps))
            values[places] = sums[places]
    return distance, changes


def way(step: Reconstruction, history: History, dials: Sequence[Dial]) -> Floats:
    """Where every dial stood at the question's start and at each of its K entries, (K + 1, dials)."""
    codes = np.array([step.start, *whole_codes(step.start, history, dials)], dtype=np.float64)
    return np.stack([coordinates(codes, dial) for dial in dials], axis=1)


def untouched(response: Response) -> bool:
    """Whether no dial was moved."""
    return all(axis < 0 for axis in response.history.axis)


def coordinates(codes: Floats, dial: Dial) -> Floats:
    """Where a dial stands at codes (E, D), (E,): in units of the code, or the number of a category's option."""
    part = codes[:, list(dial.indices)]
    if dial.kind == "category":
        return part.argmax(axis=1).astype(np.float64)
    along = np.array(dial.direction or (1.0,) * len(dial.indices))
    return part @ along / (along @ along)


def _distances(stood: Floats, dials: Sequence[Dial]) -> Floats:
    ways = [
        np.abs(np.diff(stood[:, k])) / (dial.high - dial.low)
        for k, dial in enumerate(dials)
        if dial.kind != "category" and dial.high > dial.low
    ]
    return np.sum(ways, axis=0) if ways else np.zeros(len(stood) - 1)


def _changes(stood: Floats, dials: Sequence[Dial]) -> Floats:
    changed = [np.diff(stood[:, k]) != 0 for k, dial in enumerate(dials) if dial.kind == "category"]
    return np.sum(changed, axis=0).astype(np.float64) if changed else np.zeros(len(stood) - 1)


def _moves(seen: Events) -> tuple[Ints, Ints, Ints]:
    moved = seen.axis >= 0
    return seen.question[moved], seen.axis[moved], seen.direction[moved]


def _counted(seen: Events, questions: Ints) -> Floats:
    counts = np.bincount(questions, minlength=len(seen.lengths)).astype(np.float64)
    return np.where(seen.lengths > 0, counts, np.nan)
