from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data.stratified_split import stratified_split

many_labels = st.lists(st.integers(0, 4), min_size=1, max_size=60).map(np.array)


@given(labels=many_labels)
def test_every_row_is_in_one_part_and_every_class_in_both(labels):
    train, test = stratified_split(labels)
    np.testing.assert_array_equal(np.sort(np.concatenate([train, test])), np.arange(len(labels)))
    for label in np.unique(labels):
        count = int((labels == label).sum())
        held_out = int((labels[test] == label).sum())
        assert abs(held_out - count / 4) <= 1
        assert held_out >= min(count - 1, 1)


@given(labels=many_labels, chosen=st.integers(0, 4))
def test_a_class_is_split_the_same_whatever_other_classes_there_are(labels, chosen):
    rows = np.flatnonzero(labels == chosen)
    train, _ = stratified_split(labels)
    alone, _ = stratified_split(labels[rows])
    np.testing.assert_array_equal(train[labels[train] == chosen], rows[alone])


@pytest.mark.parametrize(("counts", "sizes"), [((49, 102), (113, 38)), ((54, 61), (86, 29))])
def test_the_published_flower_pairs_keep_their_sizes(counts, sizes):
    train, test = stratified_split(np.repeat([0, 1], counts))
    assert (len(train), len(test)) == sizes


def test_the_split_is_no_cut_through_the_order_and_always_the_same():
    train, _ = stratified_split(np.zeros(40, int))
    assert train.tolist() != list(range(30))
    np.testing.assert_array_equal(train, stratified_split(np.zeros(40, int))[0])
