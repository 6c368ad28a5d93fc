"""How many of torch's threads draw one picture: for a light one, the thread that was asked."""

from __future__ import annotations

import functools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

import torch

from engine.interfaces import Decoder

LIGHT_S = 0.015
TRIALS = 3  # the first picture of a process also pays for what torch sets up


class Pace:
    """Remembers how fast each model draws with one thread, and gives slow ones all threads.

    A light picture gains nothing by a second thread; on cores that are busy with the browser that asked it would wait
    for that thread to get its turn, now and then for twenty milliseconds.
    """

    def __init__(self) -> None:
        self._trials: WeakKeyDictionary[Decoder, list[float]] = WeakKeyDictionary()

    @contextmanager
    def drawing(self, model: Decoder) -> Iterator[None]:
        """Surrounds the drawing of one picture."""
        trials, count = self._trials.setdefault(model, []), _all_threads()
        if len(trials) >= TRIALS and min(trials) > LIGHT_S:
            yield
            return
        torch.set_num_threads(1)
        started = time.perf_counter()
        try:
            yield
        finally:
            torch.set_num_threads(count)
            if len(trials) < TRIALS:
                trials.append(time.perf_counter() - started)


@functools.cache
def _all_threads() -> int:
    # Asked once, before the first picture: torch also keeps the count that threads yet to start will get.
    return torch.get_num_threads()
