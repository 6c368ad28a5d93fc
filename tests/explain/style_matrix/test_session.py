"""What is done to a matrix: commands, undo and redo, bookmarks, files."""

from __future__ import annotations

import json

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.explain.style_matrix import (
    BankSettings,
    Mix,
    Mixed,
    Session,
    Single,
    State,
    by_rating,
    commands,
    load_session,
    needed,
    result_tiles,
    save_session,
    style_tiles,
    tiles,
)
from engine.explain.style_matrix.state import arranged, mix_at, position


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def state(*mixes, order=((0, 1, 2, 3),), styles=4, **more):
    return State(references=(Mixed(mixes),), order=order, settings=BankSettings(styles=styles), **more)


def started(seed=0, slots=3, styles=5, **more):
    return commands.start(slots, BankSettings(styles=styles), generator=seeded(seed), **more)


@st.composite
def deeds(draw):
    """A command and what it takes, fit for any matrix of 3 slots of 5 styles with at least one reference."""
    slot = draw(st.integers(0, 2))
    return draw(
        st.sampled_from(
            [
                (commands.mix, (slot, draw(st.floats(0, 4))), {}),
                (commands.set_mix, (slot, Mix(draw(st.integers(0, 4)), draw(st.integers(0, 4)), 0.3)), {}),
                (
                    commands.move_tile,
                    (slot, draw(st.integers(0, 4)), draw(st.integers(0, 4))),
                    {"keep": draw(st.booleans())},
                ),
                (commands.select, (0,), {}),
                (commands.shuffle_images, (), {"generator": seeded(draw(st.integers(0, 99)))}),
                (commands.copy, (None if draw(st.booleans()) else (slot,),), {}),
                (commands.give, (slot, 0), {}),
                (commands.add, (), {}),
                (commands.show, (draw(st.sampled_from(["style", "result"])),), {}),
                (commands.rate_by, (draw(st.sampled_from(["P(Smiling)", "age"])),), {}),
            ]
        )
    )


@given(seed=st.integers(0, 1000), done=st.lists(deeds(), max_size=12))
def test_whatever_is_done_can_be_undone_and_done_again(seed, done):
    session = Session(state=started(seed))
    states = [session.state]
    for command, arguments, options in done:
        session = session.do(command, *arguments, **options)
        if session.state != states[-1]:
            states.append(session.state)
    end = session
    for wanted in reversed(states[:-1]):
        session = session.undo()
        assert session.state == wanted
    assert session.undo() == session, "nothing before the beginning"
    for wanted in states[1:]:
        session = session.redo()
        assert session.state == wanted
    assert session == end and session.redo() == session


@given(seed=st.integers(0, 1000), done=st.lists(deeds(), max_size=12))
def test_the_selected_picture_always_has_a_position_that_says_what_it_is(seed, done):
    now = started(seed)
    for command, arguments, options in done:
        now = command(now, *arguments, **options)
        for slot, place in enumerate(now.positions):
            assert mix_at(now.order[slot], place, step=now.step) == now.picture.mixes[slot]
            assert commands.mix(now, slot, place) == now, "to stay is to change nothing"


@given(seed=st.integers(0, 1000), source=st.integers(0, 4), target=st.integers(0, 4))
def test_a_moved_tile_keeps_the_position_or_the_picture(seed, source, target):
    before = started(seed)
    adapted = commands.move_tile(before, 1, source, target)
    assert adapted.positions[1] == pytest.approx(before.positions[1]), "as published"
    assert adapted.order[1][target] == before.order[1][source]
    kept = commands.move_tile(before, 1, source, target, keep=True)
    assert kept.references == before.references
    assert sorted(kept.order[1]) == sorted(before.order[1])
    assert adapted.order[::2] == kept.order[::2] == before.order[::2], "the other columns stay"


def test_a_position_is_the_mix_of_the_tiles_above_and_below():
    before = state(Mix(0), order=((2, 0, 3, 1),))
    assert commands.mix(before, 0, 1.25).picture.mixes == (Mix(3, 0, 0.25),)
    assert commands.mix(before, 0, 0.3).picture.mixes == (Mix(2, 0, 0.7),), "the larger number first"
    assert commands.mix(before, 0, 3.0).picture.mixes == (Mix(1),)
    assert commands.mix(before, 0, 1.996).picture.mixes == (Mix(3),), "rounded to steps"


