from __future__ import annotations

from dataclasses import replace

import pytest

from engine.study.analysis import exclusions
from engine.study.design import Exclusion
from engine.study.response import History
from tests.study.synthetic import sessions, study

STUDY = study(exclusion=Exclusion())
FIRST, SECOND, THIRD = sessions(STUDY, 3)


def rules(session, **declared):
    return [reason.rule for reason in exclusions(study(exclusion=Exclusion(**declared)), [session])]


def test_who_did_all_that_was_asked_stays():
    assert exclusions(STUDY, [FIRST, SECOND, THIRD]) == ()


def test_who_stopped_half_way_is_out_unless_the_study_says_otherwise():
    half = replace(SECOND, responses=SECOND.responses[:6], finished_ms=None)  # five questions and a questionnaire
    (reason,) = exclusions(STUDY, [FIRST, half, THIRD])
    assert (reason.participant, reason.rule, reason.limit) == ("p0002", "min_answered", 1.0)
    assert reason.value == pytest.approx(1 / 3)
    assert reason.reason == "answered 33% of the questions, 100% are asked for"
    assert rules(half, min_answered=0.3) == rules(half, min_answered=None) == []


def test_who_skipped_without_a_move_is_out():
    still = History(t_ms=(0.0, 31_000.0), code=((0.0,) * 3,) * 2, axis=(-1, -1), direction=(0, 0),
                    agreement=(0.1, 0.1), error=(1.0, 1.0))
    idle = replace(
        FIRST,
        responses=tuple(replace(r, outcome="skipped", history=still) if r.decoder == "page" else r
                        for r in FIRST.responses),
    )
    assert rules(idle) == ["max_skipped_untouched"]
    assert rules(idle, min_active_s=1.0) == ["min_active_s", "max_skipped_untouched"]
    assert rules(idle, max_skipped_untouched=1.0) == []


def test_a_clock_that_jumped_is_out():
    assert rules(replace(FIRST, clock_ms=(0.0, 61_000.0, 20.0))) == ["max_clock_drift_s"]
    assert rules(replace(FIRST, clock_ms=(900_000.0, 900_010.0))) == []  # wrong, but steady
    assert rules(replace(FIRST, clock_ms=())) == []


def test_rules_of_reconstructions_do_not_ask_who_only_chose():
    chooser = sessions(study(tasks=("exemplars",)), 1)[0]
    assert rules(chooser, min_active_s=1e6, max_skipped_untouched=0.0) == []
