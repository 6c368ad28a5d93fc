"""The metrics that speak for a model."""

from __future__ import annotations

import pytest

from engine.metrics import HEADLINES, METRICS, headline


def test_headlines_are_metrics():
    assert set(HEADLINES) <= set(METRICS)


@pytest.mark.parametrize(
    ("measured", "first"),
    [
        (("mig", "mse", "nll"), "mse"),
        (("ece", "accuracy", "cross_entropy"), "accuracy"),
        (("distinct_classes", "category_purity"), "category_purity"),
        (("kl_per_latent",), None),
        ((), None),
    ],
)
def test_the_first_of_them_stands_alone(measured, first):
    metrics = {name: {"value": place} for place, name in enumerate(measured)}
    assert headline(metrics) == (None if first is None else (first, metrics[first]))
