"""Starting from given weights with the head alone, and keeping the best epoch."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
import torch

from engine.objectives import OBJECTIVES, Classification
from engine.training import RECIPES, Network
from engine.training.fit import fit
from engine.training.start import Start
from engine.training.state import State, best_epoch
from tests.training.toys import split_for

NARROW = {"width": 2, "layers": (1, 1), "size": 16, "stem": "small"}


def transferred(**changes):
    """Ten updates, five of the head alone, on small pictures."""
    recipe = RECIPES["flowers/daisy-sunflowers-paper"]
    network = Network(recipe.network.name, {**recipe.network.options, **NARROW})
    short = {"network": network, "dataset": "flowers@16:daisy,sunflowers", "steps": 10, "frozen_steps": 5}
    return replace(recipe, **{**short, "batch_size": 8, "objective": Classification(), **changes})


def weights(recipe, seed=3):
    return Start("toy/weights@1", recipe.network.build(seed=seed).body.state_dict())


def changed(model, tensors):
    own = model.body.state_dict()
    return {name for name, value in tensors.items() if not torch.equal(own[name], value)}


def test_only_the_head_learns_first_and_batch_norm_stays(tmp_path):
    recipe = transferred()
    split, start = split_for(recipe), weights(recipe)
    settings = {"folder": tmp_path, "validation": split, "start": start}
    assert changed(fit(recipe, split, stop_after=5, **settings), start.tensors) == {"fc.weight", "fc.bias"}
    after = changed(fit(recipe, split, stop_after=7, **settings), start.tensors)
    assert {"conv1.weight", "bn1.running_mean", "layer2.0.conv1.weight"} <= after


def test_the_optimiser_starts_afresh_when_everything_learns(tmp_path):
    recipe = transferred(validation="")
    split, start = split_for(recipe), weights(recipe)
    stopped = fit(recipe, split, folder=tmp_path, start=start, stop_after=5)
    before = stopped.head.weight.detach().clone()
    after = fit(recipe, split, folder=tmp_path, start=start, stop_after=6).head.weight
    # A fresh Adam's first step has the length of its rate wherever there is a gradient.
    torch.testing.assert_close((after - before).abs(), torch.full_like(before, 3e-4), rtol=1e-2, atol=0)


@pytest.mark.parametrize("start", [True, False])
def test_an_interrupted_transfer_ends_as_an_uninterrupted_one_whatever_can_be_had_later(start, tmp_path):
    recipe = transferred()
    split, known = split_for(recipe), weights(recipe)
    settings = {"report_every": 1, "validation": split}
    given, later = (known, None) if start else (None, known)
    whole = fit(recipe, split, folder=tmp_path / "whole", start=given, **settings)
    fit(recipe, split, folder=tmp_path / "parts", start=given, stop_after=3, **settings)
    for steps in (5, 6, 9, None):
        parts = fit(recipe, split, folder=tmp_path / "parts", start=later, stop_after=steps, **settings)
    assert State(tmp_path / "parts" / "state.safetensors", recipe).start == ("toy/weights@1" if start else None)
    for name, value in whole.state_dict().items():
        assert torch.equal(value, parts.state_dict()[name]), name
    one, other = (best_epoch(tmp_path / name / "state.safetensors") for name in ("whole", "parts"))
    assert one == other and one is not None


def test_without_weights_everything_learns_from_the_first_update(tmp_path):
    recipe = transferred(validation="")
    before = recipe.network.build(seed=recipe.seed).body.state_dict()
    model = fit(recipe, split_for(recipe), folder=tmp_path, stop_after=1)
    assert "conv1.weight" in changed(model, before)


def test_weights_of_another_size_are_refused(tmp_path):
    recipe = transferred()
    wider = replace(recipe, network=Network(recipe.network.name, {**recipe.network.options, "width": 3}))
    split = split_for(recipe)
    with pytest.raises(ValueError, match=r"lack conv1.weight of shape \(2, 3, 3, 3\)"):
        fit(recipe, split, folder=tmp_path, validation=split, start=weights(wider))


@dataclass(frozen=True)
class Peaked(Classification):
    """Scores an epoch by the negative distance of the head's bias from where it was after the second."""

    peak: float = 0.0

    def losses(self, model, batch, player, *, generator):
        return {"loss": model.head.bias.sum()}  # the biases fall by the rate at every update

    def score(self, model, batch):
        return -(model.head.bias[0] - self.peak).abs().expand(len(batch))


def test_the_best_epoch_is_kept_not_the_last(tmp_path, monkeypatch):
    monkeypatch.setitem(OBJECTIVES._factories, "peaked", Peaked)
    recipe = transferred(steps=20, frozen_steps=0, start="")
    at_start = recipe.network.build(seed=recipe.seed).head.bias[0].item()
    split = split_for(recipe)  # five updates an epoch
    peak = at_start - 10 * recipe.optimiser.lr
    recipe = replace(recipe, objective=Peaked(peak=peak))
    model = fit(recipe, split, folder=tmp_path, validation=split)
    assert best_epoch(tmp_path / "state.safetensors")[0] == 10
    assert model.head.bias[0].item() == pytest.approx(peak, abs=1e-5)
    assert not model.training


def test_a_row_with_a_validation_split_needs_it(tmp_path):
    recipe = transferred()
    with pytest.raises(ValueError, match="keeps its best epoch; pass `fit` the split 'test'"):
        fit(recipe, split_for(recipe), folder=tmp_path)
