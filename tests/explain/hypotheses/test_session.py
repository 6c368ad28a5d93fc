"""Sessions: Holm's correction over all that was tested, files that come back the same, and tests on other models."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.explain.hypotheses import (
    Card,
    Ground,
    Hypothesis,
    SavedError,
    Session,
    Shift,
    load_session,
    session_from_json,
    trial,
)
from engine.explain.progress import CancelledError
from engine.explain.readouts import gauges
from tests.explain.hypotheses.toys import Formulas, Toy

TOY = Toy(3)
GROUND = Ground(TOY)
DIALS = gauges(Formulas(lambda z: z[0] + 0.5 * z[1] * z[2], lambda z: z[1]), TOY.space)
QUICK = {"count": 20, "resamples": 199}


def card(axis="Latent 1", sign=1, amplitude=1.0):
    change = Shift(axis=axis, amplitude=amplitude)
    return Hypothesis(model=TOY.id, classifier="toy/formulas", output="formula 1", change=change, sign=sign)


RESULT = trial(card(), GROUND, DIALS, **QUICK)


def session_of(p):
    cards = tuple(
        Card(hypothesis=card(), result=None if one is None else dataclasses.replace(RESULT, p=one)) for one in p
    )
    return Session(cards=cards)


@given(p=st.lists(st.none() | st.floats(0, 1), min_size=1, max_size=7))
def test_correction_is_holms_over_all_tested_cards(p):
    """Brute force: the smallest level, among those that matter, at which the step-down procedure rejects a card."""
    tested = [one for one in p if one is not None]
    levels = sorted({min(1.0, rank * one) for one in tested for rank in range(1, len(tested) + 1)} | {1.0})
    for one, found in zip(p, session_of(p).corrected, strict=True):
        if one is None:
            assert found is None
            continue
        smallest = next((level for level in levels if one <= rejected_up_to(tested, level)), 1.0)
        assert found == pytest.approx(smallest)


def rejected_up_to(p, level):
    """The largest p that Holm's procedure rejects at a level; -1 for none."""
    largest = -1.0
    for rank, one in enumerate(sorted(p)):
        if one * (len(p) - rank) > level * (1 + 1e-12):
            break
        largest = one
    return largest


def test_a_verdict_may_change_as_cards_are_added():
    assert session_of([0.02]).verdicts[0].outcome == "supported"
    both = session_of([0.02, 0.9, None, 0.5]).verdicts
    assert both[0].p == pytest.approx(0.06)
    assert both[0].outcome == "too uncertain"
    assert "after correction for 3 cards" in both[0].words
    assert both[2] is None


def test_each_card_is_tested_on_codes_of_its_own():
    session = Session(seed=4).add(card()).add(card())
    session = session.test(0, GROUND, DIALS, **QUICK).test(1, GROUND, DIALS, **QUICK)
    first, second = (one.result for one in session.cards)
    assert first.effects != second.effects
    assert first.seed != second.seed
    assert first == Session(seed=4).add(card()).test(0, GROUND, DIALS, **QUICK).cards[0].result
    seeds = [Session(seed=seed).seed_of(number) for seed in range(20) for number in range(500)]
    assert len(set(seeds)) == len(seeds)


def test_a_test_cannot_be_taken_back_but_repeated():
    session = Session().add(card()).test(0, GROUND, DIALS, **QUICK)
    with pytest.raises(ValueError, match="Card 1 has been tested, and every test counts"):
        session.test(0, GROUND, DIALS, **QUICK)
    again = session.again(0, GROUND).test(1, GROUND, DIALS, **QUICK)
    assert again.cards[0] == session.cards[0]
    assert again.cards[1].hypothesis == session.cards[0].hypothesis
    with pytest.raises(ValueError, match="another hypothesis than card 1's"):
        Session().add(card(sign=-1)).with_result(0, RESULT)
    with pytest.raises(ValueError, match="There is no card 3; the session has 1"):
        session.test(2, GROUND, DIALS)


