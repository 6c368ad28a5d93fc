from __future__ import annotations

from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, permutation_test

from engine.statistics import paired_permutation, unpaired_permutation
from engine.study.analysis import Assumptions
from engine.study.analysis.power import completion_rates, null

STUDIES = 1000
NULL = null(Assumptions(first=0.7, second=0.4, questions=5))
FIFTHS = st.integers(-5, 5).map(lambda k: k / 5)


@given(differences=st.lists(FIFTHS, min_size=1, max_size=8))
def test_few_pairs_are_tested_exactly(differences):
    observed = abs(sum(differences))
    patterns = [abs(sum(s * d for s, d in zip(signs, differences, strict=True)))
                for signs in product((-1, 1), repeat=len(differences))]
    found = paired_permutation(differences, seed=0)
    assert found.exact
    assert found.rearrangements == 2 ** len(differences)
    assert found.p[0] == pytest.approx(np.mean([pattern >= observed - 1e-9 for pattern in patterns]))


@given(first=st.lists(FIFTHS, min_size=1, max_size=5), second=st.lists(FIFTHS, min_size=1, max_size=5))
def test_small_groups_are_tested_exactly(first, second):
    everyone = np.array(first + second)
    observed = abs(np.mean(first) - np.mean(second))
    deals = []
    for chosen in combinations(range(len(everyone)), len(first)):
        mask = np.isin(np.arange(len(everyone)), chosen)
        deals.append(abs(everyone[mask].mean() - everyone[~mask].mean()))
    found = unpaired_permutation(first, second, seed=0)
    assert found.exact
    assert found.p[0] == pytest.approx(np.mean([deal >= observed - 1e-9 for deal in deals]))


def test_parity_with_scipy():
    generator = np.random.default_rng(5)
    first, second = generator.normal(0.4, 1, 11), generator.normal(0, 1, 11)
    theirs = permutation_test(
        (first, second), lambda x, y, axis: (x - y).mean(axis=axis), permutation_type="samples", n_resamples=np.inf
    )
    assert paired_permutation(first - second, seed=0).p[0] == pytest.approx(theirs.pvalue)
    theirs = permutation_test(
        (first[:6], second[:6]), lambda x, y, axis: x.mean(axis=axis) - y.mean(axis=axis), n_resamples=np.inf
    )  # groups of one size: SciPy doubles the smaller tail, which is the same only where both tails are alike
    assert unpaired_permutation(first[:6], second[:6], seed=0).p[0] == pytest.approx(theirs.pvalue)


def test_random_patterns_come_near_the_exact_p_and_repeat():
    differences = np.random.default_rng(2).normal(0.35, 1, 20)
    random = paired_permutation(differences, seed=3)
    assert not random.exact
    reference = paired_permutation(differences, seed=99, resamples=200_000).p[0]
    assert abs(random.p[0] - reference) < 4 * np.sqrt(reference * (1 - reference) / 9999)
    np.testing.assert_array_equal(random.p, paired_permutation(differences, seed=3).p)


def test_many_studies_at_once_are_the_single_studies():
    differences = np.random.default_rng(4).integers(-5, 6, (18, 30)) / 5
    together = paired_permutation(differences, seed=6).p
    alone = [paired_permutation(differences[:, k], seed=6).p[0] for k in range(30)]
    np.testing.assert_allclose(together, alone)


@given(differences=st.lists(FIFTHS, min_size=2, max_size=20), scale=st.floats(0.01, 100))
def test_neither_the_sign_nor_the_unit_matters(differences, scale):
    p = paired_permutation(differences, seed=1).p[0]
    assert 0 < p <= 1
    assert paired_permutation(-scale * np.array(differences), seed=1).p[0] == pytest.approx(p)


def test_no_difference_is_no_evidence():
    assert paired_permutation(np.zeros(30), seed=0).p[0] == 1.0
    assert paired_permutation([0.7], seed=0).p[0] == 1.0


def test_a_thousand_null_studies_are_found_significant_as_often_as_they_should():
    low, high = binom.interval(0.99, STUDIES, 0.05)
    generator = np.random.default_rng(2024)
    for participants in (12, 30):  # all sign patterns, and random ones
        differences = generator.laplace(size=(participants, STUDIES))
        assert low <= significant(paired_permutation(differences, seed=7)) <= high
    times = generator.lognormal(size=(40, STUDIES))
    assert low <= significant(unpaired_permutation(times[:20], times[20:], seed=7)) <= high
    rates = completion_rates(replace(NULL, questions=50), 40, studies=STUDIES, seed=2024)
    assert low <= significant(paired_permutation(rates[0] - rates[1], seed=7)) <= high


@pytest.mark.parametrize("participants", [8, 20, 60])
def test_null_studies_of_few_questions_are_never_found_significant_too_often(participants):
    """Completion of five questions has many ties, which count as extreme: the test is valid, and strict."""
    rates = completion_rates(NULL, participants, studies=STUDIES, seed=2024)
    high = binom.ppf(0.995, STUDIES, 0.05)
    assert 0 < significant(paired_permutation(rates[0] - rates[1], seed=7)) <= high
    half = participants // 2
    assert significant(unpaired_permutation(rates[0, :half], rates[1, half:], seed=7)) <= high


def significant(found) -> int:
    return int((found.p <= 0.05).sum())


@pytest.mark.parametrize("values", [[], [0.1, float("nan")], np.zeros((2, 2, 2))])
def test_missing_values_are_refused(values):
    with pytest.raises(ValueError, match="finite values"):
        paired_permutation(values, seed=0)