def test_to_show_a_picture_the_lower_of_its_styles_moves_up_beside_the_other():
    before = state(Mix(0), order=((2, 0, 3, 1),))
    before = commands.select(commands.add(before, Mixed((Mix(2, 1, 0.4),))), 0)
    shown = commands.select(before, 1)
    assert shown.order == ((2, 1, 0, 3),) and shown.positions == (0.6,)
    assert commands.select(shown, 0).order == shown.order, "nothing moves that need not"
    assert arranged(((2, 0, 3, 1),), Mixed((Mix(3, 0, 0.5),))) == ((2, 0, 3, 1),)


def test_any_mix_can_be_entered():
    before = state(Mix(0), order=((0, 1, 2, 3),))
    entered = commands.set_mix(before, 0, Mix(0, 3, 0.25))
    assert entered.picture.mixes == (Mix(3, 0, 0.75),) and entered.order == ((0, 3, 1, 2),)
    assert entered.positions == (0.75,)


def test_shuffled_images_replace_all_and_the_first_is_selected():
    before = commands.select(started(count=5), 3)
    after = commands.shuffle_images(before, generator=seeded(1))
    assert len(before.references) == 5 and len(after.references) == 8 and after.selected == 0
    assert commands.shuffle_images(before, generator=seeded(1)) == after, "the same seed, the same pictures"
    assert commands.shuffle_images(before, generator=seeded(2)) != after


def test_random_pictures_mix_all_styles_by_all_shares():
    mixes = [mix for one in started(styles=3, slots=20, count=100).references for mix in one.mixes]
    pure = sum(mix.second is None for mix in mixes) / len(mixes)
    assert pure == pytest.approx(1 / 3 + 2 / 3 * 0.01, abs=0.05), "one in three draws the same style twice"
    shares = [mix.share for mix in mixes if mix.second is not None]
    assert sum(shares) / len(shares) == pytest.approx(0.5, abs=0.05)


def test_shuffled_styles_begin_anew_with_as_many_pictures():
    before = commands.show(started(count=6), "result")
    after = commands.shuffle_styles(before, BankSettings(styles=3, seed=9), slots=4, generator=seeded(3))
    assert (after.slots, after.styles, len(after.references), after.view) == (4, 3, 6, "result")


def test_a_slots_mix_is_copied_to_another_picture():
    before = started(count=3)
    given_ = commands.give(before, 1, 2)
    assert given_.references[2].mixes[1] == before.picture.mixes[1]
    assert given_.references[2].mixes[::2] == before.references[2].mixes[::2]
    copied = commands.select(commands.copy(before, [0, 2]), 1)
    pasted = commands.paste(copied, 1)
    assert pasted.picture.mixes[::2] == before.picture.mixes[::2]
    assert pasted.picture.mixes[1] == before.references[1].mixes[1]
    assert commands.paste(commands.copy(before), 2).references[2] == before.picture


def test_pictures_are_added_and_deleted():
    before = started(count=2)
    added = commands.add(before)
    assert added.references[-1] == before.picture and added.selected == 2
    assert commands.delete(added, 2).selected == 1
    first = commands.delete(commands.select(added, 1), 0)
    assert first.picture == before.references[1] and first.selected == 0
    with pytest.raises(ValueError, match="The last reference picture stays"):
        commands.delete(commands.delete(before, 0), 0)


def test_style_view_shows_styles_alone_and_result_view_what_they_would_do():
    now = state(Mix(3, 0, 0.5), Mix(1), order=((3, 0, 1, 2), (2, 1, 0, 3)))
    assert style_tiles(now)[1] == tuple(Single(1, style) for style in (2, 1, 0, 3))
    assert result_tiles(now)[0][2] == Mixed((Mix(1), Mix(1)))
    assert result_tiles(now)[1][1] == now.picture, "its pure style is already there"
    assert tiles(now) == style_tiles(now) and tiles(commands.show(now, "result")) == result_tiles(now)
    page = needed(commands.show(now, "result"))
    assert page[0] == now.picture and len(page) == len(set(page)) == 8


def test_references_are_shown_by_rating():
    assert by_rating([0.5, -1.0, 0.5, 0.1]) == (1, 3, 0, 2)


def test_bookmarks_are_returned_to_and_that_is_undone():
    session = Session(state=started()).bookmark("begin")
    moved = session.do(commands.mix, 0, 2.5)
    back = moved.return_to("begin")
    assert back.state == session.state and back.undo().state == moved.state
    again = moved.bookmark("begin")
    assert len(again.bookmarks) == 1 and again.bookmarks[0].state == moved.state
    assert again.unbookmark("begin").bookmarks == ()
    with pytest.raises(ValueError, match="No bookmark 'end'; there are .'begin'."):
        moved.return_to("end")
    with pytest.raises(ValueError, match="1 to 80 characters"):
        moved.bookmark(" ")


