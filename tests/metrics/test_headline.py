"""The metrics that speak for a model."""

from __future__ import annotations

import pytest

from engine.metrics import HEADLINES, METRICS, headline, ranged


def test_headlines_are_metrics():
    assert set(HEADLINES) <= set(METRICS)


@pytest.mark.parametrize(
    ("measured", "first"),
    [
        (("mig", "mse", "nll"), "mse"),
        (("ece", "accuracy", "cross_entropy"), "accuracy"),
        (("distinct_classes", "category_purity"), "category_purity"),
        (("bot_solved", "accuracy"), "accuracy"),
        (("bot_solved",), None),
        (("kl_per_latent",), None),
        ((), None),
    ],
)
def test_the_first_of_them_stands_alone(measured, first):
    metrics = {name: {"value": place} for place, name in enumerate(measured)}
    assert headline(metrics) == (None if first is None else (first, metrics[first]))


@pytest.mark.parametrize(("interval", "text"), [((48.0, 67.25), "58 (48 to 67.2)"), (None, "58")])
def test_a_number_with_its_interval(interval, text):
    assert ranged(58.0, interval) == text
