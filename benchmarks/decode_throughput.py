"""Decoding in batches against one code at a time, in one run: `python benchmarks/decode_throughput.py`."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from rich.progress import track
from rich.table import Table
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import engine
from benchmarks.report import JsonFile, report

BASELINE = "the same decoder in a loop, one code a call"
BATCHES = (1, 64, 1024)

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Pictures a second of one decoder at one batch size, both ways, the two taking turns.

    Attributes:
        model: Name in the catalogue.
        device: `cpu` (one thread; seconds of processor time) or `cuda` (seconds on the clock).
        batch: Codes a call.
        pictures: Decoded a turn.
        baseline_pictures: The same of the baseline, the first of the same codes.
        repeats: Turns.
        baseline: What batches are compared with.
        pictures_per_s: Median over turns.
        baseline_pictures_per_s: The same of the baseline.
        ratio: Median over turns of ours / baseline; above 1 is faster, and about 1 at batch 1, where both are the same.
        lowest_ratio: Smallest of any turn.
        highest_ratio: Largest of any turn.
        difference: Largest absolute difference between the two results, in units of the output.
    """

    model: str
    device: str
    batch: int
    pictures: int
    baseline_pictures: int
    repeats: int
    baseline: str
    pictures_per_s: float
    baseline_pictures_per_s: float
    ratio: float
    lowest_ratio: float
    highest_ratio: float
    difference: float


@app.command()
def compare(
    batches: Annotated[
        list[int],
        typer.Option("--batch", min=1, help="Codes a call; may be repeated.", default_factory=lambda: [*BATCHES]),
    ],
    only: Annotated[str, typer.Option(metavar="GLOB", help="Which decoders of the catalogue.")] = "*",
    pictures: Annotated[int, typer.Option(min=1, help="Pictures a turn, at least; whole batches.")] = 1024,
    baseline_pictures: Annotated[int, typer.Option(min=1, help="Pictures a turn of the slow baseline.")] = 128,
    repeats: Annotated[int, typer.Option(min=1, help="Turns of each.")] = 5,
    file: JsonFile = None,
) -> None:
    """Times every decoder of the catalogue on one thread, and on CUDA where there is one."""
    torch.set_num_threads(1)
    names = [e.id for e in engine.catalog() if not e.error and e.kind != "classifier" and fnmatch(e.id, only)]
    if not names:
        raise typer.BadParameter(f"no decoder of the catalogue matches {only!r}.")
    devices = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]
    cases = [(name, device, batch) for device in devices for name in names for batch in batches]
    results = [
        _compare(*case, pictures, baseline_pictures, repeats)
        for case in track(cases, description="Decoding", transient=True)
    ]
    report(_table(results), results, file)


@torch.inference_mode()
def _compare(name: str, device: str, batch: int, pictures: int, baseline_pictures: int, repeats: int) -> Comparison:
    model = engine.load(name, device)
    calls = -(-pictures // batch)
    z = model.sample(calls * batch, generator=torch.Generator().manual_seed(0)).to(device)
    few = z[:baseline_pictures]
    ways: tuple[Callable[[], list[Tensor]], ...] = (
        lambda: [model.decode(codes) for codes in z.split(batch)],
        lambda: [model.decode(code[None]) for code in few],
    )
    ours, theirs = (torch.cat(way()) for way in ways)  # also the first calls, which do not count
    difference = float((ours[: len(few)] - theirs).abs().max())
    rates = np.empty((repeats, 2))
    for turn in range(repeats):
        for at, (way, count) in enumerate(zip(ways, (len(z), len(few)), strict=True)):
            rates[turn, at] = count / _seconds(way, device)
    ratios = rates[:, 0] / rates[:, 1]
    return Comparison(
        model=name,
        device=device,
        batch=batch,
        pictures=len(z),
        baseline_pictures=len(few),
        repeats=repeats,
        baseline=BASELINE,
        pictures_per_s=statistics.median(rates[:, 0].tolist()),
        baseline_pictures_per_s=statistics.median(rates[:, 1].tolist()),
        ratio=statistics.median(ratios.tolist()),
        lowest_ratio=float(ratios.min()),
        highest_ratio=float(ratios.max()),
        difference=difference,
    )


def _seconds(way: Callable[[], list[Tensor]], device: str) -> float:
    if device == "cpu":  # processor time of the one thread: other work on the machine matters less
        start = time.process_time()
        way()
        return time.process_time() - start
    torch.cuda.synchronize()
    start = time.perf_counter()
    way()
    torch.cuda.synchronize()
    return time.perf_counter() - start


def _table(results: list[Comparison]) -> Table:
    columns = ("model", "device", "batch", "pictures/s", "baseline pictures/s", "ratio", "of all turns", "difference")
    table = Table(*columns, caption=f"Baseline: {BASELINE}. CPU: per second of processor time of one thread.")
    table.columns[0].no_wrap = True
    for r in results:
        spread = f"{r.lowest_ratio:.1f} to {r.highest_ratio:.1f}"
        rates = (f"{r.pictures_per_s:,.0f}", f"{r.baseline_pictures_per_s:,.0f}", f"{r.ratio:.1f}")
        table.add_row(r.model, r.device, str(r.batch), *rates, spread, f"{r.difference:.1e}")
    return table


if __name__ == "__main__":
    app()
