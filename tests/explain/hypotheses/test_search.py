"""A search on a generator and classifier whose structure is known: true axes first, the planted interaction found."""

from __future__ import annotations

import pytest
import torch

from engine.explain.hypotheses import Both, Ground, Restyle, Shift, Switch, candidates, search
from engine.explain.progress import CancelledError
from engine.explain.readouts import gauges
from tests.explain.hypotheses.toys import Formulas, Toy, unit

# Latents 2, 4 and 5 have effects of their own; 6 and 7 only together; 1, 3 and 8 none.
PLANTED = Formulas(lambda z: 3 * z[1] - 2 * z[3] + z[4] + 1.5 * z[5] * z[6])


def dial(classifier, toy):
    return gauges(classifier, toy.space)[0]


@pytest.fixture(scope="module")
def found():
    toy = Toy(8)
    return search(Ground(toy), dial(PLANTED, toy), count=128, amplitude=2.0, strongest=5)


def test_true_axes_come_first(found):
    singles = [finding for finding in found if finding.of == "effect"]
    assert [finding.change.axis for finding in singles[:3]] == ["Latent 2", "Latent 4", "Latent 5"]
    scale = [abs(finding.mean) for finding in singles[:3]]
    assert scale == pytest.approx([6, 4, 2], rel=0.05)
    assert all(finding.mean == 0 for finding in singles if finding.change.axis in ("Latent 1", "Latent 3", "Latent 8"))


def test_the_planted_interaction_is_found_and_no_other(found):
    pairs = [finding for finding in found if finding.of == "interaction"]
    assert len(pairs) == 10
    assert {pairs[0].change.first.axis, pairs[0].change.second.axis} == {"Latent 6", "Latent 7"}
    assert abs(pairs[0].mean) == pytest.approx(1.5 * 4, rel=0.05)  # a b of (z6 + a)(z7 + b), less its parts
    assert max(abs(finding.mean) for finding in pairs[1:]) < 1e-3


def test_all_is_ranked_by_size_and_each_axis_is_there_once(found):
    sizes = [abs(finding.mean) for finding in found]
    assert sizes == sorted(sizes, reverse=True)
    singles = [finding.change.subject for finding in found if finding.of == "effect"]
    assert len(singles) == len(set(singles)) == 8


def test_a_finding_says_what_it_saw(found):
    best = next(finding for finding in found if finding.of == "effect")
    way = "Raising" if best.change.amplitude > 0 else "Lowering"
    how = "raises" if best.mean > 0 else "lowers"
    assert str(best) == f"{way} Latent 2 by 2 sd {how} height by {abs(best.mean):.1f} cm"
    assert (way == "Raising") == (how == "raises")
    assert best.consistency == 1.0
    assert best.standard_error < 1e-3
    assert best.count == 128
    assert best.readings[1] - best.readings[0] == pytest.approx(best.mean, rel=1e-3)
    assert best.hypothesis().sign == (1 if best.mean > 0 else -1)
    assert best.hypothesis().change == best.change


def test_the_standard_error_and_the_clearest_example_are_those_of_the_codes():
    toy = Toy(3)
    ground = Ground(toy)
    squares = Formulas(lambda z: z[0].square())
    (best,) = search(ground, dial(squares, toy), count=50, changes=[Shift(axis="Latent 1", amplitude=1.0)])
    codes, step = ground.codes.to_search(50, seed=0), ground.scale("Latent 1")
    effects = (codes[:, 0].double() + step).square() - codes[:, 0].double().square()
    assert best.mean == pytest.approx(float(effects.mean()), rel=1e-4)
    assert best.standard_error == pytest.approx(float(effects.std() / 50**0.5), rel=1e-4)
    assert best.consistency == pytest.approx(float((effects.sign() == effects.mean().sign()).double().mean()))
    assert torch.equal(best.before, codes[int((effects * effects.mean().sign()).argmax())])
    assert best.after[0] - best.before[0] == pytest.approx(step, rel=1e-5)


