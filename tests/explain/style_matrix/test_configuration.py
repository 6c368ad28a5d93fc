"""Configurations: one form for all that is equal, a line of text, JSON, and how many there are."""

from __future__ import annotations

import json
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.explain.style_matrix import (
    Mix,
    Mixed,
    Single,
    export_configurations,
    export_count,
    from_json,
    from_text,
    to_json,
    to_text,
)
from engine.explain.style_matrix.configuration import check_fits

STEPS = st.sampled_from([0.01, 0.2, 0.05, 0.3, 0.07, 1.0])
MIXES = st.builds(
    lambda first, second, share: Mix(first) if second is None else Mix(first, second, share),
    st.integers(0, 12),
    st.none() | st.integers(0, 12),
    st.floats(0, 1),
)
MIXED = st.lists(MIXES, min_size=1, max_size=6).map(lambda mixes: Mixed(tuple(mixes)))
SINGLES = st.builds(Single, st.integers(0, 17), st.integers(0, 12))


@pytest.mark.parametrize(
    ("mix", "normal"),
    [
        (Mix(1, 0, 0.25), Mix(1, 0, 0.25)),
        (Mix(0, 1, 0.75), Mix(1, 0, 0.25)),
        (Mix(3, 3, 0.4), Mix(3)),
        (Mix(2, 5, 1.0), Mix(2)),
        (Mix(2, 5, 0.0), Mix(5)),
        (Mix(2, 5, 0.004), Mix(5)),
        (Mix(2, 5, 0.996), Mix(2)),
        (Mix(5, 2, 0.125), Mix(5, 2, 0.13)),  # halves go up, by the share of the larger number
        (Mix(2, 5, 0.875), Mix(5, 2, 0.13)),
    ],
)
def test_normal_forms(mix, normal):
    assert mix.normal(0.01) == normal


@pytest.mark.parametrize(
    ("share", "normal"),
    [
        (0.0, Mix(0)),
        (0.14, Mix(0)),
        (0.2, Mix(1, 0, 0.3)),
        (0.94, Mix(1, 0, 0.9)),
        (0.96, Mix(1)),
        (1.0, Mix(1)),
    ],
)
def test_a_step_that_does_not_divide_the_whole_ends_in_the_whole(share, normal):
    assert Mix(1, 0, share).normal(0.3) == Mix(0, 1, 1 - share).normal(0.3) == normal


@given(mix=MIXES, step=STEPS)
def test_the_normal_form_of_a_normal_form_is_itself(mix, step):
    assert mix.normal(step).normal(step) == mix.normal(step)


@given(first=st.integers(0, 9), second=st.integers(0, 9), share=st.floats(0, 1), step=STEPS)
def test_a_mix_the_other_way_round_has_the_same_normal_form(first, second, share, step):
    assert Mix(first, second, share).normal(step) == Mix(second, first, 1 - share).normal(step)


@given(mix=MIXES, step=STEPS)
def test_a_normal_form_is_near_what_it_stands_for(mix, step):
    def share_of(one, style):
        return sum(part for part, name in ((one.share, one.first), (1 - one.share, one.second)) if name == style)

    normal = mix.normal(step)
    for style in mix.styles:
        assert share_of(normal, style) == pytest.approx(share_of(mix, style), abs=step / 2 + 1e-9)


def test_the_published_examples():
    array = Mixed((Mix(1, 0, 0.25), Mix(2), Mix(0)))
    assert to_text("2", array) == "2-a-1_0_25-2-0"
    assert to_text("2", Single(slot=1, style=4)) == "2-s-4-1"
    assert from_text("2-a-1_0_25-2-0") == ("2", array)
    assert from_text("2-s-4-1") == ("2", Single(slot=1, style=4))


@given(configuration=MIXED | SINGLES, step=STEPS, generator=st.sampled_from(["2", "mnist/tc5", "flowers/daisy-a-1"]))
def test_text_says_the_normal_form(configuration, step, generator):
    text = to_text(generator, configuration, step=step)
    assert from_text(text, step=step) == (generator, configuration.normal(step))
    assert to_text(*from_text(text, step=step), step=step) == text


@given(configuration=MIXED | SINGLES)
def test_json_says_what_it_was_made_of(configuration):
    found = from_json(json.loads(json.dumps(to_json(configuration))))
    assert found == configuration


