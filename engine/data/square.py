"""Data sets of square pictures whose side can be chosen."""

from __future__ import annotations

from typing import Protocol

from engine.interfaces import Space

SMALLEST, LARGEST = 8, 1024


class Sized(Protocol):
    """What has a name and a space that follow the chosen side."""

    name: str
    space: Space


def square(side: int, *, channels: int = 3) -> Space:
    """Pictures of this many pixels a side.

    Raises:
        ValueError: If it is no whole number from 8 to 1024.
    """
    if type(side) is not int or not SMALLEST <= side <= LARGEST:
        raise ValueError(f"size should be a whole number of pixels from {SMALLEST} to {LARGEST}; got {side!r}.")
    return Space(kind="image", shape=(channels, side, side))


def resize(dataset: Sized, side: int | None) -> None:
    """Gives a data set another side than its own, and the name under which `load_dataset` finds it so; None keeps it.

    Raises:
        ValueError: If it is no whole number from 8 to 1024.
    """
    if side is None or side == dataset.space.shape[-1]:
        return
    dataset.space = square(side, channels=dataset.space.shape[0])
    dataset.name = f"{dataset.name}@{side}"
