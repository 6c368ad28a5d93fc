"""What stands in a style matrix at one moment: reference pictures, the selected one, the order of tiles, the view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from engine.explain.style_matrix.bank import MOST_SLOTS, BankSettings
from engine.explain.style_matrix.configuration import STEP, Mix, Mixed, check_fits, steps_of

View = Literal["style", "result"]
Order: TypeAlias = tuple[tuple[int, ...], ...]  # for each slot the numbers of its styles, from the top down

MOST_REFERENCES = 256


@dataclass(frozen=True, kw_only=True)
class State:
    """A snapshot; commands make new ones of it.

    Attributes:
        references: The pictures in hand, each with a mix in every slot, in normal form.
        selected: Which of them the matrix shows.
        order: Each column's styles from the top down. Both styles of the selected picture's mix are neighbours in it,
            so that every mix is a position in its column.
        view: What tiles show: a style alone, or the selected picture with it.
        step: What shares are counted in.
        rating: Name of the readout, for who shows it; empty for none.
        settings: What the bank is made from.
        copied: What was copied, a mix or None for each slot; empty for nothing.
    """

    references: tuple[Mixed, ...]
    order: Order
    settings: BankSettings = field(default_factory=BankSettings)
    selected: int = 0
    view: View = "style"
    step: float = STEP
    rating: str = ""
    copied: tuple[Mix | None, ...] = ()

    def __post_init__(self) -> None:
        steps_of(1.0, self.step)
        if not 1 <= len(self.order) <= MOST_SLOTS or not 1 <= len(self.references) <= MOST_REFERENCES:
            raise ValueError(f"A matrix has 1 to {MOST_SLOTS} columns and 1 to {MOST_REFERENCES} reference pictures; "
                             f"got {len(self.order)} and {len(self.references)}.")  # fmt: skip
        if not 0 <= self.selected < len(self.references):
            raise ValueError(f"There are {len(self.references)} reference pictures, numbered from 0; "
                             f"got {self.selected}.")  # fmt: skip
        if self.view not in ("style", "result"):
            raise ValueError(f"A view is 'style' or 'result'; got {self.view!r}.")
        for column in self.order:
            if sorted(column) != list(range(self.styles)):
                raise ValueError(f"A column holds each of the {self.styles} styles once; got {column}.")
        for picture in self.references:
            check_fits(picture, self.slots, self.styles)
            if picture != picture.normal(self.step):
                raise ValueError(f"Reference pictures are kept in normal form for steps of {self.step}; got {picture}.")
        if len(self.copied) not in (0, self.slots):
            raise ValueError(f"What was copied should have {self.slots} slots; got {len(self.copied)}.")
        for column, mix in zip(self.order, self.picture.mixes, strict=True):
            position(column, mix)

    @property
    def slots(self) -> int:
        """Columns C."""
        return len(self.order)

    @property
    def styles(self) -> int:
        """Styles S of each column."""
        return self.settings.styles

    @property
    def picture(self) -> Mixed:
        """The selected reference picture."""
        return self.references[self.selected]

    @property
    def positions(self) -> tuple[float, ...]:
        """Where the selected picture stands in each column, from 0 at the top to S - 1."""
        return tuple(position(column, mix) for column, mix in zip(self.order, self.picture.mixes, strict=True))


def position(column: Sequence[int], mix: Mix) -> float:
    """Where a mix stands in a column of styles: at its style, or between two neighbours.

    Raises:
        ValueError: If its styles are not neighbours.
    """
    places = sorted((column.index(style), style) for style in mix.styles)
    if len(places) == 1:
        return float(places[0][0])
    (upper, _), (lower, style) = places
    if lower != upper + 1:
        raise ValueError(f"Styles {mix.styles} are not neighbours in the column {tuple(column)}; arrange it first.")
    return upper + (mix.share if style == mix.first else 1 - mix.share)


def mix_at(column: Sequence[int], place: float, *, step: float) -> Mix:
    """The mix at a position of a column, in normal form; the inverse of `position` in whole steps.

    Raises:
        ValueError: If the position lies outside the column.
    """
    if not 0 <= place <= len(column) - 1:
        raise ValueError(f"Positions in a column of {len(column)} styles go from 0 to {len(column) - 1}; got {place}.")
    above = min(int(place), len(column) - 2)
    return Mix(column[above + 1], column[above], place - above).normal(step)


def arranged(order: Order, picture: Mixed) -> Order:
    """The same order but for the styles a picture mixes: of two, the lower in the column moves up beside the other."""
    return tuple(_together(column, mix) for column, mix in zip(order, picture.mixes, strict=True))


def _together(column: tuple[int, ...], mix: Mix) -> tuple[int, ...]:
    if len(mix.styles) == 1:
        return column
    stays, moves = sorted(mix.styles, key=column.index)
    left = [style for style in column if style != moves]
    place = left.index(stays) + 1
    return (*left[:place], moves, *left[place:])
