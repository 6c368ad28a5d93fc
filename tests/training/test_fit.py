from __future__ import annotations

import errno
import math
from dataclasses import replace

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from engine.objectives import OBJECTIVES, InfoGAN, StyleGAN2Game
from engine.training.fit import TrainingDivergedError, fit
from engine.training.log import read
from engine.training.state import StateError, fingerprint, saved_step
from tests.training.toys import Distilled, small, split_for

RESUMED = ["sinelines/vae", "dsprites/gt", "mnist/ss5", "mnist/ig5", "mnist/digits", "mnist/stylegan2"]


@pytest.mark.parametrize("name", RESUMED)
def test_an_interrupted_run_ends_bit_for_bit_as_an_uninterrupted_one(name, tmp_path):
    recipe = small(name)
    split = split_for(recipe)
    whole = fit(recipe, split, folder=tmp_path / "whole", report_every=2)
    for steps in (3, 4, 7, None):  # 40 examples in batches of 8: also in the middle of an epoch
        parts = fit(recipe, split, folder=tmp_path / "parts", report_every=2, stop_after=steps)
    for name, value in whole.state_dict().items():
        assert torch.equal(value, parts.state_dict()[name]), name


def test_the_global_generator_is_left_alone(tmp_path):
    recipe = small("mnist/digits", steps=2)  # dropout draws from it
    before = torch.get_rng_state()
    fit(recipe, split_for(recipe), folder=tmp_path)
    assert torch.equal(before, torch.get_rng_state())


def test_progress_log_and_state_agree(tmp_path):
    recipe, reports = small("sinelines/vae"), []
    fit(recipe, split_for(recipe), folder=tmp_path, report_every=5, on_progress=reports.append)
    assert [report.step for report in reports] == [5, 10]
    assert reports[-1].remaining_s == 0
    assert set(reports[0].terms) == {"loss", "squared-error", "kl"}
    terms = reports[0].terms
    assert terms["loss"] == pytest.approx(terms["squared-error"] + terms["kl"], rel=1e-5)
    assert [row["step"] for row in read(tmp_path / "log.csv")] == [5, 10]
    assert saved_step(tmp_path / "state.safetensors", recipe) == 10


def test_players_of_a_game_log_their_own_losses(tmp_path):
    recipe, reports = small("mnist/ig5", steps=1), []
    fit(recipe, split_for(recipe), folder=tmp_path, on_progress=reports.append)
    assert {"generator loss", "discriminator loss", "information"} <= set(reports[0].terms)


def test_what_is_watched_is_looked_at_now_and_then_and_logged(tmp_path):
    recipe, looks = small("sinelines/vae"), []

    def watch(model):
        looks.append(model.training)
        return {"parameters": float(sum(p.numel() for p in model.parameters()))}

    fit(recipe, split_for(recipe), folder=tmp_path, report_every=2, watch=watch, watch_every=4)
    seen = {int(row["step"]): not math.isnan(row["parameters"]) for row in read(tmp_path / "log.csv")}
    assert seen == {2: False, 4: True, 6: False, 8: True, 10: False}
    assert looks == [True, True]


def test_lazy_players_play_now_and_then_and_with_another_ones_optimiser(tmp_path, monkeypatch):
    played, losses = [], StyleGAN2Game.losses

    def watched(self, model, batch, player, **chance):
        played.append(player)
        return losses(self, model, batch, player, **chance)

    monkeypatch.setattr(StyleGAN2Game, "losses", watched)
    recipe = replace(small("mnist/stylegan2", steps=9), objective=StyleGAN2Game(path_every=4, penalty_every=8))
    run = fit(recipe, split_for(recipe), folder=tmp_path, report_every=3)
    rounds = "".join({"generator": "g", "path length": "p", "discriminator": "d", "gradient penalty": "r"}[p]
                     for p in played)  # fmt: skip
    assert rounds == "gpdr" + "gd" * 3 + "gpd" + "gd" * 3 + "gpdr"
    with safe_open(tmp_path / "state.safetensors", framework="pt") as file:
        steps = {name: int(file.get_tensor(name)) for name in file.keys() if name.endswith(".0.step")}  # noqa: SIM118
    assert steps == {"optimiser.generator.0.step": 9 + 3, "optimiser.discriminator.0.step": 9 + 2}
    assert int(run.images) == 9 * 8
    rows = read(tmp_path / "log.csv")
    assert [math.isnan(row["penalty"]) for row in rows] == [False, True, False]


