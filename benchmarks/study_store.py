"""A hundred participants at once save into SQLite, or a plain file each: `python benchmarks/study_store.py`."""

from __future__ import annotations

import json
import os
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from uuid import UUID

import numpy as np
import typer
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.report import JsonFile, report
from engine.study.design import Study
from engine.study.response import History, Response
from engine.study.steps import Plan, Reconstruction
from engine.study.store import Store
from engine.study.store.encoding import dumps, to_json

CAPTION = "every participant sends as fast as answers come; p50, p95 of one save, milliseconds; median of the turns"

Save = Callable[[Response], None]

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@dataclass(frozen=True, kw_only=True)
class Writing:
    """One way of saving.

    Attributes:
        store: Which.
        participants: How many at once, a thread each.
        saves: Of one turn, all participants together.
        entries: Slider events of every response.
        repeats: Turns.
        per_s: Saves a second, median of the turns.
        lowest_per_s: Smallest of any turn.
        highest_per_s: Largest of any turn.
        p50_ms: Median over turns of the median time of a save.
        p95_ms: The same of the 95th percentile.
        kept: Responses found afterwards, in all turns.
        failed: Saves that raised.
    """

    store: str
    participants: int
    saves: int
    entries: int
    repeats: int
    per_s: float
    lowest_per_s: float
    highest_per_s: float
    p50_ms: float
    p95_ms: float
    kept: int
    failed: int


@dataclass(frozen=True)
class _Turn:
    per_s: float
    p50_ms: float
    p95_ms: float
    kept: int
    failed: int


@app.command()
def measure(
    participants: Annotated[int, typer.Option(min=1, help="Participants at once.")] = 100,
    steps: Annotated[int, typer.Option(min=1, help="Responses of each.")] = 20,
    entries: Annotated[int, typer.Option(min=2, help="Slider events of a response.")] = 300,
    repeats: Annotated[int, typer.Option(min=1, help="Turns of each way.")] = 3,
    folder: Annotated[Path | None, typer.Option(help="Where to write; None: the system's temporary folder.")] = None,
    file: JsonFile = None,
) -> None:
    """Times saves that are on the disk when they return, in SQLite and in one JSON Lines file a session."""
    ways = {"SQLite, synchronous=FULL": _sqlite, "JSON Lines file a session, fsync": _files}
    turns: dict[str, list[_Turn]] = {name: [] for name in ways}
    with tempfile.TemporaryDirectory(dir=folder) as place:
        for turn in range(repeats):
            for name, way in ways.items():
                turns[name].append(way(Path(place) / f"{turn}", participants, steps, entries))
    results = [
        Writing(
            store=name, participants=participants, saves=participants * steps, entries=entries, repeats=repeats,
            per_s=statistics.median(turn.per_s for turn in done),
            lowest_per_s=min(turn.per_s for turn in done), highest_per_s=max(turn.per_s for turn in done),
            p50_ms=statistics.median(turn.p50_ms for turn in done),
            p95_ms=statistics.median(turn.p95_ms for turn in done),
            kept=sum(turn.kept for turn in done), failed=sum(turn.failed for turn in done),
        )
        for name, done in turns.items()
    ]  # fmt: skip
    report(_table(results), results, file)


def _sqlite(place: Path, participants: int, steps: int, entries: int) -> _Turn:
    study = Study(name="benchmark", title="Benchmark", models=("mnist/ae5",))
    with Store.open(place.with_suffix(".sqlite")) as store:
        plan = lambda number: _plan(number, steps)  # noqa: E731 - an argument
        tokens = [store.begin(study, plan, 0.0).token for _ in range(participants)]

        def save(response: Response) -> None:
            if store.save(response, 0.0) != "stored":
                raise RuntimeError(f"{response.id} was there already")

        return _time(tokens, steps, entries, save, lambda: sum(len(s.responses) for s in store.sessions(study.name)))


def _files(place: Path, participants: int, steps: int, entries: int) -> _Turn:
    """The plain way: append a line, flush, wait for the disk. It keeps no order, no uniqueness and no transaction."""
    place.mkdir()
    files = {f"{number}": (place / f"{number}.jsonl").open("a") for number in range(participants)}

    def save(response: Response) -> None:
        file = files[response.session]
        file.write(dumps(to_json(response)) + "\n")
        file.flush()
        os.fsync(file.fileno())

    def kept() -> int:
        for file in files.values():
            file.close()
        return sum(len([json.loads(line) for line in path.open()]) for path in place.iterdir())

    return _time(list(files), steps, entries, save, kept)


def _time(tokens: list[str], steps: int, entries: int, save: Save, kept: Callable[[], int]) -> _Turn:
    together, failures = threading.Barrier(len(tokens) + 1), []
    responses = {token: [_response(token, step, entries) for step in range(steps)] for token in tokens}

    def take_part(token: str) -> list[float]:
        seconds = []
        together.wait()
        for response in responses[token]:
            start = time.perf_counter()
            try:
                save(response)
            except (OSError, RuntimeError) as error:  # counted, and told in the table
                failures.append(error)
            seconds.append(time.perf_counter() - start)
        return seconds

    with ThreadPoolExecutor(len(tokens)) as pool:
        done = [pool.submit(take_part, token) for token in tokens]
        together.wait()
        start = time.perf_counter()
        milliseconds = 1000 * np.concatenate([one.result() for one in done])
        wall_s = time.perf_counter() - start
    p50, p95 = np.percentile(milliseconds, [50, 95])
    return _Turn(len(milliseconds) / wall_s, float(p50), float(p95), kept(), len(failures))


def _plan(number: int, steps: int) -> Plan:
    zeros = (0.0,) * 5
    questions = tuple(
        Reconstruction(
            model="mnist/ae5", stage=0, question=at, start=zeros, target=zeros, start_row=None, target_row=None,
            redraws=0,
        )
        for at in range(steps)
    )  # fmt: skip
    return Plan(number=number, task="reconstruction", models=("mnist/ae5",), steps=questions)


def _response(token: str, step: int, entries: int) -> Response:
    chance = random.Random(f"{token} {step}")
    history = History(
        t_ms=tuple(100.0 * at for at in range(entries)),
        code=tuple(tuple(round(chance.gauss(0, 1), 4) for _ in range(5)) for _ in range(entries)),
        axis=(0,) * entries, direction=(1,) * entries,
        agreement=tuple(chance.random() for _ in range(entries)),
        error=tuple(chance.random() * 100 for _ in range(entries)),
    )  # fmt: skip
    answer = {"code": list(history.code[-1]), "agreement": history.agreement[-1], "error": history.error[-1]}
    return Response(
        id=str(UUID(int=chance.getrandbits(128), version=4)), session=token, step=step, outcome="solved",
        shown_ms=0.0, left_ms=30_000.0, duration_ms=30_000.0, answer=answer, history=history, decoder="page",
    )  # fmt: skip


def _table(results: list[Writing]) -> Table:
    heads = ("store", "participants", "saves", "per second", "of all turns", "p50", "p95", "failed")
    table = Table(*heads, caption=CAPTION)
    for r in results:
        spread = f"{r.lowest_per_s:.0f} to {r.highest_per_s:.0f}"
        times = (f"{r.per_s:.0f}", spread, f"{r.p50_ms:.0f}", f"{r.p95_ms:.0f}")
        table.add_row(r.store, f"{r.participants}", f"{r.saves:,}", *times, f"{r.failed}")
    return table


if __name__ == "__main__":
    app()
