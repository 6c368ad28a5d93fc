"""Runs on a terminal: a live line for each while they run, tables before and after."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table

from engine.metrics import HEADLINES, METRICS, number
from engine.training import Recipe
from engine.training.estimate import Estimate
from engine.training.fit import Progress
from scripts.training.runs import Outcome, Stage

_PLAIN_EVERY_S = 30.0
_BAR = 20
_WIDE = 110
_REMARK = 12


class Display:
    """Shows how runs stand: a table that is drawn again and again, or plain lines where output is no terminal.

    Args:
        console: Where to.
        names: Ids of all runs.
    """

    def __init__(self, console: Console, names: Sequence[str]) -> None:
        self.console = console
        self._rows = dict.fromkeys(names, ("waiting", "", "", "", ""))
        self._told: dict[str, float] = {}
        self._live = Live(self._table(), console=console, refresh_per_second=4) if console.is_terminal else None

    def __enter__(self) -> Display:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def report(self, name: str, value: Progress | Stage) -> None:
        """A word from a run on its way."""
        if isinstance(value, Progress):
            bar = "━" * (_BAR * value.step // max(1, value.steps))
            terms = "  ".join(f"{term} {number:.4g}" for term, number in value.terms.items())
            place = f"{value.step:,} / {value.steps:,} {bar:<{_BAR}}"
            self._set(name, "training", place, terms, f"{value.steps_per_s:.1f}/s", duration(value.remaining_s))
        else:
            self._set(name, value.what, f"{value.done:,} / {value.total:,}" if value.total else "", "", "", "")

    def state(self, name: str, state: str, note: str = "") -> None:
        """A run has started or ended."""
        self._told.pop(name, None)
        self._set(name, state, "", note, "", "")

    def _set(self, name: str, state: str, place: str, terms: str, rate: str, left: str) -> None:
        before = self._rows[name][0]
        self._rows[name] = (state, place, terms, rate, left)
        if self._live:
            self._live.update(self._table())
        elif state != before or time.monotonic() - self._told.get(name, 0.0) > _PLAIN_EVERY_S:
            self._told[name] = time.monotonic()
            words = [state, place.replace("━", "").strip(), terms, rate, f"{left} left" if left else ""]
            text = f"{name}: {'  '.join(filter(None, words))}"
            self.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def _table(self) -> Table:
        table = _plain_table("run", "state", "progress", "loss terms", "updates", "left")
        for name, row in self._rows.items():
            table.add_row(name, *row)
        return table


def recipe_table(recipes: Sequence[Recipe], out: Path, width: int) -> Table:
    """What can be trained; below 110 columns of the terminal without network and needs."""
    wide = width >= _WIDE
    names = ("id", "what", "network", "updates", "preset", "needs", "there")
    table = _plain_table(*(name for name in names if wide or name not in ("network", "needs")))
    for column in table.columns[2:]:
        column.no_wrap = True
    for recipe in recipes:
        there = "yes" if (out / recipe.id / "config.json").is_file() else ""
        last = (f"{recipe.steps:,}", recipe.preset, *((", ".join(recipe.needs),) if wide else ()), there)
        table.add_row(recipe.id, recipe.title, *((recipe.network.name,) if wide else ()), *last)
    return table


def estimate_table(rows: Mapping[str, Estimate | str], jobs: int) -> Table:
    """Time and disk of every run, and of all; a string is an error."""
    table = _plain_table("run", "updates left", "updates/s", "training", "state", "checkpoint", "remark")
    for name, row in rows.items():
        if isinstance(row, str):
            table.add_row(name, *("" for _ in range(5)), escape(row))
            continue
        rate = f"{row.steps_per_s:.1f}" if row.steps_per_s else ""
        time_left = "" if row.seconds is None else duration(row.seconds)
        disk = (size(row.run_bytes), size(row.checkpoint_bytes))
        table.add_row(name, f"{row.steps_left:,}", rate, time_left, *disk, row.note)
    known = [row for row in rows.values() if isinstance(row, Estimate)]
    seconds = [row.seconds for row in known if row.seconds is not None]
    about = "about" if len(seconds) == len(rows) else "at least"
    whole = duration(max([*seconds, sum(seconds) / jobs]))
    states, checkpoints = sum(row.run_bytes for row in known), sum(row.checkpoint_bytes for row in known)
    table.add_section()
    table.add_row(f"all, {jobs} at once", "", "", f"{about} {whole}", size(states), size(checkpoints))
    return table


def result_table(outcomes: Mapping[str, Outcome | str], console: Console) -> Table:
    """Our metrics beside the paper's (in brackets), as many as the terminal has room for; a string is an error."""
    shown = [name for name in HEADLINES if any(isinstance(o, Outcome) and name in o.metrics for o in outcomes.values())]
    while len(shown) > 1 and _width(_results(outcomes, shown, remarks=False), console) + _REMARK > console.width:
        shown.pop()  # figures that are cut help nobody; the checkpoint has them all
    return _results(outcomes, shown)


def _width(table: Table, console: Console) -> int:
    return Measurement.get(console, console.options.update(width=1000), table).maximum


def _results(outcomes: Mapping[str, Outcome | str], shown: Sequence[str], *, remarks: bool = True) -> Table:
    table = _plain_table("run", "state", *(METRICS[name].heading for name in shown), "time", "remark")
    for column in table.columns[1:-1]:
        column.no_wrap = True
    for name, outcome in outcomes.items():
        if isinstance(outcome, str):
            table.add_row(name, "[red]failed[/red]", *("" for _ in shown), "", escape(outcome) if remarks else "")
            continue
        cells = [_beside(*outcome.metrics[metric]) if metric in outcome.metrics else "" for metric in shown]
        seconds = sum(outcome.seconds.values())
        note = outcome.note if remarks else ""
        table.add_row(name, outcome.status, *cells, duration(seconds) if seconds else "", note)
    return table


def duration(seconds: float) -> str:
    """`45 s`, `12 min`, `3.4 h`."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def size(count: int) -> str:
    """`0.4 MB`."""
    return f"{count / 1e6:.1f} MB"


def _plain_table(*names: str) -> Table:
    table = Table(*names, box=None, pad_edge=False)
    table.columns[0].no_wrap = True
    table.columns[0].overflow = "fold"
    return table


def _beside(value: float, paper: float | None) -> str:
    return number(value) + (f" ({number(paper)})" if paper is not None else "")
