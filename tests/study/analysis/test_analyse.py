from __future__ import annotations

from dataclasses import replace

import pytest

from engine.study.analysis import analyse
from tests.study.synthetic import YARDSTICKS, sessions, study

STUDY = study()
PEOPLE = sessions(STUDY, 24, seed=1)


def test_a_study_from_sessions_to_findings():
    found = analyse(STUDY, PEOPLE, YARDSTICKS)
    assert (found.seed, len(found.participants), found.excluded, found.notes) == (11, 24, (), ())
    assert all(test.p_holm < 0.05 and test.interval.low > 0 for test in found.primary)
    by_model = {a.model: a for a in found.averages if a.measure == "completion"}
    assert [by_model[m].mean for m in STUDY.models] == sorted((a.mean for a in by_model.values()), reverse=True)
    assert all(a.interval.low <= a.mean <= a.interval.high for a in by_model.values() if a.interval)
    assert len(found.questions) == 24 * 3 * 5
    assert len(found.means) == 24 * 3


def test_the_same_seed_gives_the_same_numbers():
    once, again = (analyse(STUDY, PEOPLE, YARDSTICKS, seed=5) for _ in range(2))
    assert (once.primary, once.secondary, once.averages, once.order) == (
        again.primary, again.secondary, again.averages, again.order
    )


def test_the_order_of_sessions_changes_nothing():
    once, back = analyse(STUDY, PEOPLE, YARDSTICKS), analyse(STUDY, PEOPLE[::-1], YARDSTICKS)
    for name in ("p", "difference"):
        assert [getattr(t, name) for t in once.primary] == pytest.approx([getattr(t, name) for t in back.primary])


def test_the_excluded_are_in_no_table():
    people = (*PEOPLE[:-1], replace(PEOPLE[-1], responses=PEOPLE[-1].responses[:3]))
    found = analyse(STUDY, people, YARDSTICKS)
    assert [reason.participant for reason in found.excluded] == ["p0024"]
    for table in (found.questions, found.ratings, found.means):
        assert "p0024" not in set(table["participant"])
    assert len(found.participants) == 23


@pytest.mark.parametrize(("count", "note"), [(0, "Nobody has taken part yet."), (4, "4 participants are too few")])
def test_few_or_none(count, note):
    found = analyse(STUDY, PEOPLE[:count], YARDSTICKS)
    assert found.notes[0].startswith(note)
    assert len(found.primary) == 2


def test_a_model_that_is_gone_is_said():
    found = analyse(STUDY, PEOPLE, {k: v for k, v in YARDSTICKS.items() if k != "dsprites/ae"})
    assert "dsprites/ae could not be loaded" in found.notes[-1]
    assert all(test.p is not None for test in found.primary)


def test_others_sessions_and_double_ones_are_refused():
    with pytest.raises(ValueError, match="'sprites'; some belong to \\['faces'\\]"):
        analyse(STUDY, [replace(PEOPLE[0], study="faces")], YARDSTICKS)
    with pytest.raises(ValueError, match="\\['p0001'\\] have several"):
        analyse(STUDY, [PEOPLE[0], PEOPLE[0]], YARDSTICKS)
