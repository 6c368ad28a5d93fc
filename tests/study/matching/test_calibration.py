"""Thresholds for data of any kind: random codes fail, a careful hand passes, on every shipped model."""

from __future__ import annotations

import functools

import pytest
import torch

import engine
from engine.study.matching.agreement import Distance, Overlap
from engine.study.matching.calibration import calibrate, calibrated_threshold, pair_agreements, reached_at
from engine.study.sessions.question_codes import question_codes
from tests.study.decoders import Linear, StyleGAN2Like, category

SHIPPED = [entry.id for entry in engine.catalog() if entry.kind in ("latent", "formula")]


@functools.cache
def load(name):
    return StyleGAN2Like() if name == StyleGAN2Like.id else engine.load(name, device="cpu")


@pytest.mark.parametrize("name", [*SHIPPED, StyleGAN2Like.id])
def test_random_pairs_fail_and_a_dial_one_percent_off_passes(name):
    model = load(name)
    found = calibrate(model)
    assert found.random < 0.01 and found.near > 0.99
    assert 0.5 < found.threshold < 1


@pytest.mark.parametrize("name", ["celeba/vae", "sinelines/gt", "mnist/ig5", StyleGAN2Like.id])
def test_so_do_codes_it_was_not_calibrated_on(name):
    model = load(name)
    agreement = Distance.for_model(model)
    passed = reached_at(calibrated_threshold(model, agreement))
    if name == "celeba/vae":
        codes = model.examples.extra["scatter_codes"][:200]
    else:
        codes = question_codes(model, 256, generator=torch.Generator().manual_seed(1))
    random, near = pair_agreements(model, codes, agreement)
    assert (random >= passed).double().mean() < 0.01
    assert (near >= passed).double().mean() > 0.99


def test_a_model_has_one_threshold():
    assert calibrated_threshold(StyleGAN2Like()) == calibrated_threshold(StyleGAN2Like())


def test_a_measure_that_cannot_tell_says_so():
    model = Linear(latents=2, weight=torch.zeros(2, 4))  # whatever the dials do, it draws the same
    with pytest.raises(ValueError, match=r"No threshold of 'overlap' tells random codes of toy/linear.*100.0 %"):
        calibrated_threshold(model, Overlap())


def test_a_category_has_no_error_of_one_percent():
    codes = torch.eye(3).repeat(10, 1)
    model = Linear(latents=3, axes=(category((0, 1, 2)),), codes=codes)
    random, near = pair_agreements(model, codes, Distance.for_model(model))
    assert near.tolist() == [1.0] and len(random)