def test_players_of_a_game_may_learn_at_rates_of_their_own(tmp_path):
    still = small("mnist/ig5", steps=2, objective=InfoGAN(generator_rate=0.0))
    model = fit(still, split_for(still), folder=tmp_path)
    start = still.network.build(seed=still.seed)
    moved = {name.partition(".")[0] for name, p in model.named_parameters() if not p.equal(start.get_parameter(name))}
    assert moved == {"trunk", "realness", "q_head"}


def test_a_loss_that_is_not_finite_ends_the_run_and_keeps_the_state(tmp_path):
    recipe = small("sinelines/ae", steps=60)
    split = split_for(recipe)
    fit(recipe, split, folder=tmp_path, report_every=5, stop_after=5)
    split.rows.x[:] = float("nan")
    with pytest.raises(TrainingDivergedError, match=r"sinelines/ae: loss, .* is not finite at step 10.*--set"):
        fit(recipe, split, folder=tmp_path, report_every=5)
    assert saved_step(tmp_path / "state.safetensors", recipe) == 5


def test_a_state_of_another_recipe_is_refused(tmp_path):
    recipe = small("sinelines/ae")
    split = split_for(recipe)
    fit(recipe, split, folder=tmp_path, stop_after=1)
    other = replace(recipe, batch_size=4)
    with pytest.raises(StateError, match="belongs to another recipe"):
        fit(other, split, folder=tmp_path)
    assert saved_step(tmp_path / "state.safetensors", other) == 0
    renamed = replace(recipe, id="sinelines/renamed", title="Another title", note="Other words.")
    assert fingerprint(renamed) == fingerprint(recipe), "words decide nothing"


def test_a_damaged_state_is_said(tmp_path):
    recipe = small("sinelines/ae")
    fit(recipe, split_for(recipe), folder=tmp_path, stop_after=1)
    path = tmp_path / "state.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(StateError, match="is damaged .* delete it"):
        fit(recipe, split_for(recipe), folder=tmp_path)
    with pytest.raises(StateError, match="is damaged"):
        saved_step(path, recipe)


def test_a_full_disk_keeps_the_last_state_and_says_what_to_do(tmp_path, monkeypatch):
    recipe = small("sinelines/ae")
    split = split_for(recipe)
    fit(recipe, split, folder=tmp_path, stop_after=3)

    def full(tensors, path, metadata):
        save_file({"half": torch.zeros(2)}, path)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("engine.training.state.save_file", full)
    with pytest.raises(OSError, match=r"could not be written .*No space left.*the last saved state is kept") as caught:
        fit(recipe, split, folder=tmp_path)
    assert caught.value.errno == errno.ENOSPC
    assert saved_step(tmp_path / "state.safetensors", recipe) == 3
    assert not list(tmp_path.glob("*.partial"))


def test_what_a_recipe_stands_on_reaches_its_objective(tmp_path, monkeypatch):
    teacher = torch.nn.Linear(64, 64)
    recipe = replace(small("sinelines/ae", steps=1), needs=("toy/teacher",), objective=Distilled())
    monkeypatch.setitem(OBJECTIVES._factories, "distilled", Distilled)
    with pytest.raises(ValueError, match="stands on toy/teacher; load them and pass them"):
        fit(recipe, split_for(recipe), folder=tmp_path)
    reports = []
    fit(recipe, split_for(recipe), folder=tmp_path, needs={"toy/teacher": teacher}, on_progress=reports.append)
    assert reports[0].terms["teacher"] > 0
