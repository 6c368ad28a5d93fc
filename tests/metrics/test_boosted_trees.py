from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingRegressor

from engine.metrics.boosted_trees import fit_boosted_trees


def problem(rng, num_rows, discrete):
    features = rng.normal(size=(num_rows, 4)).astype(np.float32)
    if discrete:
        features[:, :2] = rng.integers(0, (3, 6), size=(num_rows, 2))
    target = np.sin(2 * features[:, 0]) + features[:, 1] * features[:, 2] + 0.3 * rng.normal(size=num_rows)
    return features, target


@pytest.mark.parametrize("discrete", [False, True])
def test_predicts_what_scikit_learn_predicts(rng, discrete):
    features, target = problem(rng, 1500, discrete)
    unseen, _ = problem(rng, 500, discrete)
    reference = GradientBoostingRegressor(random_state=0).fit(features, target)
    ensemble = fit_boosted_trees(features, target)
    np.testing.assert_allclose(ensemble.predict(features), reference.predict(features), atol=1e-9)
    # in nodes of a few rows scikit-learn draws lots between equally good splits, which unseen rows may notice
    assert np.mean(np.abs(ensemble.predict(unseen) - reference.predict(unseen)) < 1e-9) > 0.5
    np.testing.assert_allclose(ensemble.importances, reference.feature_importances_, atol=0.01)


def test_finds_a_step_exactly():
    features = np.arange(10.0)[:, None]
    ensemble = fit_boosted_trees(features, (features[:, 0] > 3.2) * 2.0, num_trees=1, depth=1, learning_rate=1.0)
    assert ensemble.thresholds.tolist() == [[3.5]]
    np.testing.assert_allclose(ensemble.predict([[3.4], [3.6]]), [0, 2], atol=1e-12)
    assert ensemble.importances.tolist() == [1.0]


def test_a_constant_target_or_feature_leaves_nothing_to_split():
    flat = fit_boosted_trees(np.arange(6.0)[:, None], np.full(6, 4.0), num_trees=3)
    assert flat.importances.tolist() == [0.0]
    assert flat.predict([[100.0]]).tolist() == [4.0]
    useless = fit_boosted_trees(np.zeros((6, 1)), np.arange(6.0), num_trees=3)
    assert useless.predict([[0.0]]).tolist() == [2.5]


def test_importances_share_out_the_reduction_of_error(rng):
    features, target = problem(rng, 300, discrete=False)
    importances = fit_boosted_trees(features, target, num_trees=20).importances
    assert importances.sum() == pytest.approx(1)
    assert importances[3] == importances.min()