def test_a_new_deed_ends_what_was_undone():
    session = Session(state=started()).do(commands.mix, 0, 2.5).undo()
    assert session.do(commands.mix, 0, 1.5).future == ()
    assert session.do(commands.mix, 0, session.state.positions[0]).future == session.future, "nothing was done"


def test_the_past_is_bounded():
    session = Session(state=started(slots=1))
    for number in range(450):
        session = session.do(commands.mix, 0, (number % 400) / 100)
    assert len(session.past) == 200


@given(seed=st.integers(0, 1000), done=st.lists(deeds(), max_size=6))
def test_a_saved_session_is_the_same_when_loaded(seed, done):
    session = Session(state=started(seed))
    for command, arguments, options in done:
        session = session.do(command, *arguments, **options)
    session = session.bookmark("here").do(commands.mix, 0, 0.5)
    loaded = load_session(save_session(session, model="mnist/tc5", bank="ab12"))
    assert (loaded.model, loaded.bank) == ("mnist/tc5", "ab12")
    assert loaded.session.state == session.state and loaded.session.bookmarks == session.bookmarks


def test_given_codes_travel_with_a_session():
    settings = BankSettings(styles=3, columns=2, shared=False, seed=5, given=bytes(range(24)))
    session = Session(state=commands.start(2, settings, generator=seeded()))
    assert load_session(save_session(session, model="m", bank="b")).session.state.settings == settings


def saved():
    return json.loads(save_session(Session(state=started()).bookmark("a"), model="m", bank="b"))


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("format",), "other", "no session of the style matrix"),
        (("version",), 2, "has version 2; this program reads 1"),
        (("model",), 5, "'model' of this session should be of type str"),
        (("state",), [], "'state' of this session"),
        (("state", "selected"), 99, "There are 5 reference pictures"),
        (("state", "selected"), True, "'selected' of this session should be of type int"),
        (("state", "view"), "front", "A view is 'style' or 'result'"),
        (("state", "step"), float("nan"), "steps above 0"),
        (("state", "order"), [[0, 1, 2, 3, 4], [0, 1, 2, 3, 4]], "This matrix has 2 slots"),
        (("state", "order", 0), [0, 0, 1, 2, 3], "each of the 5 styles once"),
        (("state", "order", 0), ["0"], "lists of whole numbers"),
        (("state", "references"), [], "1 to 256 reference pictures"),
        (("state", "references"), [{"styleArray": [{"style1": 0}] * 3}] * 300, "1 to 256 reference pictures"),
        (("state", "references", 0), {"singleStyle": {"layer": 0, "id": 0}}, "a mix in every slot"),
        (("state", "references", 0, "styleArray", 0), {"style1": 7}, "numbered from 0"),
        (("state", "copied"), [None], "What was copied should have 3 slots"),
        (("state", "settings", "styles"), 1, "A bank needs 2 to 64 styles; got 1"),
        (("state", "settings", "given"), "?", "damaged"),
        (("bookmarks",), [{"name": "a", "state": {}}] * 101, "at most 100 bookmarks"),
        (("bookmarks", 0, "name"), "", "1 to 80 characters"),
    ],
)
def test_a_damaged_session_is_refused_with_the_reason(path, value, message):
    found = saved()
    place = found
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(ValueError, match=message):
        load_session(json.dumps(found))


@pytest.mark.parametrize(
    ("text", "message"),
    [("{", "no JSON file"), ("[" * 100_000, "no JSON"), ("3", "no session"), (" " * (2**24 + 1), "at most 16,777")],
)
def test_what_is_no_session_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        load_session(text)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: commands.mix(started(), 3, 0.0), "3 slots, numbered from 0; got 3"),
        (lambda: commands.mix(started(), 0, 4.2), "from 0 to 4; got 4.2"),
        (lambda: commands.move_tile(started(), 0, 0, 5), "Places in this column go from 0 to 4"),
        (lambda: commands.select(started(), 5), "5 reference pictures, numbered from 0; got 5"),
        (lambda: commands.paste(started(), 0), "Nothing was copied yet"),
        (lambda: commands.give(started(), 0, 9), "got 9"),
        (lambda: commands.copy(started(), [4]), "got 4"),
        (lambda: position((0, 1, 2), Mix(2, 0, 0.5)), "not neighbours"),
        (lambda: state(Mix(2, 0, 0.5)), "not neighbours"),
        (lambda: state(Mix(0, 1, 0.5)), "normal form"),
        (lambda: Mix(0, share=0.5), "leaves a rest"),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
