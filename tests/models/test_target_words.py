"""Targets in words: names before numbers, hyphens in names, and errors that say what there is."""

from __future__ import annotations

import pytest

from engine.models.target import Target
from engine.models.target_words import target_from, target_words

CLOTHES = ("T-shirt/top", "Trouser", "Coat")


@pytest.mark.parametrize(
    ("text", "classes", "expected"),
    [
        ("predicted", CLOTHES, Target()),
        ("Coat", CLOTHES, Target((2,))),
        ("coat", CLOTHES, Target((2,))),
        ("1", CLOTHES, Target((1,))),
        ("001", CLOTHES, Target((1,))),
        ("8", ("3", "8"), Target((1,))),
        ("T-shirt/top", CLOTHES, Target((0,))),
        ("T-shirt/top-Coat", CLOTHES, Target((0,), (2,))),
        ("coat-t-shirt/top", CLOTHES, Target((2,), (0,))),
        ("2-0", CLOTHES, Target((2,), (0,))),
        ("predicted-Coat", CLOTHES, Target((), (2,))),
    ],
)
def test_words_name_targets(text, classes, expected):
    assert target_from(text, classes) == expected


@pytest.mark.parametrize(
    ("text", "classes", "message"),
    [
        ("Coats", CLOTHES, r"No class 'Coats'; did you mean 'Coat'\? Numbers from 0 to 2, 'predicted' and A-B"),
        ("3", CLOTHES, "No class '3'"),
        ("Coat-predicted", CLOTHES, "No class"),
        ("Coat-2", CLOTHES, "always zero"),
        ("a-b-a", ("a", "b", "a-b", "b-a"), "several hyphens"),
        ("", CLOTHES, "No class ''"),
        ("٣", CLOTHES, "No class"),
        ("1" * 5000, CLOTHES, "Numbers from 0 to 2"),
    ],
)
def test_what_names_none_is_told(text, classes, message):
    with pytest.raises(ValueError, match=message):
        target_from(text, classes)


def test_a_turned_target_is_what_speaks_against_it():
    assert target_from("1", CLOTHES, negated=True) == Target((1,), negated=True)


@pytest.mark.parametrize(
    ("target", "words"),
    [(Target(), "predicted class"), (Target((2,)), "Coat"), (Target((2,), (1,)), "Coat rather than Trouser"),
     (Target((), (1,), True), "against predicted class rather than Trouser")],
)  # fmt: skip
def test_targets_in_words(target, words):
    assert target_words(target, CLOTHES) == words