def test_the_same_thing_under_two_names_is_told_once():
    toy = Toy(3, directions=[("alias", unit(1, 0.2, 0)), ("other", unit(0, 0, 1))])
    kept = search(Ground(toy), dial(Formulas(lambda z: z[0]), toy), count=16, strongest=0)
    names = {finding.change.axis for finding in kept}
    assert len(names & {"Latent 1", "alias"}) == 1
    assert len(names & {"Latent 3", "other"}) == 1


def test_the_option_that_matters_is_found():
    toy = Toy(2, options=("red", "green", "blue"))
    best = search(Ground(toy), dial(Formulas(lambda z: 2 * z[2] - z[1] + 0.1 * z[3]), toy), count=16)[0]
    assert isinstance(best.change, Switch)
    assert {best.change.start, best.change.option} == {"green", "blue"}
    assert abs(best.mean) == pytest.approx(3, abs=1e-3)


def test_the_layers_that_matter_are_found():
    toy = Toy(3, layers=6)
    kept = search(Ground(toy), dial(Formulas(lambda z: z[6] + z[9]), toy), count=16, strongest=0)
    assert all(isinstance(finding.change, Restyle) for finding in kept)
    assert kept[0].change.slot == Ground(toy).slots().slots[1].name
    assert all(abs(finding.mean) < 1e-4 for finding in kept[1:])


def test_collapsed_axes_are_not_tried_and_both_ways_are():
    shifts = candidates(Ground(Toy(2)), amplitude=0.5)
    assert [(shift.axis, shift.amplitude) for shift in shifts] == [
        ("Latent 1", 0.5), ("Latent 1", -0.5), ("Latent 2", 0.5), ("Latent 2", -0.5)
    ]  # fmt: skip


def test_of_many_options_each_is_tried_once():
    few, many = (candidates(Ground(Toy(1, options=[str(k) for k in range(count)]))) for count in (4, 25))
    assert len([change for change in few if isinstance(change, Switch)]) == 4 * 3
    switches = [change for change in many if isinstance(change, Switch)]
    assert [(change.start, change.option) for change in switches] == [(None, str(k)) for k in range(25)]


def test_every_different_code_is_drawn_once():
    toy = Toy(2, options=tuple("abcdef"))
    ground, drawn, told = Ground(toy), [], []
    decode = toy.decode
    toy.decode = lambda z: drawn.append(z) or decode(z)
    search(ground, dial(Formulas(lambda z: z[0] + z[6]), toy), count=8, strongest=0, batch_size=16,
           on_progress=lambda done, total: told.append((done, total)))  # fmt: skip
    codes = torch.cat(drawn)
    states = codes.unflatten(0, (-1, 8))
    assert len(torch.unique(states.flatten(1), dim=0)) == len(states) == 6 + 1 + 4
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (88, 88)
    assert {total for _, total in told} == {88}
    assert max(map(len, drawn)) <= 16


def test_batches_change_nothing():
    toy = Toy(4)
    ground, gauge = Ground(toy), dial(PLANTED_SMALL, toy)
    one, other = (search(ground, gauge, count=20, batch_size=size) for size in (7, 500))
    assert [finding.change for finding in one] == [finding.change for finding in other]
    assert [finding.mean for finding in one] == pytest.approx([finding.mean for finding in other], abs=1e-6)


PLANTED_SMALL = Formulas(lambda z: z[0] + 0.5 * z[1] * z[2])


def test_it_stops_when_asked():
    toy, calls = Toy(4), []
    with pytest.raises(CancelledError):
        search(
            Ground(toy), dial(PLANTED_SMALL, toy), batch_size=8, should_stop=lambda: calls.append(1) or len(calls) > 2
        )
    assert len(calls) == 3


def test_too_little_to_search_is_refused():
    toy = Toy(2)
    with pytest.raises(ValueError, match="0 changes and 64 codes"):
        search(Ground(toy), dial(PLANTED_SMALL, toy), changes=[])
    with pytest.raises(ValueError, match="at least 2 codes"):
        search(Ground(toy), dial(PLANTED_SMALL, toy), count=1)


def test_pairs_are_made_of_what_moves_the_gauge_up_or_down(found):
    pair = next(finding for finding in found if finding.of == "interaction")
    assert isinstance(pair.change, Both)
    assert "together, height ends" in str(pair)
