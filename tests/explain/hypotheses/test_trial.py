"""Tests of hypotheses against what follows from the toy's formulas."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from engine.explain.hypotheses import Both, Ground, Hypothesis, Restyle, Shift, Switch, trial, verdict
from engine.explain.progress import CancelledError
from engine.explain.readouts import gauges
from engine.statistics import mean_interval, paired_permutation
from tests.explain.hypotheses.toys import Formulas, Toy

TOY = Toy(4)
GROUND = Ground(TOY)
UP = Shift(axis="Latent 1", amplitude=1.0)
QUICK = {"count": 40, "resamples": 499}


def card(change=UP, *, sign=1, classifier="toy/formulas", output="height", of="effect", model="toy/linear"):
    return Hypothesis(model=model, classifier=classifier, output=output, change=change, sign=sign, of=of)


def examine(formula, change=UP, *, ground=GROUND, sign=1, of="effect", **settings):
    dials = gauges(Formulas(formula), ground.model.space)
    return trial(card(change, sign=sign, of=of), ground, dials, **{**QUICK, **settings})


def squared(z):
    return z[0].square()


def test_effects_are_after_minus_before_on_the_fresh_codes():
    found = examine(squared, seed=3)
    z = GROUND.codes.to_test(40, seed=3)[:, 0].double()
    expected = (z + GROUND.scale("Latent 1")).square() - z.square()
    np.testing.assert_allclose(found.effects, expected, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(found.readings, z.square(), rtol=1e-4, atol=1e-4)
    assert found.before == found.readings
    assert found.mean == pytest.approx(float(expected.mean()), rel=1e-4)
    assert found.consistency == pytest.approx(float((expected > 0).double().mean()))


def test_interval_and_p_are_those_of_the_effects():
    found = examine(squared, seed=3)
    assert found.interval == mean_interval(found.effects, seed=3, resamples=499)
    assert found.interval.low < found.mean < found.interval.high
    assert found.p == paired_permutation(found.effects, seed=3, resamples=499).p[0]
    assert not found.exact


def test_counterexamples_go_the_other_way_the_largest_first():
    found = examine(squared, sign=1)
    effects = np.array(found.effects)
    against = effects[list(found.counterexamples)]
    assert len(against) == (effects < 0).sum() > 0
    assert (np.diff(against) >= 0).all()
    assert effects[found.examples[0]] == effects.max()
    assert examine(squared, sign=-1).counterexamples == found.examples


def test_the_baseline_is_all_samples_in_the_order_of_the_gauge():
    found = examine(squared)
    assert sorted(found.ranked) == list(range(40))
    assert (np.diff(np.array(found.readings)[list(found.ranked)]) >= 0).all()


def test_doses_follow_a_monotone_effect_and_tell_one_that_is_not():
    cubed = examine(lambda z: z[0] ** 3 + z[0])
    assert [dose.amount for dose in cubed.doses] == [-1, -0.5, 0, 0.5, 1, 1.5]
    assert cubed.monotone
    assert cubed.doses[2].mean == cubed.doses[2].standard_error == 0
    assert cubed.doses[4].mean == pytest.approx(cubed.mean)
    assert not examine(squared).monotone
    z, step = GROUND.codes.to_test(40, seed=0)[:, 0].double(), 1.5 * GROUND.scale("Latent 1")
    expected = (z + step) ** 3 + z + step - z**3 - z
    assert cubed.doses[5].mean == pytest.approx(float(expected.mean()), rel=1e-3)
    assert cubed.doses[5].standard_error == pytest.approx(float(expected.std() / 40**0.5), rel=1e-3)


def test_an_interaction_is_what_both_do_beyond_their_sum():
    pair = Both(first=UP, second=Shift(axis="Latent 2", amplitude=-2.0))
    formula = lambda z: 5 * z[0] - 3 * z[1].square() + z[0] * z[1]  # noqa: E731
    found = examine(formula, pair, of="interaction", sign=-1)
    a, b = GROUND.scale("Latent 1"), -2 * GROUND.scale("Latent 2")
    np.testing.assert_allclose(found.effects, np.full(40, a * b), atol=1e-3)
    halved = next(dose for dose in found.doses if dose.amount == 0.5)
    assert halved.mean == pytest.approx(a * b / 4, abs=1e-3)
    z = GROUND.codes.to_test(40, seed=0).double()
    expected = 5 * a - 3 * (2 * b * z[:, 1] + b**2) + a * z[:, 1] + b * z[:, 0] + a * b
    np.testing.assert_allclose(examine(formula, pair).effects, expected, atol=1e-3)


def test_side_effects_are_all_other_outputs_the_largest_first():
    reads = Formulas(lambda z: z[0], lambda z: 3 * z[0], lambda z: z[1], lambda z: -z[0])
    found = trial(card(output="formula 2"), GROUND, gauges(reads, TOY.space), **QUICK)
    assert (found.name, found.unit, found.scale) == ("P(formula 2)", "", 1.0)
    assert {effect.name for effect in found.side_effects} == {"P(formula 1)", "P(formula 3)", "P(formula 4)"}
    assert found.side_effects[-1].output == "formula 3"
    assert found.side_effects[-1].mean == 0
    by_name = {effect.output: effect for effect in found.side_effects}
    assert by_name["formula 1"].mean == pytest.approx(-by_name["formula 4"].mean, abs=1e-6)
    assert by_name["formula 1"].mean > 0.1


@pytest.mark.parametrize(
    ("amplitude", "warned"), [(0.5, False), (1.5, False), (-2.0, False), (12.0, True), (-60.0, True)]
)
def test_only_absurd_amplitudes_are_warned_of(amplitude, warned):
    found = examine(squared, Shift(axis="Latent 1", amplitude=amplitude))
    assert bool(found.warning) is warned
    assert (found.distance > 99) is warned
    if warned:
        assert found.warning.startswith("Off-manifold: more than half of the changed codes lie further out")
        assert found.warning in verdict(found, found.p).words


def test_a_discriminator_has_a_say_where_there_is_one():
    class Judged(Toy):
        discriminator = "kept"

        def realness(self, x):
            return -(x - 0.5).flatten(1).abs().sum(dim=1)

    ground = Ground(Judged(4))
    calm, absurd = (examine(squared, Shift(axis="Latent 1", amplitude=size), ground=ground) for size in (0.1, 30.0))
    assert calm.realness == pytest.approx(50, abs=8)
    assert absurd.realness == 0
    assert "discriminator" in absurd.warning
    assert calm.warning == ""
    assert examine(squared).realness is None


def test_a_switch_has_two_doses_and_starts_where_it_says():
    ground = Ground(Toy(2, options=("red", "green", "blue")))
    found = examine(lambda z: 4 * z[2] + z[3], Switch(category="Category", option="blue", start="red"), ground=ground)
    assert [(dose.amount, dose.mean) for dose in found.doses] == [(0.0, 0.0), (1.0, pytest.approx(4, abs=1e-3))]
    codes = ground.codes.to_test(40, seed=0).double()
    np.testing.assert_allclose(found.readings, 4 * codes[:, 2] + codes[:, 3], atol=1e-3)
    np.testing.assert_allclose(found.before, codes[:, 3], atol=1e-3)


def test_a_style_is_dosed_by_its_share():
    toy = Toy(2, layers=3)
    ground = Ground(toy)
    slots = ground.slots()
    style = Restyle(slot=slots.slots[0].name, style=(1.0,) * len(slots.slots[0].indices), label="style 1")
    found = examine(lambda z: z[0], style, ground=ground)
    assert [dose.amount for dose in found.doses] == [0, 0.25, 0.5, 0.75, 1]
    np.testing.assert_allclose([dose.mean for dose in found.doses], found.mean * np.linspace(0, 1, 5), atol=1e-4)


def test_supported_contradicted_and_neither():
    line = lambda z: 2 * z[0] + z[0] * z[1] * 0.3  # noqa: E731
    right, wrong = examine(line), examine(line, sign=-1)
    assert verdict(right, right.p).outcome == "supported"
    assert verdict(wrong, wrong.p).outcome == "contradicted"
    nothing = examine(lambda z: z[1])
    assert (nothing.p, nothing.interval) == (1.0, None)
    assert verdict(nothing, nothing.p).outcome == "no effect found"
    noise = examine(lambda z: 9 * z[0] * z[1], count=12)
    assert verdict(noise, 0.4).outcome == "too uncertain"
    assert verdict(noise, 0.4).words.endswith("Test on more codes.")
    small = dataclasses.replace(right, scale=1000.0)
    assert "small: below 5% of the readout's range" in verdict(small, small.p).words


def test_the_words_hold_the_evidence():
    found = examine(lambda z: 2 * z[0] + z[0] * z[1] * 0.3)
    words = verdict(found, 0.0123, tested=4).words
    start = f"Supported: raising Latent 1 by 1 sd raises height by {found.mean:.1f} cm on average (40 fresh codes; 95%"
    assert words.startswith(start)
    assert "100% of codes go the predicted way; two-sided p = 0.012 after correction for 4 cards" in words


def test_too_few_codes_are_too_uncertain_and_a_sentence_says_why():
    found = examine(squared, count=2)
    assert found.interval is None
    assert found.interval_note == "2 codes are too few for an interval; test on at least 3, better on 100."
    judged = verdict(found, found.p)
    assert judged.outcome == "too uncertain"
    assert found.interval_note in judged.words
    assert examine(squared, count=1).doses[1].standard_error == 0
    # Of five codes the smallest p there is, 1/16, is no evidence; of eight it is, unless there are many cards.
    five, eight = (examine(lambda z: 2 * z[0] + 0.1 * z[0] * z[1], count=count) for count in (5, 8))
    assert five.p == 1 / 16
    assert verdict(five, five.p).outcome == "too uncertain"
    assert verdict(eight, eight.p).outcome == "supported"
    assert verdict(eight, 10 * eight.p, tested=10).outcome == "too uncertain"


def test_a_model_of_few_examples_says_how_many_codes_there_were():
    toy = Toy(3, examples=torch.randn(60, 3, generator=torch.Generator().manual_seed(0)))
    found = examine(squared, ground=Ground(toy), count=100)
    assert found.count == 30
    assert found.asked == 100
    assert any("knows the codes of 60 examples" in note for note in found.notes)


def test_what_does_not_belong_together_is_refused():
    dials = gauges(Formulas(squared), TOY.space)
    for hypothesis, message in (
        (card(model="toy/other"), r"about toy/other and this is toy/linear; hypothesis.on\(ground\)"),
        (card(classifier="toy/judge"), "about toy/judge; got gauges of"),
        (card(output="heigth"), "No output 'heigth'; did you mean 'height'"),
        (card(Shift(axis="Latent 7", amplitude=1.0)), "no such axis"),
    ):
        with pytest.raises(ValueError, match=message):
            trial(hypothesis, GROUND, dials, **QUICK)
    with pytest.raises(ValueError, match="would be tested on again"):
        trial(card(), GROUND, dials, searched=GROUND.codes.to_test(40, seed=0)[7:8], **QUICK)
    assert trial(card(), GROUND, dials, searched=GROUND.codes.to_search(64, seed=0), **QUICK).count == 40


def test_it_stops_when_asked_and_tells_how_far_it_is():
    told, calls = [], []
    examine(squared, batch_size=32, on_progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (240, 240)  # as drawn, which is as before, and five other doses
    with pytest.raises(CancelledError):
        examine(squared, batch_size=32, should_stop=lambda: calls.append(1) or len(calls) > 3)
    assert len(calls) == 4


def test_an_axis_that_never_moves_changes_nothing_and_says_so():
    fixed = torch.cat([torch.zeros(50, 1), torch.randn(50, 2, generator=torch.Generator().manual_seed(0))], dim=1)
    found = examine(squared, ground=Ground(Toy(3, examples=fixed)), count=10)
    assert set(found.effects) == {0.0}
    assert "Latent 1 is the same in all plausible codes" in found.notes[-1]


def test_the_same_change_by_name_on_another_model():
    other = Ground(Toy(2, id="toy/small"))
    assert card().on(other) == card(model="toy/small")
    with pytest.raises(ValueError, match="toy/small has no such axis"):
        card(Shift(axis="Latent 4", amplitude=1.0)).on(other)
    with pytest.raises(ValueError, match="A style of toy/linear means nothing to toy/small"):
        card(Restyle(slot="Latent 1", style=(0.5,), label="style 1")).on(other)


def test_hypotheses_that_predict_nothing_are_refused():
    with pytest.raises(ValueError, match="rises .1. or falls"):
        card(sign=0)
    with pytest.raises(ValueError, match="'interaction' of a shift"):
        card(of="interaction")
