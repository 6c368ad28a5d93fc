"""Pictures and ratings of configurations: each made once, kept within bounds, stopped when asked."""

from __future__ import annotations

import pytest
import torch

import engine
from engine.explain.progress import CancelledError
from engine.explain.style_matrix import (
    BankSettings,
    Mix,
    Mixed,
    Rater,
    Renderer,
    Single,
    commands,
    make_bank,
    result_tiles,
)
from engine.explain.style_matrix.byte_cache import ByteCache
from engine.explain.style_matrix.rendering import reduced
from engine.models.slots import slots_of
from tests.explain.style_matrix.toys import Entry, Plain, bank_of


def mixed(*shares):
    return Mixed(tuple(Mix(0, 1, share) for share in shares))


def test_equal_configurations_are_one_picture():
    model = Plain()
    renderer, bank = Renderer(model), bank_of(Plain())
    swapped = Mixed(tuple(Mix(1, 0, 1 - share) for share in (0.25, 0.4, 0.7)))
    x = renderer.pictures(bank, [mixed(0.25, 0.4, 0.7), swapped, mixed(0.251, 0.399, 0.7)])
    assert torch.equal(x[0], x[1]) and torch.equal(x[0], x[2])
    assert model.batches == [1]


def test_pictures_are_what_the_model_draws_of_the_codes():
    model = Plain()
    renderer, bank = Renderer(model, batch_size=2), bank_of(Plain())
    asked = [Single(0, style) for style in (3, 1, 0, 3, 2)]
    assert torch.equal(renderer.pictures(bank, asked).flatten(1), bank.codes[0, [3, 1, 0, 3, 2]])
    assert model.batches == [2, 2], "four different ones, two at a time"
    assert renderer.pictures(bank, []).shape == (0, 1, 1, 3)


def test_a_shared_style_is_the_same_picture_in_every_column():
    model = Plain()
    Renderer(model).pictures(bank_of(Plain()), [Single(slot, 1) for slot in range(3)])
    assert model.batches == [1]
    Renderer(model).pictures(bank_of(Plain(), shared=False), [Single(slot, 1) for slot in range(3)])
    assert model.batches == [1, 3]


def test_pictures_are_kept_and_those_of_other_banks_apart():
    model = Plain()
    renderer = Renderer(model)
    one, other = bank_of(Plain(), seed=1), bank_of(Plain(), seed=2)
    first, second = (renderer.pictures(bank, [mixed(0.5, 0.5, 0.5)]) for bank in (one, other))
    assert not torch.equal(first, second)
    assert torch.equal(renderer.pictures(one, [mixed(0.5, 0.5, 0.5)]), first) and model.batches == [1, 1]
    first.zero_()
    assert renderer.pictures(one, [mixed(0.5, 0.5, 0.5)]).abs().sum() > 0, "callers hold copies"


@pytest.mark.parametrize("name", ["mnist/tc5", "mnist/ig5", "sinelines/vae"])
def test_the_result_tile_of_a_pure_style_is_the_selected_picture(name):
    model = engine.load(name)
    slots = slots_of(model)
    bank = make_bank(model, slots, BankSettings(styles=3))
    state = commands.start(len(slots), bank.settings, generator=torch.Generator().manual_seed(1))
    for slot in range(len(slots)):
        state = commands.set_mix(state, slot, Mix(slot % 3))
    renderer = Renderer(model)
    (picture,) = renderer.pictures(bank, [state.picture])
    for column, order in zip(result_tiles(state), state.order, strict=True):
        drawn = Renderer(model).pictures(bank, column)  # without what the other knows
        own = next(row for row, tile in enumerate(column) if tile == state.picture)
        assert order[own] == state.picture.mixes[result_tiles(state).index(column)].first
        torch.testing.assert_close(drawn[own], picture, atol=1e-5, rtol=0)


def test_work_stops_between_batches_and_keeps_what_is_done():
    model, asked = Plain(), [Single(0, style) for style in range(4)]
    renderer, bank, told = Renderer(model, batch_size=1), bank_of(Plain()), []
    with pytest.raises(CancelledError):
        renderer.pictures(bank, asked, should_stop=lambda: len(model.batches) == 2)
    assert len(renderer.cache) == 2
    renderer.pictures(bank, asked, progress=lambda *numbers: told.append(numbers))
    assert len(model.batches) == 4 and told == [(3, 4), (4, 4)]


def test_previews_are_means_over_areas():
    x = torch.arange(64.0).reshape(1, 1, 8, 8)
    assert torch.equal(reduced(x, 2), x.reshape(1, 1, 2, 4, 2, 4).mean(dim=(3, 5)))
    assert reduced(torch.zeros(2, 3, 40, 20), 10).shape == (2, 3, 10, 5)
    assert reduced(x, 8) is x and reduced(x, None) is x
    series = torch.zeros(2, 64)
    assert reduced(series, 8) is series


def test_a_preview_is_made_from_the_picture_where_that_is_kept():
    model = Plain()
    renderer, bank = Renderer(model), bank_of(Plain())
    (whole,) = renderer.pictures(bank, [Single(0, 1)])
    (small,) = renderer.pictures(bank, [Single(0, 1)], size=1)
    assert model.batches == [1] and small.shape == (1, 1, 1)
    torch.testing.assert_close(small.reshape(()), whole.mean())


def test_a_cache_never_holds_more_than_it_may():
    cache = ByteCache(3 * (400 + 1024))
    for number in range(5):
        cache.put(number, torch.full((100,), float(number)))
        assert cache.get(2) is None or float(cache.get(2)[0]) == 2, "asking keeps it young"
    assert len(cache) == 3 and cache.bytes == cache.limit
    assert [number for number in range(5) if cache.get(number) is not None] == [2, 3, 4]
    cache.put(3, torch.zeros(1))
    assert cache.bytes < cache.limit and len(cache) == 3
    cache.put("large", torch.zeros(10_000))
    assert cache.get("large") is None and cache.bytes <= cache.limit
    cache.clear()
    assert len(cache) == 0 and cache.bytes == 0


def test_a_renderer_without_room_still_draws():
    model = Plain()
    renderer, bank = Renderer(model, memory=0), bank_of(Plain())
    asked = [Single(0, style) for style in (0, 1, 0)]
    assert torch.equal(renderer.pictures(bank, asked).flatten(1), bank.codes[0, [0, 1, 0]])
    assert len(renderer.cache) == 0


def test_ratings_are_asked_once():
    renderer, bank, first, second = Renderer(Plain()), bank_of(Plain()), Entry(0), Entry(2)
    rater = Rater(renderer)
    asked = [Single(0, style) for style in (3, 1, 3)]
    assert torch.equal(rater.ratings(bank, asked, first), bank.codes[0, [3, 1, 3], 0])
    assert torch.equal(rater.ratings(bank, asked, first), bank.codes[0, [3, 1, 3], 0]) and first.asked == 2
    assert torch.equal(rater.ratings(bank, asked, second), bank.codes[0, [3, 1, 3], 2]) and second.asked == 2
    assert renderer.model.batches == [2], "pictures are shared"
    assert rater.ratings(bank, [], first).shape == (0,)


@pytest.mark.parametrize(
    ("rating", "message"),
    [(lambda x: x.flatten(1), "one finite number for each of 1 pictures; got shape"),
     (lambda x: x.flatten(1)[:, 0] / 0, "got NaN or infinity")],
)  # fmt: skip
def test_a_rating_gives_one_finite_number_a_picture(rating, message):
    with pytest.raises(ValueError, match=message):
        Rater(Renderer(Plain())).ratings(bank_of(Plain()), [Single(0, 1)], rating)