def test_a_cancelled_test_changes_nothing():
    session = Session().add(card())
    with pytest.raises(CancelledError):
        session.test(0, GROUND, DIALS, should_stop=lambda: True)
    assert session.cards[0].result is None


def test_the_same_card_on_another_model():
    other = Ground(Toy(3, id="toy/twin"))
    session = Session().add(card()).again(0, other)
    assert [one.hypothesis.model for one in session.cards] == ["toy/linear", "toy/twin"]
    dials = gauges(Formulas(lambda z: z[0], lambda z: z[1]), other.model.space)
    assert session.test(1, other, dials, **QUICK).cards[1].result.hypothesis.model == "toy/twin"
    with pytest.raises(ValueError, match="toy/tiny has no such axis"):
        Session().add(card("Latent 3")).again(0, Ground(Toy(2, id="toy/tiny")))


def test_a_saved_session_comes_back_the_same(tmp_path):
    session = Session(seed=9).add(card()).add(card("Latent 2", sign=-1)).test(0, GROUND, DIALS, **QUICK)
    path = tmp_path / "session.json"
    session.save(path)
    assert load_session(path) == session
    assert load_session(path.read_bytes()) == session
    assert session_from_json(session.to_json()) == session
    np.testing.assert_array_equal(load_session(path).corrected[0], session.corrected[0])


def test_a_failed_save_leaves_the_previous_file(tmp_path):
    path = tmp_path / "session.json"
    Session().add(card()).save(path)
    broken = Session().add(card()).with_result(0, dataclasses.replace(RESULT, p=float("nan")))
    with pytest.raises(ValueError, match="not JSON compliant"):
        broken.save(path)
    assert load_session(path) == Session().add(card())
    assert [file.name for file in tmp_path.iterdir()] == ["session.json"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no session of hypotheses"),
        (b"\xff\xfe", "no session of hypotheses"),
        (b"[" * 100_000, "no session of hypotheses"),
        (b"[]", "The file should be an object"),
        (b"{}", "The file lacks format"),
        (b'{"format": 2, "seed": 0, "cards": []}', "reads up to 1. Update the program"),
        (b'{"format": 1, "seed": -1, "cards": []}', "seed should be a whole number"),
        (b'{"format": 1, "seed": 0, "cards": [], "more": 1}', r"not known: \['more'\]"),
        (b'{"format": 1, "seed": 0, "cards": [3]}', r"cards\[0\] should be an object; found 3"),
        (b'{"format": 1, "seed": 0, "cards": ' + json.dumps([{}] * 501).encode() + b"}", "up to 500 objects"),
        (b" " * (64 * 2**20 + 1), "64 MiB"),
    ],
)
def test_what_is_no_session_is_refused_in_words(data, message):
    with pytest.raises(SavedError, match=message):
        load_session(data)


def test_no_field_of_a_saved_session_goes_unchecked():
    """Every field in turn is removed, and replaced by what it cannot be: never anything but a SavedError."""
    session = Session().add(card()).test(0, GROUND, DIALS, **QUICK).to_json()
    for path in list(paths(session)):
        for wrong in (..., [[1]], {"a": 1}, True if path[-1] != "exact" and path[-1] != "direction" else "yes"):
            copied = json.loads(json.dumps(session))
            put(copied, path, wrong)
            with pytest.raises(SavedError):
                session_from_json(copied)


def paths(value, above=()):
    if isinstance(value, dict):
        for name, inner in value.items():
            yield (*above, name)
            yield from paths(inner, (*above, name))
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        yield from paths(value[0], (*above, 0))


def put(value, path, wrong):
    for step in path[:-1]:
        value = value[step]
    if wrong is ...:
        del value[path[-1]]
    else:
        value[path[-1]] = wrong


def test_a_session_that_is_full_says_so():
    full = Session(cards=(Card(hypothesis=card()),) * 500)
    with pytest.raises(ValueError, match="up to 500 cards; save this one"):
        full.add(card())
