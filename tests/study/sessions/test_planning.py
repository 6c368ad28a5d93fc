"""Plans: what the published study does, balance, and everything from the seed."""

from __future__ import annotations

import dataclasses
import functools
from collections import Counter

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import engine
from engine.study.design import Goal, Item, Study
from engine.study.matching.agreement import Tolerance
from engine.study.questionnaires import DEMOGRAPHICS
from engine.study.sessions.dials import ends, stands
from engine.study.sessions.planning import MAX_REDRAWS, plan
from engine.study.steps import Choice, Consent, Practice, Questionnaire, Reconstruction
from tests.study.decoders import Linear, StyleGAN2Like, category

IDS = ("toy/a", "toy/b", "toy/c")
MODELS = {id: Linear(id=id) for id in IDS}
EASE = (Item(name="ease", text="How easy was it?"),)


def study(**changes):
    return Study(**(dict(name="toy", title="Toy", models=IDS, goal=Goal(agreement="tolerance")) | changes))


def questions(session, kind=Reconstruction):
    return [step for step in session.steps if isinstance(step, kind)]


@functools.cache
def shipped(id):
    return engine.load(id, device="cpu")


def test_the_steps_of_a_session_in_order():
    everything = study(
        consent="Agree?", after_model=EASE, at_end=EASE, demographics=True, questions=2, instructions="Turn them."
    )
    steps = plan(everything, MODELS, 0).steps
    stage = [Reconstruction, Reconstruction, Questionnaire]
    assert [type(step) for step in steps] == [Consent, Practice, *3 * stage, Questionnaire, Questionnaire]
    assert steps[0].text == "Agree?" and steps[1].text == "Turn them." and steps[1].required
    assert [s.name for s in questions(plan(everything, MODELS, 0), Questionnaire)] == [
        *["after_model"] * 3,
        "at_end",
        "demographics",
    ]
    assert [step.stage for step in questions(plan(everything, MODELS, 0), Questionnaire)] == [0, 1, 2, None, None]
    assert steps[-1].items == DEMOGRAPHICS


def test_a_plain_study_has_instructions_of_its_own_and_asks_nothing_more():
    steps = plan(study(), MODELS, 0).steps
    assert [type(step) for step in steps] == [Practice, *[Reconstruction] * 15]
    assert "agree" in steps[0].text
    assert not plan(study(practice=False), MODELS, 0).steps[0].required


@pytest.mark.parametrize(
    ("dataset", "task", "number"),
    [
        ("mnist", "reconstruction", 7),
        ("mnist", "traversals", 7),
        ("dsprites", "reconstruction", 5),
        ("dsprites", "exemplars", 10),
        ("celeba", "none", 10),
    ],
)
def test_published_numbers_of_questions(dataset, task, number):
    model = Linear(latents=5, id="m/m", dataset=dataset)
    session = plan(study(models=("m/m",), tasks=(task,), goal=Goal(agreement="tolerance")), {"m/m": model}, 0)
    assert len(questions(session, Reconstruction | Choice)) == number
    assert len(questions(plan(study(questions=3), MODELS, 0))) == 9


def test_required_demographics_can_be_refused_but_not_left_open():
    gender = next(item for item in DEMOGRAPHICS if item.name == "gender")
    assert gender.required and "I prefer not to say" in gender.options
    age = next(item for item in DEMOGRAPHICS if item.name == "age")
    assert age.options[:5] == ("under 18", "18–34", "35–50", "51–69", "70 or older")


@given(seed=st.integers(0, 10_000), number=st.integers(0, 100))
@settings(max_examples=15)
def test_a_plan_follows_from_seed_and_number(seed, number):
    for task in ("reconstruction", "traversals"):
        one = study(seed=seed, tasks=(task,))
        assert plan(one, MODELS, number) == plan(one, MODELS, number)
        assert plan(one, MODELS, number).steps != plan(one, MODELS, number + 1).steps
        assert plan(one, MODELS, number).steps != plan(dataclasses.replace(one, seed=seed + 1), MODELS, number).steps


def test_sessions_draw_without_the_global_seed():
    torch.manual_seed(0)
    state = torch.random.get_rng_state()
    plan(study(), MODELS, 0)
    assert torch.equal(state, torch.random.get_rng_state())


def test_orders_are_balanced_and_every_condition_meets_every_order():
    tasks = ("reconstruction", "exemplars")
    sessions = [plan(study(tasks=tasks, questions=1), MODELS, number) for number in range(12)]
    assert [session.task for session in sessions[:4]] == [*tasks, *tasks]
    for task in tasks:
        orders = Counter(session.models for session in sessions if session.task == task)
        assert len(orders) == 6 and set(orders.values()) == {1}


def test_other_orders():
    assert {plan(study(order="fixed", questions=1), MODELS, number).models for number in range(6)} == {IDS}
    assert len({plan(study(order="random", questions=1), MODELS, number).models for number in range(40)}) == 6


@pytest.mark.parametrize("order", ["balanced", "fixed"])
def test_models_between_participants_are_balanced(order):
    sessions = [plan(study(models_each=2, order=order, questions=1), MODELS, number) for number in range(6)]
    assert set(Counter(id for session in sessions for id in session.models).values()) == {4}
    single = [plan(study(models_each=1, order=order, questions=1), MODELS, number).models for number in range(3)]
    assert sorted(single) == [(id,) for id in IDS]


