"""Codes to search on and codes to test on never meet."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.explain.hypotheses.codes import Codes, share_rows
from tests.explain.hypotheses.toys import Toy

ENDLESS = Codes(Toy(4))
LISTED = Codes(Toy(3, examples=torch.randn(41, 3, generator=torch.Generator().manual_seed(5))))
SEEDS = st.integers(0, 2**40)


@given(search=SEEDS, test=SEEDS)
def test_no_seed_makes_the_streams_meet(search, test):
    for codes in (ENDLESS, LISTED):
        assert not share_rows(codes.to_search(30, seed=search), codes.to_test(30, seed=test))


def test_the_same_seed_draws_the_same_and_another_draws_others():
    for codes in (ENDLESS, LISTED):
        assert torch.equal(codes.to_test(9, seed=3), codes.to_test(9, seed=3))
        assert not torch.equal(codes.to_test(9, seed=3), codes.to_test(9, seed=4))


def test_a_list_of_examples_is_halved_and_a_sentence_says_so():
    assert ENDLESS.known is None
    assert ENDLESS.note(30, 30) == ""
    assert LISTED.known == 41
    search, test = LISTED.to_search(99, seed=0), LISTED.to_test(99, seed=1)
    assert (len(search), len(test)) == (21, 20)
    assert not share_rows(test[:10], test[10:])
    assert LISTED.note(99, 20).startswith("20 codes instead of 99: this model knows the codes of 41 examples")


def test_rows_in_common_are_found():
    codes = ENDLESS.to_test(6, seed=0)
    assert share_rows(codes, torch.cat([codes[3:4], -codes]))
    assert not share_rows(codes, codes + 1e-4)


def test_no_codes_are_refused():
    with pytest.raises(ValueError, match="At least one code"):
        ENDLESS.to_test(0, seed=0)
