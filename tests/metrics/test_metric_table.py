from __future__ import annotations

import dataclasses
import json

import pytest

from engine.metrics import METRICS, Metric, measured
from engine.training.recipes import RECIPES


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_says_what_it_means_in_one_sentence(name):
    row = METRICS[name]
    assert name == name.lower()
    assert row.title
    assert row.definition.endswith(".")
    assert row.higher_is_better in (True, False, None)


def test_published_figures_are_filed_under_known_names():
    assert {name for recipe in RECIPES.values() for name in recipe.paper} <= set(METRICS)


@pytest.mark.parametrize("value", [0.25, (0.5, 1.0), ((1.0, 2.0), (3.0, 4.0))])
def test_a_stored_metric_equals_its_origin(value):
    metric = measured("mig", value, paper_value=0.1)
    assert Metric(**json.loads(json.dumps(dataclasses.asdict(metric)))) == metric
    assert (metric.paper_value, metric.higher_is_better) == (0.1, True)
    ranged = measured("mig", value, interval=(0.1, 0.5))
    assert Metric(**json.loads(json.dumps(dataclasses.asdict(ranged)))) == ranged != metric


def test_an_unknown_name_lists_its_neighbours():
    with pytest.raises(KeyError, match="No metric 'mgi'; did you mean 'mig'"):
        measured("mgi", 1.0)
