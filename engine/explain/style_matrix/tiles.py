"""Which pictures a view of the matrix needs: every style alone, or the selected picture with each style in its slot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from torch import Tensor

from engine.explain.style_matrix.configuration import Configuration, Mix, Single
from engine.explain.style_matrix.state import State

Tiles: TypeAlias = tuple[tuple[Configuration, ...], ...]  # for each column from the top down


def tiles(state: State) -> Tiles:
    """The tiles of the view that is shown, in the order of its columns."""
    return style_tiles(state) if state.view == "style" else result_tiles(state)


def style_tiles(state: State) -> Tiles:
    """Every style alone."""
    return tuple(tuple(Single(slot, style) for style in column) for slot, column in enumerate(state.order))


def result_tiles(state: State) -> Tiles:
    """The selected picture with one slot replaced by one pure style: what a change of that slot alone would do.

    Where it has the pure style already, the tile is the picture itself.
    """
    return tuple(
        tuple(state.picture.with_mix(slot, Mix(style)) for style in column) for slot, column in enumerate(state.order)
    )


def needed(state: State) -> tuple[Configuration, ...]:
    """All pictures on the page, the selected one first, then the references, then the tiles column by column."""
    every = (state.picture, *state.references, *(tile for column in tiles(state) for tile in column))
    return tuple(dict.fromkeys(every))


def by_rating(ratings: Tensor | Sequence[float]) -> tuple[int, ...]:
    """Numbers of the pictures with these ratings, (N,), the lowest first; equal ones keep their order."""
    values = [float(value) for value in ratings]
    return tuple(sorted(range(len(values)), key=values.__getitem__))
