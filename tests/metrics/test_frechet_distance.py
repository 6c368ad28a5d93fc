from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import sqrtm

from engine.metrics import classifier_features, frechet_distance
from engine.models import MODELS


def draw(seed, *shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@given(seed=st.integers(0, 10_000), size=st.integers(1, 6))
@settings(max_examples=25, deadline=None)
def test_equal_to_the_formula_with_a_matrix_square_root(seed, size):
    first, second = draw(seed, 40, size), 2 * draw(seed + 1, 30, size) @ draw(seed + 2, size, size) + 1
    covs = [np.cov(x.double().numpy(), rowvar=False, bias=True).reshape(size, size) for x in (first, second)]
    gap = (first.double().mean(dim=0) - second.double().mean(dim=0)).square().sum().item()
    expected = gap + np.trace(covs[0] + covs[1] - 2 * sqrtm(covs[0] @ covs[1]).real)
    assert frechet_distance(first, second) == pytest.approx(expected, rel=1e-6, abs=1e-6)
    assert frechet_distance(second, first) == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_of_a_set_with_itself_and_of_a_moved_one():
    x = draw(0, 50, 4)
    assert frechet_distance(x, x) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(x, x + torch.tensor([3.0, 0, 0, 4.0])) == pytest.approx(25)


def test_fewer_rows_than_features_are_no_trouble():
    assert frechet_distance(draw(1, 5, 20), draw(2, 7, 20)) > 0


def test_one_row_has_no_covariance():
    with pytest.raises(ValueError, match=r"at least two rows are needed; got \(1, 3\) and \(4, 3\)"):
        frechet_distance(draw(0, 1, 3), draw(1, 4, 3))


def test_features_are_what_the_last_dense_layer_sees():
    model = MODELS.build("digit-classifier", classes=("a", "b"), width=2, hidden=5)
    model.reset_parameters(torch.Generator().manual_seed(0))
    x = torch.rand(3, 1, 28, 28, generator=torch.Generator().manual_seed(1))
    last = model.eval().network[-1]
    torch.testing.assert_close(last(classifier_features(model)(x)[0]), model.logits(x))
    assert classifier_features(model)(torch.rand(2, 3, 32, 32))[0].shape == (2, 5)


def test_a_network_without_a_dense_layer_is_refused():
    with pytest.raises(ValueError, match="last dense layer sees; Conv2d has none"):
        classifier_features(torch.nn.Conv2d(1, 2, 3))