def test_start_and_target_are_stored_rows_and_none_returns():
    session = plan(study(redraw_above=None, questions=6), MODELS, 0)
    rows = [row for step in questions(session) for row in (step.start_row, step.target_row)]
    assert len(rows) == len(set(rows)) == 36  # of 40: over all three models
    for step in questions(session):
        codes = MODELS[step.model].examples.codes
        assert step.start == tuple(codes[step.start_row].tolist()) and step.redraws == 0
        assert step.target == tuple(codes[step.target_row].tolist())


def test_rows_come_again_when_all_were_used_but_never_against_themselves():
    session = plan(study(redraw_above=None, questions=50), MODELS, 3)
    assert all(step.start_row != step.target_row for step in questions(session))
    used = Counter(row for step in questions(session) for row in (step.start_row, step.target_row))
    assert len(used) == 40


def test_trivial_targets_are_drawn_again_and_counted():
    steps = questions(plan(study(questions=20, redraw_above=0.2), MODELS, 0))
    assert sum(step.redraws for step in steps) > 0
    for step in steps:
        start, target = torch.tensor([step.start, step.target])[:, None].unbind()
        model = MODELS[step.model]
        assert Tolerance()(model.decode(start), model.decode(target)) <= 0.2


def test_redraws_end():
    same = {"toy/a": Linear(weight=torch.zeros(3, 4), id="toy/a")}
    steps = questions(plan(study(models=("toy/a",), questions=1), same, 0))
    assert [step.redraws for step in steps] == [MAX_REDRAWS]


def test_codes_lie_within_reach_of_the_sliders():
    codes = 5 * torch.randn(40, 3, generator=torch.Generator().manual_seed(0))
    wide = {"toy/a": Linear(codes=codes, id="toy/a")}
    for step in questions(plan(study(models=("toy/a",)), wide, 0)):
        assert max(map(abs, (*step.start, *step.target))) <= 1


@pytest.mark.parametrize("id", ["sinelines/gt", "mnist/ig5"])
def test_models_with_an_exact_prior_are_asked_for_draws_of_it(id):
    model = shipped(id)
    steps = questions(plan(study(models=(id,), goal=Goal()), {id: model}, 0))
    assert all(step.start_row is None and step.target_row is None for step in steps)
    codes = torch.tensor([code for step in steps for code in (step.start, step.target)])
    assert len(codes.unique(dim=0)) == len(codes)
    for axis in model.axes:
        low, high = ends(axis)
        assert stands(axis, codes).min() >= low - 1e-6 and stands(axis, codes).max() <= high + 1e-6


def test_a_variational_model_is_asked_for_codes_of_data():
    id = "sinelines/vae"
    steps = questions(plan(study(models=(id,), goal=Goal()), {id: shipped(id)}, 0))
    assert all(step.start_row is not None for step in steps)


def test_directions_and_hidden_dials_leave_the_target_within_reach():
    model = StyleGAN2Like()
    once = study(models=(model.id,), questions=2, goal=Goal(agreement="overlap"), redraw_above=None)
    for step in questions(plan(once, {model.id: model}, 0)):
        start, target = torch.tensor([step.start, step.target])
        along = torch.tensor([axis.direction for axis in model.axes])
        apart = target - start
        torch.testing.assert_close(along.T @ (along @ apart), apart, rtol=1e-3, atol=1e-3)
    hidden = Linear(id="toy/a")
    hidden.axes = (*hidden.axes[:2], dataclasses.replace(hidden.axes[2], collapsed=True))
    for step in questions(plan(study(models=("toy/a",), hide_collapsed=True), {"toy/a": hidden}, 0)):
        assert step.start[2] == step.target[2] and step.start[:2] != step.target[:2]


def test_choices_ask_twice_in_a_row_for_each_dial():
    model = Linear(latents=5, id="toy/a")
    asked = [
        questions(plan(study(models=("toy/a",), tasks=("exemplars",), seed=seed), {"toy/a": model}, 0), Choice)
        for seed in range(60)
    ]
    for steps in asked:
        numbers = [step.axis for step in steps]
        assert numbers[::2] == numbers[1::2] and sorted(numbers[::2]) == [0, 1, 2, 3, 4]
    assert len({tuple(step.axis for step in steps) for steps in asked}) > 30
    answers = Counter(step.correct for steps in asked for step in steps)
    assert all(150 < answers[option] < 250 for option in range(3))  # 600 in all, each a third


def test_the_picture_asked_about_stands_at_the_level():
    model = Linear(latents=5, id="toy/a")
    for step in questions(plan(study(models=("toy/a",), tasks=("none",)), {"toy/a": model}, 0), Choice):
        assert step.options == ("Low", "Medium", "High")
        low, high = ((1, 5), (48, 52), (95, 99))[step.correct]
        assert low / 50 - 1 - 1e-6 <= step.code[step.axis] <= high / 50 - 1 + 1e-6


def test_a_category_is_asked_for_by_its_options():
    codes = torch.eye(4).repeat(10, 1)
    model = Linear(latents=4, axes=(category(range(4)),), codes=codes, id="toy/a")
    for step in questions(plan(study(models=("toy/a",), tasks=("samples",)), {"toy/a": model}, 0), Choice):
        assert step.options == model.axes[0].options
        assert step.code == tuple(torch.eye(4)[step.correct].tolist())


def test_a_model_that_is_not_there_is_named():
    with pytest.raises(KeyError, match="No model of this study 'toy/"):
        plan(study(), {"toy/a": MODELS["toy/a"]}, 0)
    with pytest.raises(ValueError, match="from 0; got -1"):
        plan(study(), MODELS, -1)
