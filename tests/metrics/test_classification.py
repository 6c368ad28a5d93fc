from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as reference

from engine.metrics.calibration import expected_calibration_error
from engine.metrics.classification import accuracy, confusion_matrix, cross_entropy


def predictions(seed, n=40, classes=4):
    generator = torch.Generator().manual_seed(seed)
    probabilities = torch.randn(n, classes, generator=generator, dtype=torch.float64).mul(3).softmax(dim=1)
    return probabilities, torch.randint(classes, (n,), generator=generator)


def brute_force_ece(probabilities, labels, num_bins):
    total = 0.0
    for m in range(num_bins):
        inside = [
            (p.max().item(), float(p.argmax() == y))
            for p, y in zip(probabilities, labels, strict=True)
            if m / num_bins < p.max().item() <= (m + 1) / num_bins
        ]
        if inside:
            confidence, right = np.mean(inside, axis=0)
            total += len(inside) / len(labels) * abs(right - confidence)
    return total


@given(seed=st.integers(0, 10_000))
def test_agrees_with_scikit_learn(seed):
    probabilities, labels = predictions(seed)
    predicted = probabilities.argmax(dim=1)
    assert accuracy(probabilities, labels) == pytest.approx(reference.accuracy_score(labels, predicted))
    expected = reference.log_loss(labels, probabilities.numpy(), labels=range(4))
    assert cross_entropy(probabilities, labels) == pytest.approx(expected)
    np.testing.assert_array_equal(
        confusion_matrix(probabilities, labels), reference.confusion_matrix(labels, predicted, labels=range(4))
    )


@given(seed=st.integers(0, 10_000), num_bins=st.integers(1, 20), n=st.integers(1, 60))
def test_calibration_error_agrees_with_a_loop(seed, num_bins, n):
    probabilities, labels = predictions(seed, n)
    expected = brute_force_ece(probabilities, labels, num_bins)
    assert expected_calibration_error(probabilities, labels, num_bins=num_bins) == pytest.approx(expected, abs=1e-12)


def test_calibration_error_by_hand():
    probabilities = torch.tensor([[0.8, 0.2]] * 5)
    assert expected_calibration_error(probabilities, torch.tensor([0, 0, 0, 0, 1])) == pytest.approx(0, abs=1e-7)
    assert expected_calibration_error(probabilities, torch.tensor([1, 1, 1, 1, 1])) == pytest.approx(0.8)


def test_an_edge_belongs_to_the_bin_below():
    probabilities = torch.tensor([[0.5, 0.3, 0.2], [0.6, 0.2, 0.2]], dtype=torch.float64)
    labels = torch.tensor([0, 1])  # (0, 0.5]: right at 0.5; (0.5, 1]: wrong at 0.6
    assert expected_calibration_error(probabilities, labels, num_bins=2) == pytest.approx((0.5 + 0.6) / 2)


def test_certainty_of_the_wrong_class_costs_a_finite_amount():
    certain = torch.tensor([[1.0, 0.0]])
    assert cross_entropy(certain, torch.tensor([0])) == 0
    assert cross_entropy(certain, torch.tensor([1])) == pytest.approx(126 * math.log(2))


@pytest.mark.parametrize(
    ("probabilities", "labels", "message"),
    [
        (torch.ones(3, 2), torch.zeros(2, dtype=torch.long), r"got \(3, 2\) and \(2,\)"),
        (torch.ones(0, 2), torch.zeros(0, dtype=torch.long), "N at least 1"),
        (torch.ones(2, 2), torch.tensor([0, 2]), r"labels should lie in \[0, 2\); got 0 to 2"),
    ],
)
@pytest.mark.parametrize("measure", [accuracy, cross_entropy, confusion_matrix, expected_calibration_error])
def test_says_what_is_wrong(measure, probabilities, labels, message):
    with pytest.raises(ValueError, match=message):
        measure(probabilities, labels)
