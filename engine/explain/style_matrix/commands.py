"""All that can be done to a style matrix: functions from one state to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Generator

from engine.explain.style_matrix.bank import BankSettings
from engine.explain.style_matrix.configuration import STEP, Mix, Mixed
from engine.explain.style_matrix.state import Order, State, View, arranged, mix_at

FIRST_IMAGES, SHUFFLED_IMAGES = 5, 8  # as published


def start(
    slots: int,
    settings: BankSettings,
    *,
    generator: Generator,
    count: int = FIRST_IMAGES,
    step: float = STEP,
    rating: str = "",
) -> State:
    """A matrix of `slots` columns with `count` random reference pictures."""
    order = (tuple(range(settings.styles)),) * slots
    pictures = _random(count, slots, settings.styles, step, generator)
    return State(
        references=pictures, order=arranged(order, pictures[0]), settings=settings, step=step, rating=rating
    )


def mix(state: State, slot: int, place: float) -> State:
    """Moves the selected picture to a position of a column, from 0 to S - 1."""
    return _with_picture(state, state.picture.with_mix(slot, mix_at(_column(state, slot), place, step=state.step)))


def set_mix(state: State, slot: int, chosen: Mix) -> State:
    """Gives the selected picture any mix of two styles in a slot; they become neighbours where they were not."""
    _column(state, slot)
    return _with_picture(state, state.picture.with_mix(slot, chosen.normal(state.step)))


def move_tile(state: State, slot: int, source: int, target: int, *, keep: bool = False) -> State:
    """Moves the tile at one place of a column to another; those between make room.

    Args:
        state: Before.
        slot: The column.
        source: Where the tile is, counted from the top.
        target: Where it is to be.
        keep: Keep the selected picture as it is, which may bring its two styles together again; otherwise it keeps
            its position, and becomes the mix of what is there now, as published.
    """
    column = list(_column(state, slot))
    if not (0 <= source < len(column) and 0 <= target < len(column)):
        raise ValueError(f"Places in this column go from 0 to {len(column) - 1}; got {source} and {target}.")
    column.insert(target, column.pop(source))
    order = (*state.order[:slot], tuple(column), *state.order[slot + 1 :])
    picture = state.picture
    if not keep:
        picture = picture.with_mix(slot, mix_at(column, state.positions[slot], step=state.step))
    return _with_picture(state, picture, order=order)


def select(state: State, number: int) -> State:
    """Shows another reference picture; where it mixes styles that are apart, the lower tile moves up to the other."""
    _check_reference(state, number)
    return replace(state, selected=number, order=arranged(state.order, state.references[number]))


def shuffle_images(state: State, *, generator: Generator, count: int = SHUFFLED_IMAGES) -> State:
    """New random reference pictures; the first is selected."""
    pictures = _random(count, state.slots, state.styles, state.step, generator)
    return replace(state, references=pictures, selected=0, order=arranged(state.order, pictures[0]))


def shuffle_styles(state: State, settings: BankSettings, *, slots: int, generator: Generator) -> State:
    """A new bank, and as many new random reference pictures as before.

    Args:
        state: Before.
        settings: Of the new bank.
        slots: How many columns a model has under these settings.
        generator: Of the pictures' mixes.
    """
    count = len(state.references)
    fresh = start(slots, settings, generator=generator, count=count, step=state.step, rating=state.rating)
    return replace(fresh, view=state.view)


def copy(state: State, slots: Sequence[int] | None = None) -> State:
    """Remembers the selected picture's mixes in some slots, by default all, for `paste`."""
    chosen = range(state.slots) if slots is None else slots
    for slot in chosen:
        _column(state, slot)
    return replace(state, copied=tuple(one if slot in chosen else None for slot, one in enumerate(state.picture.mixes)))


def paste(state: State, number: int) -> State:
    """Gives a reference picture the mixes that were copied."""
    _check_reference(state, number)
    if not any(state.copied):
        raise ValueError("Nothing was copied yet; copy a slot's mix or all of a picture first.")
    own = state.references[number].mixes
    mixes = tuple(kept if one is None else one for one, kept in zip(state.copied, own, strict=True))
    return _with_reference(state, number, Mixed(mixes))


def give(state: State, slot: int, number: int) -> State:
    """Gives the selected picture's mix in one slot to another reference picture."""
    _column(state, slot)
    _check_reference(state, number)
    return _with_reference(state, number, state.references[number].with_mix(slot, state.picture.mixes[slot]))


def add(state: State, picture: Mixed | None = None) -> State:
    """Adds a reference picture, by default another one like the selected, and selects it."""
    picture = (picture or state.picture).normal(state.step)
    added = (*state.references, picture)
    return replace(state, references=added, selected=len(added) - 1, order=arranged(state.order, picture))


def delete(state: State, number: int) -> State:
    """Takes a reference picture away; where it is the selected one, the next takes its place, or the last."""
    _check_reference(state, number)
    left = state.references[:number] + state.references[number + 1 :]
    if not left:
        raise ValueError("The last reference picture stays; add another before.")
    selected = min(state.selected - (number < state.selected), len(left) - 1)
    return replace(state, references=left, selected=selected, order=arranged(state.order, left[selected]))


def show(state: State, view: View) -> State:
    """Shows styles alone (`style`) or the selected picture with each of them (`result`)."""
    return replace(state, view=view)


def rate_by(state: State, rating: str) -> State:
    """Rates by another readout, by name."""
    return replace(state, rating=rating)


def _with_picture(state: State, picture: Mixed, *, order: Order | None = None) -> State:
    """Another selected picture, its styles neighbours in an order of the columns."""
    references = _replaced(state, state.selected, picture)
    return replace(state, references=references, order=arranged(order or state.order, picture))


def _with_reference(state: State, number: int, picture: Mixed) -> State:
    if number == state.selected:
        return _with_picture(state, picture)
    return replace(state, references=_replaced(state, number, picture))


def _replaced(state: State, number: int, picture: Mixed) -> tuple[Mixed, ...]:
    return (*state.references[:number], picture, *state.references[number + 1 :])


def _random(count: int, slots: int, styles: int, step: float, generator: Generator) -> tuple[Mixed, ...]:
    """Both styles of every slot uniform, and so is the share of the first."""
    pairs = torch.randint(styles, (count, slots, 2), generator=generator, device=generator.device).tolist()
    shares = torch.rand(count, slots, generator=generator, device=generator.device).tolist()
    return tuple(
        Mixed(tuple(Mix(a, b, share).normal(step) for (a, b), share in zip(*row, strict=True)))
        for row in zip(pairs, shares, strict=True)
    )


def _column(state: State, slot: int) -> tuple[int, ...]:
    if not 0 <= slot < state.slots:
        raise ValueError(f"This matrix has {state.slots} slots, numbered from 0; got {slot}.")
    return state.order[slot]


def _check_reference(state: State, number: int) -> None:
    if not 0 <= number < len(state.references):
        raise ValueError(f"There are {len(state.references)} reference pictures, numbered from 0; got {number}.")
