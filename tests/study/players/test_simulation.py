"""Simulated participants: the path of the search by hand, a plain loop beside the batched one, the shipped models.

The published figures need the study's own decoders, which are not part of this repository.
"""

from __future__ import annotations

import functools
import math

import pytest
import torch

import engine
from engine.study.matching.agreement import Tolerance
from engine.study.matching.goals import SolvedWhen
from engine.study.players.bots import CoordinateSearch, ForgetfulHand
from engine.study.players.simulation import play_steps, simulate
from engine.study.sessions.dials import ends
from engine.study.steps import Reconstruction
from tests.study.decoders import Linear, StyleGAN2Like, category

EXACT = SolvedWhen(agreement=Tolerance(width=0.01), threshold=1.0, skip_after_s=30.0)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def play(model, **options):
    return simulate(model, **({"questions": 30, "goal": EXACT, "generator": generator()} | options))


def test_the_search_sets_each_dial_of_a_plain_decoder_once():
    model = Linear(latents=3)
    codes = model.examples.codes
    apart = (codes[1:31] - codes[:30]).abs()
    found = play(model)
    assert found.solved.value == 1 and math.isnan(found.solved.low)
    torch.testing.assert_close(found.played.moves, (apart > 0.01).sum(dim=1).float())
    torch.testing.assert_close(found.played.distance, (apart / 2).sum(dim=1))  # dials run from -1 to 1
    torch.testing.assert_close(found.played.agreement[:, 0], (apart < 0.01).float().mean(dim=1))
    assert found.moves.low < found.moves.value < found.moves.high
    assert found.distance.low < found.distance.value < found.distance.high


def test_a_search_of_one_sweep_over_entangled_dials_stops_short():
    model = Linear(weight=torch.randn(3, 12, generator=generator()))  # every dial moves every value
    goal = SolvedWhen(agreement=Tolerance(width=0.3), threshold=1.0, skip_after_s=0.0)
    once, often = play(model, goal=goal, bot=CoordinateSearch(sweeps=1)), play(model, goal=goal)
    assert often.solved.value > once.solved.value + 0.1
    assert once.played.moves.max() <= 3 < often.played.moves.max()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_batched_search_is_the_plain_loop(seed):
    weight = torch.randn(3, 12, generator=generator(seed))
    model = Linear(weight=weight)
    goal = SolvedWhen(agreement=Tolerance(width=0.4), threshold=0.9, skip_after_s=0.0)
    found = play(model, goal=goal, questions=20)
    for question in range(20):
        solved, moves, distance = searched(model, goal, question)
        assert bool(found.played.solved[question]) == solved
        assert int(found.played.moves[question]) == moves
        assert float(found.played.distance[question]) == pytest.approx(distance, abs=1e-5)


def searched(model, goal, question):
    """The specified search, one look at a time."""
    code, target = model.examples.codes[question].clone(), model.decode(model.examples.codes[question + 1][None])
    look = lambda z: float(goal.agreement(model.decode(z[None]), target))  # noqa: E731
    agreed, moves, distance = look(code), 0, 0.0
    for _ in range(6):
        for dial, axis in enumerate(model.axes):
            if agreed >= goal.reached_at:
                return True, moves, distance
            low, high = ends(axis, "full")
            best, place = agreed, None
            for value in torch.linspace(low, high, 41):
                z = code.clone()
                z[dial] = value
                if look(z) > best + 1e-9:
                    best, place = look(z), value
            if place is not None:
                distance += abs(float(place - code[dial])) / (high - low)
                code[dial], agreed, moves = place, best, moves + 1
    return agreed >= goal.reached_at, moves, distance


def test_changing_a_category_is_a_move_without_distance():
    codes = torch.eye(4).repeat(10, 1)
    found = play(Linear(latents=4, axes=(category(range(4)),), codes=codes))
    assert found.solved.value == 1 and found.moves.value == 1 and found.distance.value == 0


def test_what_is_solved_already_takes_no_move():
    found = play(Linear(weight=torch.zeros(3, 4)))
    assert found.solved.value == 1 and found.moves.value == 0 and found.start.value == 1


def test_rows_come_again_when_there_are_more_questions():
    found = play(Linear(rows=10), questions=25)
    torch.testing.assert_close(found.played.distance[:5], found.played.distance[10:15])


