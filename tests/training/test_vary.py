from __future__ import annotations

import pytest

from engine.objectives import TotalCorrelation
from engine.training import RECIPES
from engine.training.optimisers import SGD
from engine.training.state import fingerprint
from engine.training.vary import SettingError, vary

TC5 = RECIPES["mnist/tc5"]


def test_settings_change_values_and_the_id():
    varied = vary(TC5, ["steps=100", "optimiser.lr=1e-4", "network.width=16", "objective.terms.2.weight=4"])
    assert varied.steps == 100 and isinstance(varied.steps, int)
    assert varied.optimiser.lr == 1e-4
    assert varied.network.options["width"] == 16
    assert varied.objective.terms[2] == TotalCorrelation(weight=4.0)
    assert varied.id == "mnist/tc5+network.width=16+objective.terms.2.weight=4.0+optimiser.lr=0.0001+steps=100"
    assert "Varied: steps=100" in varied.note
    assert TC5.steps != 100, "the table's row stays"
    assert fingerprint(varied) != fingerprint(TC5)


def test_the_order_of_settings_does_not_matter_for_the_id():
    assert vary(TC5, ["steps=7", "seed=3"]).id == vary(TC5, ["seed=3", "steps=7"]).id


def test_a_setting_equal_to_the_rows_own_changes_nothing():
    assert vary(TC5, [f"steps={TC5.steps}"]) is TC5
    assert vary(TC5, []) is TC5


def test_options_a_row_leaves_at_their_default_can_be_set():
    paper = RECIPES["mnist/tc5-paper"]
    assert "width" not in paper.network.options
    assert vary(paper, ["network.width=8"]).network.options["width"] == 8


def test_booleans_words_and_parts():
    assert vary(TC5, ["network.variational=false"]).network.options["variational"] is False
    assert vary(TC5, ["precision=32-true"]).precision == "32-true"
    swapped = vary(TC5, ["optimiser=sgd", "optimiser.momentum=0.9"])
    assert swapped.optimiser == SGD(momentum=0.9)
    assert swapped.id.endswith("+optimiser.momentum=0.9+optimiser=sgd")


def test_a_formula_takes_no_word_for_an_objective():
    with pytest.raises(SettingError, match="sinelines/gt: objective should be one of .* or None for a formula"):
        vary(RECIPES["sinelines/gt"], ["objective=autoencoding"])


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("stepz=1", r"mnist/tc5: No setting 'stepz'; did you mean 'steps'"),
        ("optimiser.ler=1", r"No setting 'optimiser.ler'; did you mean 'optimiser.lr'"),
        ("network.depth=1", r"No setting 'network.depth'; did you mean .*'network.width'"),
        ("objective.terms.7.weight=1", r"No setting 'objective.terms.7.weight'.*'objective.terms.0'"),
        ("optimiser.lr.x=1", "No setting 'optimiser.lr.x'"),
        ("id=x", "No setting 'id'"),
        ("steps=many", "steps is a int, .* so far; got 'many'"),
        ("steps=1.5", "steps is a int"),
        ("steps=true", "steps is a int"),
        ("steps=1e999", "steps is a int, .* so far; got '1e999'"),
        ("steps=NaN", "steps is a int"),
        (f"steps=1{'0' * 400}", "steps is a int"),
        (f"steps=1{'0' * 5000}", "steps is a int"),
        ("optimiser.lr=Infinity", "optimiser.lr is a float"),
        ("steps=-5", r"mnist/tc5: steps should be 1 or more; got -5\."),
        ("steps=0", "steps should be 1 or more; got 0"),
        ("batch_size=0", "batch_size should be 1 or more; got 0"),
        ("objective=autoencoding", "objective=autoencoding does not say enough .*'terms'"),
        ("network.variational=3", "network.variational is a bool"),
        ("precision=64", r"precision should be one of \['32-true', 'bf16-mixed'\]; got '64'"),
        ("optimiser=rmsprop", r"has parts; set one of \['optimiser.lr'.*or replace it by one of \['adam', .*'sgd'\]"),
        ("objective.terms=1", "has parts"),
        ("steps", "--set takes KEY=VALUE; got 'steps'"),
    ],
)
def test_what_cannot_be_set_is_said(setting, message):
    with pytest.raises(SettingError, match=message):
        vary(TC5, [setting])
