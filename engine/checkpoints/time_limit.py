"""A time limit for calls that know none of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

DEADLINE_S = 2.0  # for the Hub's first answer; its library itself would try for 23 s


def within(seconds: float, call: Callable[[], T]) -> T:
    """The result of a call, or TimeoutError: name look-ups know no time limit of their own.

    Raises:
        TimeoutError: If it takes longer; the call is left behind in a daemon thread.
    """
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(call())
        except BaseException as error:  # handed over to the caller's thread below
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not results:
        raise TimeoutError(f"no answer within {seconds:g} s")
    return results[0]
