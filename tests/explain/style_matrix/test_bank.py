"""Banks of styles: from a seed or given, shared or not, steps along directions, pushed to extremes."""

from __future__ import annotations

import pytest
import torch

import engine
from engine.explain.style_matrix import BankSettings, Mix, Mixed, Single, make_bank, push, with_given
from engine.explain.style_matrix.bank import given_codes
from engine.models.slots import slots_of, with_direction
from tests.explain.style_matrix.toys import Entry, Plain, bank_of


def test_a_bank_follows_from_model_settings_and_seed():
    one, same, other = (bank_of(Plain(), seed=seed) for seed in (1, 1, 2))
    assert one.id == same.id and torch.equal(one.codes, same.codes)
    assert one.id != other.id and not torch.equal(one.codes, other.codes)
    assert len({bank_of(Plain(), **more).id for more in ({}, {"styles": 5}, {"shared": False})}) == 3


def test_more_styles_leave_the_first_as_they_are():
    assert torch.equal(bank_of(Plain(), styles=7).codes[:, :4], bank_of(Plain(), styles=4).codes)


def test_slots_share_styles_or_have_their_own():
    shared, own = bank_of(Plain()), bank_of(Plain(), shared=False)
    assert shared.codes.shape == (1, 4, 3) and own.codes.shape == (3, 4, 3)
    singles = [Single(slot, 2) for slot in range(3)]
    assert torch.equal(shared.codes_of(singles), shared.codes[0, 2].repeat(3, 1))
    assert torch.equal(own.codes_of(singles), own.codes[:, 2])
    mixed = own.codes_of([Mixed((Mix(1), Mix(0), Mix(3, 1, 0.25)))])[0]
    wanted = [own.codes[0, 1, 0], own.codes[1, 0, 1], 0.25 * own.codes[2, 3, 2] + 0.75 * own.codes[2, 1, 2]]
    torch.testing.assert_close(mixed, torch.stack(wanted))


def test_codes_come_in_the_order_they_were_asked_for():
    bank = bank_of(Plain())
    asked = [Single(0, 1), Mixed((Mix(2),) * 3), Single(1, 3), Mixed((Mix(0),) * 3)]
    torch.testing.assert_close(bank.codes_of(asked), bank.codes[0, [1, 2, 3, 0]])
    assert bank.codes_of([]).shape == (0, 3)


def test_given_codes_are_the_first_styles():
    codes = torch.tensor([[1.0, 2, 3], [4, 5, 6]])
    settings = with_given(BankSettings(styles=3), codes)
    bank = make_bank(Plain(), slots_of(Plain(), draws=50), settings)
    assert torch.equal(bank.codes[0, :2], codes)
    assert torch.equal(bank.codes[0, 2], bank_of(Plain()).codes[0, 2]), "then the seed's"
    assert torch.equal(given_codes(settings, 3), codes)


def test_a_direction_is_a_column_of_steps():
    model = Plain()
    slots = with_direction(slots_of(model, draws=50), "Smiling", torch.tensor([0.0, 1.0, 0.0]), amplitude=2.0,
                           relative=False)  # fmt: skip
    bank = make_bank(model, slots, BankSettings(styles=3))
    plain = Mixed((Mix(0),) * 3 + (Mix(1),))
    down, stays, up, half = bank.codes_of([plain.with_mix(3, mix) for mix in (Mix(0), Mix(1), Mix(2), Mix(2, 1, 0.5))])
    spread = float(slots.space.inner.scale[1])
    torch.testing.assert_close(stays, bank.codes[0, 0])
    torch.testing.assert_close(torch.stack([down, up, half]) - stays,
                               torch.tensor([[0, -2 * spread, 0], [0, 2 * spread, 0], [0, spread, 0]]))  # fmt: skip
    alone = bank.codes_of([Single(3, 2)])[0]
    torch.testing.assert_close(alone, torch.tensor([0, 2 * spread, 0]), atol=1e-6, rtol=0)
    turned = with_direction(slots_of(model, draws=50), "Smiling", torch.tensor([1.0, 0, 0]), amplitude=2.0,
                            relative=False)  # fmt: skip
    assert make_bank(model, turned, BankSettings(styles=3)).id != bank.id


@pytest.mark.parametrize(("toward", "ends"), [("high", (2, 2)), ("low", (-2, -2)), ("opposite", (-2, 2))])
def test_styles_are_pushed_to_where_they_are_rated_most_or_least(toward, ends):
    model, slots = Plain(), slots_of(Plain(), draws=50)
    codes, spread = torch.tensor([[1.0, 0, 0], [-1, 0, 0]]), float(slots.space.scale[0])
    found = push(model, slots, codes, torch.tensor([5.0, 0, 0]), Entry(0), amplitude=2.0, relative=False, toward=toward)
    torch.testing.assert_close(found, codes + torch.tensor([[end * spread, 0, 0] for end in ends]))


def test_a_style_that_is_at_the_extreme_stays():
    def peak(x):
        return -x.flatten(1)[:, 0].square()

    peak.name, peak.center, peak.low, peak.high = "peak", 0.0, -9.0, 0.0
    codes = torch.tensor([[0.0, 1, 1]])
    slots, direction = slots_of(Plain(), draws=50), torch.tensor([1.0, 0, 0])
    found = push(Plain(), slots, codes, direction, peak, amplitude=2.0, relative=False)
    torch.testing.assert_close(found, codes)


@pytest.mark.parametrize("name", ["mnist/ig5", "mnist/ss5", "dsprites/ae"])
def test_banks_of_shipped_models_are_reproducible(name):
    model = engine.load(name)
    slots = slots_of(model)
    one, other = (make_bank(model, slots, BankSettings(styles=3, seed=4)) for _ in range(2))
    assert one.id == other.id and torch.equal(one.values, other.values)
    pure = one.codes_of([Mixed((Mix(style),) * len(slots)) for style in range(3)])
    torch.testing.assert_close(pure, one.codes[0], rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: BankSettings(styles=1), "A bank needs 2 to 64 styles; got 1. With a single one there"),
        (lambda: BankSettings(columns=0), "1 to 64 columns; got 0"),
        (lambda: bank_of(Plain(), given=b"123"), "Codes of this model have 3 numbers"),
        (lambda: bank_of(Plain(), given=bytes(60)), "5 given codes do not fit into a bank of 4 styles"),
        (lambda: with_given(BankSettings(), torch.tensor([[float("nan")]])), "NaN or infinity"),
        (lambda: bank_of(Plain(), given=b"\xff" * 12), "NaN or infinity"),
        (lambda: bank_of(Plain(), columns=2), "for 2 columns and the slots are 3"),
        (lambda: bank_of(Plain()).codes_of([Single(0, 4)]), "3 slots of 4 styles"),
        (lambda: push(Plain(), None, torch.zeros(1, 3), torch.ones(3), Entry(0), amplitude=1.0, relative=False,
                      steps=4), "an odd number of steps"),
    ],
)  # fmt: skip
def test_mistakes_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
