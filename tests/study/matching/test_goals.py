"""What a study leaves open is filled in by the data set, or calibrated."""

from __future__ import annotations

import json

import pytest
import torch

from engine.interfaces import Space
from engine.study.design import Goal
from engine.study.matching.calibration import calibrated_threshold
from engine.study.matching.goals import dataset_of, resolve
from tests.study.decoders import Linear, StyleGAN2Like, fake


def model(dataset, kind="image"):
    space = Space(kind=kind, shape=(1, 4, 4) if kind == "image" else (8,))
    x = torch.rand(6, *space.shape, generator=torch.Generator().manual_seed(0))
    return fake(id=f"{dataset}/x", dataset=dataset, space=space, examples=fake(x=x, __len__=None))


@pytest.mark.parametrize(
    ("dataset", "agreement", "threshold", "skip_after_s"),
    [
        ("dsprites", "overlap", 0.90, 30),
        ("sinelines", "tolerance", 0.90, 30),
        ("mnist", "intersection", 0.75, 45),
        ("mnist:3,8", "intersection", 0.75, 45),
        ("mnist@14", "intersection", 0.75, 45),
    ],
)
def test_the_published_goals(dataset, agreement, threshold, skip_after_s):
    found = resolve(Goal(), model(dataset))
    assert (found.agreement.name, found.threshold, found.skip_after_s) == (agreement, threshold, skip_after_s)
    assert found.reached_at == pytest.approx(threshold - 0.001)


def test_any_other_data_get_a_calibrated_distance():
    other = StyleGAN2Like()
    found = resolve(Goal(), other)
    assert found.agreement.name == "distance" and found.skip_after_s == 30
    assert found.threshold == calibrated_threshold(other)


def test_what_the_study_says_holds():
    found = resolve(Goal(agreement="overlap", threshold=0.6, skip_after_s=0.0), model("mnist"))
    assert (found.agreement.name, found.threshold, found.skip_after_s) == ("overlap", 0.6, 0.0)
    assert resolve(Goal(threshold=0.5), model("mnist")).agreement.name == "intersection"


def test_another_measure_than_the_usual_one_is_calibrated_too():
    linear = Linear(latents=3, id="sinelines/x", dataset="sinelines")
    threshold = resolve(Goal(agreement="distance"), linear).threshold
    assert threshold != 0.9 and threshold == calibrated_threshold(linear)


def test_unknown_measures_and_unfit_ones_are_refused():
    with pytest.raises(KeyError, match="did you mean 'overlap'"):
        resolve(Goal(agreement="overlapp"), model("mnist"))
    with pytest.raises(ValueError, match="draws a series"):
        resolve(Goal(agreement="intersection"), model("sinelines", kind="series"))


def test_a_page_gets_all_it_needs():
    told = json.loads(json.dumps(resolve(Goal(), model("sinelines", kind="series")).to_json()))
    assert told == {
        "agreement": {"name": "tolerance", "width": 0.5},
        "threshold": 0.9,
        "reached_at": pytest.approx(0.899),
        "skip_after_s": 30.0,
    }


def test_the_data_set_of_a_model():
    assert dataset_of(fake(id="someone/faces", dataset="celeba@64")) == "celeba"
    assert dataset_of(fake(id="dsprites/vae")) == "dsprites"