def test_codes_may_be_rounded_as_published():
    model = Linear(codes=torch.rand(12, 3, generator=generator()) * 2 - 1)
    found = play(model, questions=11, decimals=2, bot=CoordinateSearch(sweeps=1))
    expected = (model.examples.codes.round(decimals=2).diff(dim=0).abs() < 0.01).float().mean(dim=1)
    torch.testing.assert_close(found.played.agreement[:, 0], expected)


def test_a_steady_eye_solves_more_than_an_unsteady_one():
    goal = SolvedWhen(agreement=Tolerance(width=0.5), threshold=1.0, skip_after_s=0.0)
    rates = [
        play(Linear(latents=5), goal=goal, questions=39, bot=ForgetfulHand(noise=noise)).solved.value
        for noise in (0.0, 1.0)
    ]
    assert rates[0] > rates[1] + 0.1


def test_a_short_memory_and_few_moves_solve_less():
    goal = SolvedWhen(agreement=Tolerance(width=0.3), threshold=1.0, skip_after_s=0.0)
    long, short, few = (
        play(Linear(latents=5), goal=goal, questions=39, bot=bot).solved.value
        for bot in (ForgetfulHand(), ForgetfulHand(memory=1), ForgetfulHand(moves=10))
    )
    assert long > short and long > few


def test_the_forgetful_hand_follows_its_seed_and_gives_up():
    one, same, other = (play(Linear(), bot=ForgetfulHand(moves=15), generator=generator(seed)) for seed in (1, 1, 2))
    assert torch.equal(one.played.code, same.played.code) and one.solved == same.solved
    assert not torch.equal(one.played.code, other.played.code)
    assert one.played.moves.max() <= 15 and "moves=15" in one.bot
    within = one.played.code.abs().max()
    assert within <= 1


@pytest.mark.parametrize("bot", [CoordinateSearch(), ForgetfulHand(moves=20)])
def test_models_with_categories_and_without_examples(bot):
    for model in (load("mnist/ss5"), StyleGAN2Like(directions=2)):
        goal = SolvedWhen(agreement=Tolerance(width=0.1), threshold=0.95, skip_after_s=0.0)
        found = simulate(model, questions=3, goal=goal, bot=bot, generator=generator())
        assert found.played.code.shape == (3, model.latent_dim)
        assert (found.played.agreement[:, 1] >= found.played.agreement[:, 0]).all() or isinstance(bot, ForgetfulHand)
        assert found.played.code.isfinite().all()
        if model.id == "mnist/ss5":
            assert (found.played.code[:, :10].sum(dim=1) == 1).all()


def test_of_no_solved_question_there_are_no_moves_to_tell_of():
    never = SolvedWhen(agreement=Tolerance(width=0.0), threshold=1.0, skip_after_s=0.0)
    found = play(Linear(), goal=never)
    assert found.solved.value == 0 and math.isnan(found.moves.value)


def test_a_bot_plays_the_questions_of_a_session():
    model = Linear()
    rows = model.examples.codes.tolist()
    steps = [
        Reconstruction(model=model.id, stage=0, question=k, start=tuple(rows[k]), target=tuple(rows[k + 1]),
                       start_row=k, target_row=k + 1, redraws=0)
        for k in range(30)
    ]  # fmt: skip
    played = play_steps(model, steps, EXACT, generator=generator(), span="full")
    same = play(model).played  # stored row by row, as these steps are
    assert torch.equal(played.solved, same.solved) and torch.equal(played.moves, same.moves)
    assert played.mean_moves == pytest.approx(float(same.moves[same.solved].mean()))
    never = SolvedWhen(agreement=Tolerance(width=0.0), threshold=1.0, skip_after_s=0.0)
    assert play_steps(model, steps[:2], never, generator=generator()).mean_moves is None


def test_no_questions_no_simulation():
    with pytest.raises(ValueError, match="one question or more; got 0"):
        play(Linear(), questions=0)


@functools.cache
def load(id):
    return engine.load(id, device="cpu")


def solved(id, questions=100):
    return simulate(load(id), questions=questions, generator=generator()).solved.value


def test_on_sinelines_the_formula_is_solved_most():
    assert solved("sinelines/gt") > max(solved("sinelines/ae"), solved("sinelines/vae"))


def test_on_sprites_the_plain_autoencoder_comes_last_and_far_behind_the_factors():
    # of 100 questions 29, 41 and 65 % are solved: the VAE leads by 12 points, not by the 46 of the study's own weights
    ae, vae, gt = (solved(f"dsprites/{name}", questions=40) for name in ("ae", "vae", "gt"))
    assert vae > ae and gt >= ae + 0.2
