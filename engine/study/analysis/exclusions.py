"""Who is left out of the analysis: the rules declared in the study, applied as they stand and reported."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.study.design import Study
from engine.study.measuring.active_time import active_s
from engine.study.measuring.slides import untouched
from engine.study.session import Session
from engine.study.steps import Choice, Reconstruction


@dataclass(frozen=True)
class Excluded:
    """One reason to leave a participant out; somebody may have several.

    Attributes:
        participant: Whom.
        rule: Name of the rule in `Exclusion`.
        value: What was measured.
        limit: What the study declared.
        reason: Both in words.
    """

    participant: str
    rule: str
    value: float
    limit: float
    reason: str


def exclusions(study: Study, sessions: Sequence[Session]) -> tuple[Excluded, ...]:
    """Every reason to leave one of these participants out, in their order; rules that are None are not asked."""
    return tuple(
        Excluded(session.participant, rule, value, limit, words.format(value, limit))
        for session in sessions
        for rule, (measure, breaks, words) in _RULES.items()
        if (limit := getattr(study.exclusion, rule)) is not None
        and (value := measure(session)) is not None
        and breaks(value, limit)
    )


def _answered(session: Session) -> float | None:
    questions = [k for k, step in enumerate(session.plan.steps) if isinstance(step, Reconstruction | Choice)]
    answered = {response.step for response in session.responses}
    return sum(k in answered for k in questions) / len(questions) if questions else None


def _active_s(session: Session) -> float | None:
    if session.plan.task != "reconstruction":
        return None
    return sum(active_s(r.history.t_ms) for r in session.responses if _is_reconstruction(session, r.step))


def _skipped_untouched(session: Session) -> float | None:
    asked = [r for r in session.responses if _is_reconstruction(session, r.step)]
    return sum(r.outcome == "skipped" and untouched(r) for r in asked) / len(asked) if asked else None


def _clock_drift_s(session: Session) -> float | None:
    return (max(session.clock_ms) - min(session.clock_ms)) / 1000 if session.clock_ms else None


def _is_reconstruction(session: Session, step: int) -> bool:
    return isinstance(session.plan.steps[step], Reconstruction)


_Rule = tuple[Callable[[Session], float | None], Callable[[float, float], bool], str]

# By field of `Exclusion`: what is measured (None where it does not apply), what breaks the rule, and the words for it.
_RULES: dict[str, _Rule] = {
    "min_answered": (
        _answered,
        operator.lt,
        "answered {:.0%} of the questions, {:.0%} are asked for",
    ),
    "min_active_s": (
        _active_s,
        operator.lt,
        "was active for {:.1f} s in all reconstructions, {:.1f} s are asked for",
    ),
    "max_skipped_untouched": (
        _skipped_untouched,
        operator.gt,
        "skipped {:.0%} of the reconstructions without moving a dial, at most {:.0%} are allowed",
    ),
    "max_clock_drift_s": (
        _clock_drift_s,
        operator.gt,
        "had a clock that moved by {:.1f} s, at most {:.1f} s are allowed",
    ),
}
