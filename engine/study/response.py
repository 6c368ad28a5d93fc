"""What a participant did at one step, as the page reports it and the store keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Outcome = Literal["agreed", "passed", "solved", "skipped", "answered"]


@dataclass(frozen=True, kw_only=True)
class History:
    """What happened to the sliders, one entry per change and at most 100 ms apart while one moves; equal lengths K.

    Attributes:
        t_ms: Milliseconds since the question was shown, never falling.
        code: Where the sliders stood: D numbers; or one, of codes so long that the page says no more than where the
            dial `axis` came to stand, all else as in the entry before (`measuring/whole_codes.py`).
        axis: Number of the dial that moved, or -1 for none (first and last entry).
        direction: -1, 0 or 1.
        agreement: With the target, in [0, 1].
        error: Summed squared difference from the target.
    """

    t_ms: tuple[float, ...] = ()
    code: tuple[tuple[float, ...], ...] = ()
    axis: tuple[int, ...] = ()
    direction: tuple[int, ...] = ()
    agreement: tuple[float, ...] = ()
    error: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Response:
    """One confirmed step.

    Attributes:
        id: Made in the page (a UUID), so that sending it twice stores it once.
        session: Token of the session.
        step: Number of the step in the session's plan.
        outcome: `agreed` (consent), `passed` (practice), `solved` or `skipped` (reconstruction), `answered` (the rest).
        shown_ms: When the step was shown, page's clock, milliseconds since 1970.
        left_ms: When it was left.
        duration_ms: Between the two by the page's monotonic clock, which no change of the wall clock bends.
        answer: A choice: {"option", "confidence", "sense", "more"}; a questionnaire: item name to answer; a
            reconstruction: {"code", "agreement", "error"} at the end; a practice: {"answers"}, a few numbers a try.
        history: Of a reconstruction or a practice; empty for others.
        decoder: Where its pictures were drawn: in the page, by the server, or none were.
        resumed: How often the step was shown again after a reload.
    """

    id: str
    session: str
    step: int
    outcome: Outcome
    shown_ms: float
    left_ms: float
    duration_ms: float
    answer: Mapping[str, Any] = field(default_factory=dict)
    history: History = History()
    decoder: Literal["page", "server", "none"] = "none"
    resumed: int = 0
