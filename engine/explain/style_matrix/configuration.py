"""What a picture of a style matrix is made of: two mixed styles in every slot, or one style everywhere."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TypeAlias

STEP = 0.01
_DIGITS = 9  # shares are decimal fractions; beyond these digits is rounding


@dataclass(frozen=True)
class Mix:
    """What one slot holds: `share` of the style `first` and the rest of `second`.

    Attributes:
        first: Number of a style.
        second: Number of another; None for `first` alone.
        share: Of the first, in [0, 1].
    """

    first: int
    second: int | None = None
    share: float = 1.0

    def __post_init__(self) -> None:
        if self.first < 0 or (self.second is not None and self.second < 0) or not 0 <= self.share <= 1:
            raise ValueError(f"A mix takes styles from 0 on and a share from 0 to 1; got {self.first}, {self.second} "
                             f"and {self.share}.")  # fmt: skip
        if self.second is None and self.share != 1:
            raise ValueError(f"A share of {self.share} leaves a rest; name the style that it is of.")

    def normal(self, step: float = STEP) -> Mix:
        """The form all equal mixes share: the larger number first, a whole number of steps, nothing of share 0.

        Equal are those that mix the same two styles the other way round. The order comes before the rounding, so that
        both round alike, and a step that does not divide 1 keeps its multiples.
        """
        if self.second is None or self.second == self.first:
            return Mix(self.first)
        first, second, share = self.first, self.second, self.share
        if first < second:
            first, second, share = second, first, 1 - share
        steps, last = steps_of(share, step), steps_between(step)
        if steps == 0:
            return Mix(second)
        # Nearer to the whole than to the last step, which may be a part of a step away from it.
        if round(share - (1 + last * step) / 2, _DIGITS) >= 0:
            return Mix(first)
        return Mix(first, second, round(steps * step, _DIGITS))

    @property
    def styles(self) -> tuple[int, ...]:
        """The styles in it, one or two."""
        return (self.first,) if self.second is None or self.second == self.first else (self.first, self.second)


@dataclass(frozen=True)
class Mixed:
    """A picture with a mix in every slot.

    Attributes:
        mixes: One a slot, in the slots' order.
    """

    mixes: tuple[Mix, ...]

    def normal(self, step: float = STEP) -> Mixed:
        """Every mix in its normal form."""
        return Mixed(tuple(mix.normal(step) for mix in self.mixes))

    def with_mix(self, slot: int, mix: Mix) -> Mixed:
        """The same picture but for one slot."""
        return replace(self, mixes=(*self.mixes[:slot], mix, *self.mixes[slot + 1 :]))


@dataclass(frozen=True)
class Single:
    """One style of one slot's bank as a whole code: the same style in all layers, an anchor's own picture.

    Attributes:
        slot: Whose bank.
        style: Number of the style.
    """

    slot: int
    style: int

    def __post_init__(self) -> None:
        if self.slot < 0 or self.style < 0:
            raise ValueError(f"Slots and styles count from 0; got slot {self.slot}, style {self.style}.")

    def normal(self, step: float = STEP) -> Single:
        """Itself: there is one way to say it."""
        return self


Configuration: TypeAlias = Mixed | Single


def steps_of(share: float, step: float) -> int:
    """A share in whole steps, halves rounded up.

    Raises:
        ValueError: If the step is not in (0, 1].
    """
    _check_step(step)
    return math.floor(round(share / step, _DIGITS) + 0.5)


def steps_between(step: float) -> int:
    """How many steps lie between one style alone and another.

    Raises:
        ValueError: If the step is not in (0, 1].
    """
    _check_step(step)
    return math.ceil(round(1 / step, _DIGITS)) - 1


def _check_step(step: float) -> None:
    if not 0 < step <= 1:
        raise ValueError(f"Shares go in steps above 0 and up to 1; got {step}.")


def check_fits(configuration: Configuration, slots: int, styles: int) -> None:
    """Makes sure that a matrix of `slots` columns and `styles` rows has what a configuration asks for.

    Raises:
        ValueError: If it has not.
    """
    if isinstance(configuration, Single):
        wrong = configuration.slot >= slots or configuration.style >= styles
    else:
        named = [style for mix in configuration.mixes for style in mix.styles]
        wrong = len(configuration.mixes) != slots or max(named, default=0) >= styles
    if wrong:
        raise ValueError(f"This matrix has {slots} slots of {styles} styles, numbered from 0; got {configuration}.")
