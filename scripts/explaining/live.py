"""How a job goes, live: pictures with the time left, and below them the rows of the method at work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

_PERIOD_S = 3600.0  # methods take unlike times: the speed is that of whole pictures


class Live:
    """Two bars on a terminal; nothing elsewhere.

    Args:
        console: Where to.
        pictures: How many there are, over all classifiers.
        clock: Seconds.
    """

    def __init__(self, console: Console, pictures: int, *, clock: Callable[[], float] = monotonic) -> None:
        self.progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[unit]}"),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
            get_time=clock,
            speed_estimate_period=_PERIOD_S,
        )
        self._pictures = self.progress.add_task("", total=pictures, unit="pictures")
        self._rows = self.progress.add_task("", total=None, visible=False, unit="rows")
        self._done, self._place = 0, -1

    def report(self, titles: Sequence[str], place: int, done: int, rows: int) -> None:
        """Rows of a method are done: their share of a picture counts towards the time left.

        Args:
            titles: Of the methods.
            place: Of the one at work.
            done: Rows done.
            rows: Rows in all.
        """
        if place != self._place:  # without a reset, a bar that was full once stays finished
            self.progress.reset(self._rows, total=rows, description=titles[place], visible=True)
            self._place = place
        self.progress.update(self._rows, completed=done, total=rows)
        share = (place + done / max(1, rows)) / len(titles)
        self.progress.update(self._pictures, completed=self._done + share)

    def finished(self, words: str, *, there: bool) -> None:
        """A picture is finished.

        Args:
            words: Its name.
            there: Whether it was before: then it says nothing about the speed.
        """
        self._done, self._place = self._done + 1, -1
        if there:
            self.progress.reset(self._pictures, completed=self._done)
        self.progress.update(self._pictures, completed=self._done, description=words)
