"""Hypotheses on models that ship: finite numbers, and the sense they should make."""

from __future__ import annotations

import math

import pytest

import engine
from engine.explain.hypotheses import Ground, Hypothesis, Session, Shift, Switch, search, trial, verdict
from engine.explain.readouts import gauge_named, gauges


@pytest.fixture(scope="module")
def digits():
    model = engine.load("mnist/ss5", device="cpu")
    return Ground(model), gauges(engine.load("mnist/digits", device="cpu"), model.space)


def test_switching_a_digit_from_3_to_8_makes_an_8_of_it(digits):
    ground, dials = digits
    card = Hypothesis(model="mnist/ss5", classifier="mnist/digits", output="8", sign=1,
                      change=Switch(category="Category", start="3", option="8"))  # fmt: skip
    found = trial(card, ground, dials, count=32, resamples=999)
    judged = verdict(found, found.p)
    assert judged.outcome == "supported"
    assert judged.words.startswith("Supported: switching the category from 3 to 8 raises P(8) by 0.9")
    assert found.mean > 0.9
    assert (found.side_effects[0].name, found.warning) == ("P(3)", "")
    assert found.side_effects[0].mean < -0.9


def test_a_search_over_digits_finds_the_category_first(digits):
    ground, dials = digits
    found = search(ground, gauge_named(dials, "8"), count=12, strongest=3)
    assert isinstance(found[0].change, Switch)
    assert "8" in (found[0].change.option, found[0].change.start)
    assert abs(found[0].mean) > 0.9
    assert all(math.isfinite(value) for finding in found for value in (finding.mean, finding.standard_error))


def test_the_same_switch_by_name_on_another_model(digits):
    ground, _ = digits
    card = Hypothesis(model="mnist/ss5", classifier="mnist/digits", output="8", sign=1,
                      change=Switch(category="Category", option="8"))  # fmt: skip
    assert card.on(Ground(engine.load("mnist/ss10", device="cpu"))).model == "mnist/ss10"
    with pytest.raises(ValueError, match="mnist/tc5 has no such axis"):
        card.on(Ground(engine.load("mnist/tc5", device="cpu")))
    with pytest.raises(ValueError, match="mnist/ig5 has no such option"):
        card.on(Ground(engine.load("mnist/ig5", device="cpu")))
    assert ground.id == "mnist/ss5"


def test_faces_at_another_size_are_read_and_a_note_says_so():
    model = engine.load("celeba/vae", device="cpu")
    ground, dials = Ground(model), gauges(engine.load("celeba/attributes", device="cpu"), model.space)
    gauge = gauge_named(dials, "Smiling")
    found = search(ground, gauge, count=4, changes=shifts(ground, 3), strongest=0)
    session = Session().add(found[0].hypothesis()).test(0, ground, dials, count=12, resamples=199)
    result = session.cards[0].result
    numbers = [*result.effects, *result.readings, result.p, result.distance, *(dose.mean for dose in result.doses)]
    assert all(map(math.isfinite, numbers))
    assert len(result.side_effects) == 39
    assert all(0 <= value <= 1 for value in result.readings)
    assert result.notes == (
        "Pictures are resized from 64 x 64 to 128 x 128 pixels with antialiasing for celeba/attributes.",
    )


def shifts(ground, most):
    return [Shift(axis=axis.name, amplitude=1.5) for axis in ground.model.axes[:most]]
