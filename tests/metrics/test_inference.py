from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from engine.metrics.inference import batches, device_of, evaluating, spread_rows


def test_batches_cover_every_row_in_order_and_tell_how_far_they_are(array_split):
    seen = []
    split = array_split(torch.arange(10.0)[:, None], labels=torch.arange(10))
    parts = list(batches(split, batch_size=4, progress=lambda *step: seen.append(step)))
    assert [len(part) for part in parts] == [4, 4, 2]
    assert torch.cat([part.labels for part in parts]).tolist() == list(range(10))
    assert seen == [(4, 10), (8, 10), (10, 10)]


def test_batches_of_chosen_rows(array_split):
    (batch,) = batches(array_split(torch.arange(10.0)[:, None]), rows=np.array([7, 2]))
    assert batch.x.tolist() == [[7], [2]]
    with pytest.raises(ValueError, match="batch_size should be at least 1; got 0"):
        next(batches(array_split(torch.zeros(2, 1)), batch_size=0))


@given(num_rows=st.integers(0, 200), max_rows=st.one_of(st.none(), st.integers(1, 300)))
def test_rows_are_spread_evenly(num_rows, max_rows):
    rows = spread_rows(num_rows, max_rows)
    assert len(rows) == min(num_rows, max_rows or num_rows)
    assert len(set(rows)) == len(rows)
    if len(rows) > 1:
        assert rows[0] == 0
        assert rows[-1] < num_rows
        assert np.ptp(np.diff(rows)) <= 1


def test_rows_have_to_be_some():
    with pytest.raises(ValueError, match="max_rows should be at least 1, or None for all rows; got 0"):
        spread_rows(10, 0)


def test_evaluating_turns_off_gradients_and_restores_modes_even_after_an_error():
    model = nn.Sequential(nn.Linear(2, 2), nn.Dropout()).train()
    model[0].eval()
    with pytest.raises(RuntimeError, match="stop"), evaluating(model):
        assert not any(module.training for module in model.modules())
        assert not torch.is_grad_enabled()
        raise RuntimeError("stop")
    assert [module.training for module in model.modules()] == [True, False, True]
    assert torch.is_grad_enabled()


def test_a_formula_lies_on_the_cpu():
    assert device_of(object()) == torch.device("cpu")
    assert device_of(nn.Linear(1, 1, device="meta")) == torch.device("meta")
