"""Latin squares: every model in every place, and right after every other, equally often."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest

from engine.study.sessions.latin_square import balanced_orders, latin_square


@pytest.mark.parametrize("n", range(1, 11))
def test_each_in_each_place_equally_often(n):
    rows = latin_square(n)
    assert len(rows) == (n if n % 2 == 0 or n == 1 else 2 * n)
    assert all(sorted(row) == list(range(n)) for row in rows)
    for place in range(n):
        assert set(Counter(row[place] for row in rows).values()) == {len(rows) // n}


@pytest.mark.parametrize("n", range(2, 11))
def test_each_right_after_each_other_equally_often(n):
    after = Counter(pair for row in latin_square(n) for pair in itertools.pairwise(row))
    assert set(after) == set(itertools.permutations(range(n), 2))
    assert set(after.values()) == {1 if n % 2 == 0 else 2}


@pytest.mark.parametrize(("n", "each"), [(n, each) for n in range(1, 8) for each in range(1, n + 1)])
def test_some_of_the_models_each(n, each):
    orders = balanced_orders(n, each)
    assert all(len(set(order)) == each for order in orders)
    for first in range(0, len(orders), n):  # every round of n participants is balanced in itself
        for place in range(each):
            assert sorted(order[place] for order in orders[first : first + n]) == list(range(n))


@pytest.mark.parametrize("n", range(3, 8))
def test_pairs_of_models_meet_about_equally_often(n):
    met = Counter(tuple(sorted(order)) for order in balanced_orders(n, 2))
    assert set(met) == set(itertools.combinations(range(n), 2))
    assert max(met.values()) <= 2 * min(met.values())


def test_one_model_each_goes_round():
    assert [order[0] for order in balanced_orders(3, 1)][:3] in ([0, 1, 2], [2, 0, 1], [1, 2, 0])


def test_what_cannot_be_ordered():
    with pytest.raises(ValueError, match="got 0"):
        latin_square(0)
    with pytest.raises(ValueError, match="1 to 3 of 3 models; got 4"):
        balanced_orders(3, 4)