def test_json_is_that_of_the_published_interface():
    assert to_json(Single(slot=1, style=4)) == {"singleStyle": {"layer": 1, "id": 4}}
    assert to_json(Mixed((Mix(2), Mix(1, 0, 0.25)))) == {
        "styleArray": [{"style1": 2}, {"style1": 1, "style2": 0, "proportionStyle1": 0.25}]
    }
    half = {"styleArray": [{"style1": 3, "style2": 1}]}
    assert from_json(half) == Mixed((Mix(3),)), "without a share the first style alone, as published"


@pytest.mark.parametrize("text", ["", "2", "2-a", "2-a-", "2-a-1_0", "2-s-1", "2-b-1", "2-a-1_0_25_3", "2-a--1", "-a-1",
                                  "2-a-1-", "2-a-٣", "2-a-1234567", "2-a-" + "1-" * 4000 + "1"])  # fmt: skip
def test_other_text_is_refused(text):
    with pytest.raises(ValueError, match="A configuration reads 'generator-s-style-slot'"):
        from_text(text)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "'styleArray', a list, or 'singleStyle'"),
        ([], "'styleArray', a list, or 'singleStyle'"),
        ({"styleArray": [], "singleStyle": {}}, "alone"),
        ({"styleArray": "abc"}, "a list"),
        ({"styleArray": [{}]}, "'style1'"),
        ({"styleArray": [{"style1": 1, "style3": 2}]}, "may be given"),
        ({"styleArray": [{"style1": 1.5}]}, "style1 should be a whole number"),
        ({"styleArray": [{"style1": True}]}, "style1 should be a whole number"),
        ({"styleArray": [{"style1": -1}]}, "styles from 0 on"),
        ({"styleArray": [{"style1": 10**9}]}, "style1 should be a whole number"),
        ({"styleArray": [{"style1": 1, "style2": 0, "proportionStyle1": 1.5}]}, "share from 0 to 1"),
        ({"styleArray": [{"style1": 1, "style2": 0, "proportionStyle1": float("nan")}]}, "should be a number"),
        ({"singleStyle": {"layer": 1}}, "are needed"),
        ({"singleStyle": {"layer": -1, "id": 0}}, "count from 0"),
    ],
)
def test_other_json_is_refused(value, message):
    with pytest.raises(ValueError, match=message):
        from_json(value)


def test_a_text_of_more_steps_than_the_whole_is_refused():
    with pytest.raises(ValueError, match="takes 6 steps of 0.2, more than the whole"):
        from_text("2-a-1_0_6", step=0.2)


def test_a_configuration_fits_its_matrix():
    check_fits(Mixed((Mix(3, 1, 0.5), Mix(0))), 2, 4)
    mixed = [Mixed((Mix(0),)), Mixed((Mix(4), Mix(0))), Mixed((Mix(1, 4, 0.5), Mix(0)))]
    for wrong in (*mixed, Single(2, 0), Single(0, 4)):
        with pytest.raises(ValueError, match="This matrix has 2 slots of 4 styles"):
            check_fits(wrong, 2, 4)


def test_an_export_has_as_many_pictures_as_published():
    assert export_count(3, 3, 0.2) == 3384
    assert export_count(4, 3, 0.2, limit=60_000) == 50_637
    with pytest.raises(ValueError, match="3 slots of 8 styles in steps of 0.2 has 1,728,024 pictures; at most 20,000"):
        export_count(3, 8, 0.2)


@pytest.mark.parametrize(("slots", "styles", "step"), [(1, 2, 1.0), (2, 3, 0.3), (2, 2, 0.25), (3, 2, 0.5)])
def test_an_export_holds_every_picture_once(slots, styles, step):
    every = list(export_configurations(slots, styles, step))
    assert len(every) == len(set(every)) == export_count(slots, styles, step)
    assert [one.normal(step) for one in every] == every
    assert all(from_text(to_text("g", one, step=step), step=step) == ("g", one) for one in every)
    between = len({Mix(1, 0, share / 1000).normal(step) for share in range(1001)}) - 2  # without the pure ones
    assert len(every) == (styles + between * comb(styles, 2)) ** slots + slots * styles


@pytest.mark.parametrize("step", [0.0, -0.1, 1.5, float("nan")])
def test_steps_lie_between_zero_and_one(step):
    with pytest.raises(ValueError, match="steps above 0 and up to 1"):
        export_count(2, 2, step)
    with pytest.raises(ValueError, match="steps above 0 and up to 1"):
        Mix(1, 0, 0.5).normal(step)
