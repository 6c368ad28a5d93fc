"""Changes and hypotheses through JSON and back."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.explain.hypotheses import Both, Hypothesis, Restyle, SavedError, Shift, Switch
from engine.explain.hypotheses.saved import (
    change_from_json,
    change_to_json,
    hypothesis_from_json,
    hypothesis_to_json,
)

NAMES = st.text(min_size=1, max_size=20)
SHIFTS = st.builds(
    Shift,
    axis=NAMES,
    amplitude=st.floats(-100, 100).filter(bool),
    direction=st.booleans(),
)
SWITCHES = st.builds(Switch, category=NAMES, option=NAMES, start=st.none() | st.just("\x00 none of these"))
STYLES = st.builds(
    Restyle,
    slot=NAMES,
    style=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=5).map(tuple),
    label=NAMES,
    share=st.floats(0.001, 1),
    columns=st.none() | st.integers(1, 20),
)
SINGLE = st.one_of(SHIFTS, SWITCHES, STYLES)


@given(first=SINGLE, second=SINGLE, sign=st.sampled_from((-1, 1)))
def test_all_comes_back_the_same(first, second, sign):
    assert change_from_json(json.loads(json.dumps(change_to_json(first)))) == first
    if first.subject == second.subject:
        return
    pair = Both(first=first, second=second)
    for change, of in ((first, "effect"), (pair, "effect"), (pair, "interaction")):
        hypothesis = Hypothesis(model="a/b", classifier="c/d", output="Young", change=change, sign=sign, of=of)
        assert hypothesis_from_json(json.loads(json.dumps(hypothesis_to_json(hypothesis)))) == hypothesis


SHIFT = {"kind": "shift", "axis": "smile", "amplitude": 1.5, "direction": True}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({**SHIFT, "kind": "jump"}, "change.kind should be one of .*; found 'jump'"),
        ({**SHIFT, "amplitude": 101}, "change.amplitude should be a number from -100 to 100"),
        ({**SHIFT, "amplitude": 0}, "change: An amplitude is a number of sd other than zero"),
        ({**SHIFT, "axis": "a" * 301}, "change.axis should be a text"),
        ({**SHIFT, "speed": 1}, "not known"),
        ({"kind": "both", "first": SHIFT, "second": SHIFT}, "axis smile twice"),
        ({"kind": "both", "first": SHIFT, "second": {"kind": "both"}}, "change.second.kind should be one of"),
        ({"kind": "both", "first": {**SHIFT, "x": 1}, "second": {**SHIFT, "axis": "b"}}, "change.first has fields"),
    ],
)
def test_what_is_no_change_is_refused_in_words(value, message):
    with pytest.raises(SavedError, match=message):
        change_from_json(value)


def test_a_hypothesis_that_predicts_nothing_is_refused():
    whole = {"model": "a/b", "classifier": "c/d", "output": "o", "change": SHIFT, "sign": 0, "of": "effect"}
    with pytest.raises(SavedError, match="hypothesis: A prediction rises"):
        hypothesis_from_json(whole)
