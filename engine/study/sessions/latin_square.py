"""Orders of models that balance one another out: Latin squares in which each follows each other equally often."""

from __future__ import annotations

from collections.abc import Sequence

Rows = tuple[tuple[int, ...], ...]


def latin_square(n: int) -> Rows:
    """Orders of 0 to n - 1, balanced for places and for what comes right before what.

    Williams (1949), https://doi.org/10.1071/CH9490149: n rows where n is even; where it is odd, the square and its
    mirror image, 2 n rows.

    Raises:
        ValueError: If n is less than one.
    """
    if n < 1:
        raise ValueError(f"A Latin square orders one thing or more; got {n}.")
    zigzag = [0, *(place for step in range(1, n // 2 + 1) for place in (step, n - step))][:n]  # 0, 1, n-1, 2, ...
    square = tuple(tuple((place + row) % n for place in zigzag) for row in range(n))
    return square if n % 2 == 0 or n == 1 else square + tuple(row[::-1] for row in square)


def balanced_orders(n: int, each: int) -> Rows:
    """Orders of `each` of n things: every n of them in turn have each thing in each place equally often.

    Where each participant gets some only, these are stretches of the Latin square's rows, begun one place further in
    every round, so that those who get one model each get all models in turn.

    Args:
        n: Things in all.
        each: How many of them in one order.

    Raises:
        ValueError: If each is not from 1 to n.
    """
    if not 1 <= each <= n:
        raise ValueError(f"Each participant can see 1 to {n} of {n} models; got {each}.")
    square = latin_square(n)
    if each == n:
        return square
    return tuple(_stretch(row, start, each) for start in range(n) for row in square)


def _stretch(row: Sequence[int], start: int, length: int) -> tuple[int, ...]:
    return tuple(row[(start + place) % len(row)] for place in range(length))
