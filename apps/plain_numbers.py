"""Lists of numbers from outside, such as the code of a link: bounded, and refused in the same words everywhere."""

from __future__ import annotations

from apps.refusals import RefusedError

MAX_VALUE = 1e6


def read_numbers(values: object, name: str, length: int) -> list[float]:
    """A list of `length` finite numbers of at most a million.

    Args:
        values: What was sent, not yet trusted.
        name: What it is called in the refusal, `code` or `series`.
        length: How many numbers it should have.

    Raises:
        RefusedError: If it is something else.
    """
    if not isinstance(values, list | tuple) or len(values) != length:
        got = f"{len(values)} entries" if isinstance(values, list | tuple) else type(values).__name__
        raise RefusedError(f"{name} should be a list of {length} numbers; got {got}.")
    for place, value in enumerate(values):
        if type(value) not in (int, float) or not -MAX_VALUE <= value <= MAX_VALUE:  # false for NaN, too
            raise RefusedError(
                f"{name}[{place}] should be a finite number between -{MAX_VALUE:,.0f} and {MAX_VALUE:,.0f}; "
                f"got {short(value)}."
            )
    return [float(value) for value in values]


def short(value: object) -> str:
    """What was sent, in at most 60 characters, to be named in a refusal."""
    shown = repr(value) if not isinstance(value, int) or abs(value) < 1e30 else "a huge integer"
    return shown if len(shown) <= 60 else f"{shown[:57]}..."
