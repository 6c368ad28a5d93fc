"""Changes of codes, against what they should add by hand."""

from __future__ import annotations

import pytest
import torch

from engine.explain.hypotheses import Both, Ground, Restyle, Shift, Switch
from tests.explain.hypotheses.toys import Toy, unit

COLOURS = ("red", "green", "blue")
CODES = torch.randn(7, 8, generator=torch.Generator().manual_seed(1))


@pytest.fixture(scope="module")
def ground():
    return Ground(Toy(8, directions=[("slope", unit(1, 1, 0, 0, 0, 0, 0, 0))]))


def test_a_shift_moves_one_axis_by_its_standard_deviations(ground):
    spread = ground.codes.plausible[:, 2].std()
    moved = Shift(axis="Latent 3", amplitude=-1.5).apply(ground, CODES, 0.5) - CODES
    torch.testing.assert_close(moved[:, 2], (-0.75 * spread).expand(7))
    assert not moved[:, [0, 1, 3, 4, 5, 6, 7]].any()


def test_a_shift_along_a_direction_is_in_the_spread_of_positions_on_it(ground):
    direction = torch.tensor(unit(1, 1, 0, 0, 0, 0, 0, 0))
    moved = Shift(axis="slope", amplitude=2.0, direction=True).apply(ground, CODES) - CODES
    positions = ground.codes.plausible @ direction
    torch.testing.assert_close(moved @ direction, (2 * positions.std()).expand(7))
    torch.testing.assert_close(moved, (moved @ direction)[:, None] * direction, atol=1e-6, rtol=0)


def test_a_direction_that_repeats_over_layers_moves_each_of_them_alike():
    toy = Toy(3, layers=2, directions=[("both layers", (0.6, 0.8, 0.0) * 2)])
    ground = Ground(toy)
    codes = ground.codes.to_test(5, seed=0)
    moved = (Shift(axis="both layers", amplitude=1.0, direction=True).apply(ground, codes) - codes).unflatten(1, (2, 3))
    torch.testing.assert_close(moved[:, 0], moved[:, 1])
    spread = (ground.codes.plausible[:, :3] @ torch.tensor([0.6, 0.8, 0.0])).std()
    torch.testing.assert_close(moved[:, 0].norm(dim=1), spread.expand(5))


def test_a_switch_sets_the_option_after_and_the_option_before():
    ground = Ground(Toy(2, options=COLOURS))
    codes = ground.codes.to_test(9, seed=0)
    switch = Switch(category="Category", option="blue", start="red")
    assert switch.apply(ground, codes, 0.0)[:, :3].argmax(dim=1).tolist() == [0] * 9
    assert switch.apply(ground, codes)[:, :3].argmax(dim=1).tolist() == [2] * 9
    assert torch.equal(switch.apply(ground, codes)[:, 3:], codes[:, 3:])
    anything = Switch(category="Category", option="green")
    assert torch.equal(anything.apply(ground, codes, 0.0), codes)


def test_a_slot_takes_a_style_and_the_others_keep_their_bits():
    ground = Ground(Toy(4, layers=6))
    codes, donor = ground.codes.to_test(5, seed=0), ground.codes.to_test(1, seed=9)
    slots = ground.slots()
    slot = slots.slots[1]
    style = tuple(slots.to_values(donor)[0, list(slot.indices)].tolist())
    whole = Restyle(slot=slot.name, style=style, label="style 1")
    after = whole.apply(ground, codes)
    entries = list(slot.indices)
    torch.testing.assert_close(after[:, entries], donor[:, entries].expand(5, -1), atol=1e-5, rtol=0)
    others = [entry for entry in range(24) if entry not in entries]
    assert torch.equal(after[:, others], codes[:, others])
    part = Restyle(slot=slot.name, style=style, label="style 1", share=0.25).apply(ground, codes)
    torch.testing.assert_close(part, torch.lerp(codes, after, 0.25), atol=1e-5, rtol=0)
    torch.testing.assert_close(whole.apply(ground, codes, 0.25), part)
    assert torch.equal(whole.apply(ground, codes, 0.0), codes)


def test_both_are_one_after_the_other_in_either_order(ground):
    first, second = Shift(axis="Latent 1", amplitude=1.0), Shift(axis="slope", amplitude=-2.0, direction=True)
    expected = second.apply(ground, first.apply(ground, CODES, 0.5), 0.5)
    torch.testing.assert_close(Both(first=first, second=second).apply(ground, CODES, 0.5), expected)
    torch.testing.assert_close(Both(first=second, second=first).apply(ground, CODES, 0.5), expected)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Shift(axis="a", amplitude=0.0), "other than zero"),
        (lambda: Shift(axis="a", amplitude=float("nan")), "other than zero"),
        (lambda: Switch(category="a", option="3", start="3"), "another option"),
        (lambda: Restyle(slot="a", style=(1.0,), label="b", share=0.0), "above 0"),
        (lambda: Restyle(slot="a", style=(), label="b"), "finite values"),
        (lambda: Both(first=Shift(axis="a", amplitude=1.0), second=Shift(axis="a", amplitude=2.0)), "axis a twice"),
    ],
)
def test_changes_that_mean_nothing_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (Shift(axis="Latent 9", amplitude=1.0), "toy/linear has no such axis: No axis 'Latent 9'; did you mean"),
        (Switch(category="Latent 1", option="3"), "no category but a scale"),
        (Restyle(slot="Layer 1", style=(0.0,), label="style 1"), "no such slot"),
        (Restyle(slot="Latent 1", style=(0.0, 1.0), label="style 1", columns=8), "has 1 values .* has 2"),
    ],
)
def test_a_model_without_it_says_so(ground, change, message):
    with pytest.raises(ValueError, match=message):
        change.check(ground)


def test_categories_are_not_shifted():
    with pytest.raises(ValueError, match="switch it from one option"):
        Shift(axis="Category", amplitude=1.0).check(Ground(Toy(2, options=COLOURS)))
    with pytest.raises(ValueError, match="No option 'bleu'; did you mean 'blue'"):
        Switch(category="Category", option="bleu").check(Ground(Toy(2, options=COLOURS)))
