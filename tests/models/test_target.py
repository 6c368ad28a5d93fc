"""Which number of a classifier is meant."""

from __future__ import annotations

import pytest
import torch

from engine.models.target import Target, as_logits, as_target, probability, score

LOGITS = torch.tensor([[1.0, 3.0, 2.0], [0.0, -1.0, -2.0]])


@pytest.mark.parametrize(
    ("target", "numbers"),
    [
        ("predicted", [3.0, 0.0]),
        (2, [2.0, -2.0]),
        ([0, 1], [1.0, -1.0]),
        (Target((1,), (0,)), [2.0, -1.0]),
        (Target((), (2,)), [1.0, 2.0]),
        (Target((0,), (), True), [-1.0, 0.0]),
    ],
)
def test_a_target_is_a_sum_of_signed_logits(target, numbers):
    assert score(LOGITS, as_target(target).weights(LOGITS)).tolist() == numbers


@pytest.mark.parametrize("every", [torch.softmax(LOGITS, dim=1), torch.sigmoid(LOGITS)])
def test_probabilities_are_the_models_own_or_of_one_class_rather_than_another(every):
    torch.testing.assert_close(probability(LOGITS, Target((2,)).weights(LOGITS), every), every[:, 2])
    torch.testing.assert_close(probability(LOGITS, Target((2,), (), True).weights(LOGITS), every), 1 - every[:, 2])
    pair = Target((1,), (0,)).weights(LOGITS)
    torch.testing.assert_close(probability(LOGITS, pair, every), torch.sigmoid(LOGITS[:, 1] - LOGITS[:, 0]))


def test_one_pictures_target_can_be_taken_out():
    assert Target((3, 1), (2,)).of_row(1) == Target((1,), (2,))
    assert Target().of_row(1) == Target()


def test_scalar_readouts_count_as_one_class():
    assert as_logits(torch.tensor([1.0, 2.0]), 2).shape == (2, 1)
    assert as_logits(torch.ones(2, 1, dtype=torch.bfloat16), 2).dtype == torch.float32
    for output in (torch.ones(3, 2), torch.ones(2, 2, 2), [1.0, 2.0]):
        with pytest.raises(ValueError, match="should return logits"):
            as_logits(output, 2)


@pytest.mark.parametrize("value", ["cat", 1.5, [], True, [1, "2"]])
def test_what_is_no_target_is_refused(value):
    with pytest.raises(ValueError, match="target should be"):
        as_target(value)
