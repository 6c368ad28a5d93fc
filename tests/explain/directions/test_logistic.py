"""Soft-label logistic regression against scikit-learn, planted weights and closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from engine.explain.directions.logistic import fit_logistic, held_out
from tests.explain.directions.toys import angle, draw


def test_it_equals_scikit_learn_on_duplicated_weighted_rows():
    x = draw(1, 300, 4) * torch.tensor([1.0, 5.0, 0.1, 2.0]) + 3
    odds = 2 * draw(2, 300, 1) + x[:, :1]
    l2 = 0.02
    fit = fit_logistic(x, odds, l2=l2)
    mean, scale, y = x.double().mean(0), x.double().std(0, unbiased=False), torch.sigmoid(odds.double())[:, 0]
    rows = np.tile(((x.double() - mean) / scale).numpy(), (2, 1))
    weight = torch.cat([y, 1 - y]).numpy()
    other = LogisticRegression(C=1 / (l2 * 300), tol=1e-10, max_iter=10_000)
    other.fit(rows, np.repeat([1, 0], 300), sample_weight=weight)
    weights = torch.from_numpy(other.coef_[0]) / scale
    torch.testing.assert_close(fit.weights[0], weights, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(
        fit.biases[0], torch.tensor(other.intercept_[0]).double() - weights @ mean, rtol=1e-4, atol=1e-5
    )


@settings(max_examples=8)
@given(seed=st.integers(0, 1000))
def test_a_planted_direction_is_recovered_whatever_the_scales(seed):
    x = draw(seed, 400, 6) * torch.logspace(-1, 1, 6)
    planted = draw(seed + 1, 2, 6)
    fit = fit_logistic(x, x @ planted.T + 0.3, l2=1e-6)
    assert angle(fit.weights[0], planted[0]) < 1
    assert angle(fit.weights[1], planted[1]) < 1


def test_attributes_do_not_influence_each_other():
    x, odds = draw(3, 200, 5), draw(4, 200, 3)
    together = fit_logistic(x, odds)
    for k in range(3):
        torch.testing.assert_close(together.weights[k], fit_logistic(x, odds[:, [k]]).weights[0], rtol=0, atol=1e-6)


def test_a_constant_entry_gets_no_weight():
    x = torch.cat([draw(5, 100, 2), torch.full((100, 1), 7.0)], dim=1)
    fit = fit_logistic(x, x[:, :1])
    assert fit.weights[0, 2] == 0
    assert fit.weights.isfinite().all()


def test_held_out_figures_are_those_of_the_definitions():
    x = draw(6, 500, 3)
    odds = 2 * x[:, :1] + draw(7, 500, 1) - 1
    fit = fit_logistic(x[:300], odds[:300])
    [found] = held_out(fit, x[300:], odds[300:])
    said, truth = fit.log_odds(x[300:])[:, 0].numpy(), odds[300:, 0].double().numpy()
    y = 1 / (1 + np.exp(-truth))
    p = 1 / (1 + np.exp(-said))
    assert found.count == 200
    assert found.accuracy == pytest.approx(np.mean((said > 0) == (truth > 0)))
    assert found.majority == pytest.approx(max(np.mean(truth > 0), np.mean(truth <= 0)))
    assert found.auc == pytest.approx(roc_auc_score(truth > 0, said))
    assert found.r2 == pytest.approx(1 - np.var(said - truth - np.mean(said - truth)) / np.var(truth)
                                     - np.mean(said - truth) ** 2 / np.var(truth))  # fmt: skip
    assert found.bce == pytest.approx(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))


def test_the_baseline_is_the_entropy_of_the_mean_label_in_nats():
    odds = torch.logit(torch.tensor([0.1, 0.3, 0.2, 0.2]))[:, None]
    [found] = held_out(fit_logistic(draw(8, 4, 1), odds), draw(9, 4, 1), odds)
    assert found.baseline_bce == pytest.approx(-0.2 * math.log(0.2) - 0.8 * math.log(0.8), rel=1e-6)
    assert found.auc is None  # no label lies above one half
    assert found.majority == 1


@pytest.mark.parametrize(("rows", "labels", "l2"), [(3, 4, 1.0), (1, 1, 1.0), (3, 3, 0.0)])
def test_mistakes_are_named(rows, labels, l2):
    with pytest.raises(ValueError, match="at least two points"):
        fit_logistic(draw(0, rows, 2), draw(1, labels, 1), l2=l2)
