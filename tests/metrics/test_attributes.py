"""Figures of attributes against a count by hand and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn import metrics

from engine.metrics.attributes import (
    attribute_accuracy,
    attribute_confusion,
    attribute_cross_entropy,
    balanced_accuracy,
    yes_and_no,
)

PROBABILITIES = torch.tensor([[0.9, 0.2], [0.6, 0.7], [0.4, 0.1], [0.2, 0.3]])
TRUTH = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0]])


def test_counts_by_hand():
    assert attribute_accuracy(PROBABILITIES, TRUTH).tolist() == [0.5, 0.75]
    assert attribute_confusion(PROBABILITIES, TRUTH).tolist() == [[[1, 1], [1, 1]], [[2, 0], [1, 1]]]
    assert balanced_accuracy(PROBABILITIES, TRUTH).tolist() == [0.5, 0.75]


def test_scikit_learn_agrees():
    generator = torch.Generator().manual_seed(0)
    probabilities = torch.rand(200, 3, generator=generator)
    truth = (torch.rand(200, 3, generator=generator) < torch.tensor([0.1, 0.5, 0.8])).float()
    said = (probabilities > 0.5).int().numpy()
    for column in range(3):
        arguments = truth[:, column].numpy(), said[:, column]
        assert balanced_accuracy(probabilities, truth)[column] == pytest.approx(
            metrics.balanced_accuracy_score(*arguments)
        )
        assert np.array_equal(attribute_confusion(probabilities, truth)[column], metrics.confusion_matrix(*arguments))
    loss = metrics.log_loss(truth.flatten().numpy(), probabilities.flatten().numpy())
    assert attribute_cross_entropy(probabilities, truth) == pytest.approx(loss, rel=1e-6)


def test_an_attribute_that_all_have_has_no_balanced_accuracy():
    assert balanced_accuracy(PROBABILITIES, torch.ones(4, 2)).isnan().all()


def test_every_answer_is_an_example_of_two_classes():
    two, labels = yes_and_no(PROBABILITIES, TRUTH)
    assert two.shape == (8, 2) and labels.tolist() == TRUTH.flatten().tolist()
    torch.testing.assert_close(two.sum(dim=1), torch.ones(8))


@pytest.mark.parametrize("truth", [torch.ones(4, 3), torch.ones(4), torch.full((4, 2), 0.5)])
def test_what_does_not_fit_is_refused(truth):
    with pytest.raises(ValueError, match=r"should (both be|hold 0 and 1)"):
        attribute_accuracy(PROBABILITIES, truth)
