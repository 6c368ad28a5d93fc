"""A hand on a column of the style matrix, over loopback: `python benchmarks/style_matrix.py`.

Latency runs from sending a place of the slider to having all of the preview's bytes, one request in flight, without and
with its rating; where that takes more than 60 ms, the page asks for it when the hand rests. The baseline is the
published system's way, which draws nothing before the hand lets go: a new state by one request, its full picture and
rating by another. They take turns, each at places never drawn before.
"""

from __future__ import annotations

import http.client
import json
import random
import struct
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlparse

import numpy as np
import typer
from rich.progress import track
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import engine
from benchmarks.live_page import served, wait_for
from benchmarks.report import JsonFile, report
from engine.checkpoints import read_card

GOAL_MS = 100.0
PREVIEW = 128  # pixels, as the page asks for
WARM_UP = 5

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@dataclass(frozen=True, kw_only=True)
class Drag:
    """Previews of one model.

    Attributes:
        model: Name in the catalogue.
        classifier: What rates its pictures; empty for none.
        moves: How many places.
        p50_ms: Median latency of a preview.
        p95_ms: 95th percentile.
        max_ms: The longest.
        rated_p95_ms: The 95th percentile of a preview with its rating; equal to `p95_ms` without a classifier.
        release_p95_ms: The same percentile of the baseline.
        ratio_p95: Baseline / preview; above 1 is faster.
        goal_met: Whether the 95th percentile is below 100 ms.
    """

    model: str
    classifier: str
    moves: int
    p50_ms: float
    p95_ms: float
    max_ms: float
    rated_p95_ms: float
    release_p95_ms: float
    ratio_p95: float
    goal_met: bool


@app.command()
def measure(
    only: Annotated[str, typer.Option(metavar="GLOB", help="Which decoders of the catalogue.")] = "*",
    moves: Annotated[int, typer.Option(min=2, max=200, help="Places of the slider, each way.")] = 100,
    file: JsonFile = None,
) -> None:
    """Times previews with ratings of every starter model that draws pictures."""
    pairs = _pairs(only)
    with served(["apps/explorer.py"]) as address:
        wait_for(f"{address}explorer/health", text='"ready":true')
        shown = track(pairs.items(), description="Dragging", transient=True)
        results = [_drag(address, model, reader, moves) for model, reader in shown]
    report(_table(results), results, file)


def _pairs(only: str) -> dict[str, str]:
    """Model to a classifier of the same data; "" where there is none."""
    entries = [entry for entry in engine.catalog() if not entry.error]
    readers = {entry.dataset.split("@")[0]: entry.id for entry in entries if entry.kind == "classifier"}
    found = {}
    for entry in entries:
        if entry.kind == "classifier" or entry.preset != "starter" or not fnmatch(entry.id, only):
            continue
        if read_card(entry.folder).config["space"]["kind"] == "image":
            found[entry.id] = readers.get(entry.dataset.split("@")[0], "")
    if not found:
        raise typer.BadParameter(f"no starter decoder of the catalogue that draws pictures matches {only!r}.")
    return found


def _drag(address: str, model: str, reader: str, moves: int) -> Drag:
    line = _Line(address)
    state = line.ask("matrix/start", model=model)["state"]
    rating: dict[str, Any] = {}
    if reader:
        output = line.ask("hypotheses/pair", model=model, classifier=reader)["gauges"][0]["output"]
        rating = {"classifier": reader, "output": output}
    places = random.Random(0).sample([place / 100 for place in range(1, 700) if place % 100], 3 * (moves + WARM_UP))

    def preview(place: float) -> None:
        line.ask("matrix/live", model=model, state=state, slot=0, place=place, size=PREVIEW)

    def rated(place: float) -> None:
        line.ask("matrix/live", model=model, state=state, slot=0, place=place, size=PREVIEW, **rating)

    def release(place: float) -> None:
        view = line.ask("matrix/do", model=model, state=state, command="mix", slot=0, place=place)
        line.ask("matrix/pictures", model=model, settings=view["state"]["settings"], keys=[view["picture"]], **rating)

    turns = zip(places[::3], places[1::3], places[2::3], strict=True)
    latencies = np.array([[_ms(preview, a), _ms(rated, b), _ms(release, c)] for a, b, c in turns])[WARM_UP:]
    p95, rated_p95, baseline = np.percentile(latencies, 95, axis=0)
    return Drag(
        model=model, classifier=reader, moves=moves, p50_ms=float(np.median(latencies[:, 0])), p95_ms=p95,
        max_ms=latencies[:, 0].max(), rated_p95_ms=rated_p95, release_p95_ms=baseline, ratio_p95=baseline / p95,
        goal_met=bool(p95 < GOAL_MS),
    )  # fmt: skip


class _Line:
    """One connection that is kept open, as a browser keeps it."""

    def __init__(self, address: str) -> None:
        parts = urlparse(address)
        assert parts.hostname is not None
        self._connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=120)

    def ask(self, path: str, **fields: Any) -> Any:  # noqa: ANN401 - JSON, or None for pieces with bytes
        headers = {"Content-Type": "application/json"}
        self._connection.request("POST", f"/explorer/{path}", json.dumps(fields), headers)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {body[:300].decode(errors='replace')}")
        if answer.headers["Content-Type"] != "application/octet-stream":
            return json.loads(body)
        _check_pieces(body)
        return None


def _check_pieces(body: bytes) -> None:
    """Goes through lengths, JSON and bytes of every piece; the last should be of type `done`."""
    head: dict[str, Any] = {}
    while body:
        text, data = struct.unpack_from("<II", body)
        head, body = json.loads(body[8 : 8 + text]), body[8 + text + data :]
    if head.get("type") != "done":
        raise RuntimeError(f"The answer ended with {head}.")


def _ms(work: Callable[[float], None], place: float) -> float:
    started = time.perf_counter()
    work(place)
    return 1000 * (time.perf_counter() - started)


def _table(results: list[Drag]) -> Table:
    table = Table(title="Style matrix: from the hand to the preview", caption="milliseconds; goal: p95 below 100")
    for name in ("model", "rated by"):
        table.add_column(name)
    for name in ("p50", "p95", "max", "with rating p95", "on release p95", "ratio"):
        table.add_column(name, justify="right")
    for row in results:
        numbers = (row.p50_ms, row.p95_ms, row.max_ms, row.rated_p95_ms, row.release_p95_ms)
        table.add_row(row.model, row.classifier, *(f"{number:.0f}" for number in numbers), f"{row.ratio_p95:.1f}")
    return table


if __name__ == "__main__":
    app()
