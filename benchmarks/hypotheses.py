"""The search for hypotheses against a loop over changes and codes, in one run: `python benchmarks/hypotheses.py`."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Protocol

import numpy as np
import torch
import typer
from rich.progress import track
from rich.table import Table
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import engine
from benchmarks.report import JsonFile, report
from benchmarks.synthesis import network
from engine.explain.hypotheses import Ground, Shift, search
from engine.explain.readouts import Gauge, gauge_named, gauges
from engine.interfaces import Axis, LatentModel
from engine.models.stylegan2 import StyleGAN2

BASELINE = "a loop over changes and codes: one code drawn and read a call, before and after each change"
AMPLITUDE = 1.5  # sd
GOAL_S = 60.0
UNTRAINED = "stylegan2"

app = typer.Typer(add_completion=False, rich_markup_mode=None)


class Way(Protocol):
    """Mean effect of every change on a gauge, (S,)."""

    def __call__(self, ground: Ground, gauge: Gauge, changes: Sequence[Shift], count: int) -> Tensor:
        """Over `count` codes of the bank."""
        ...


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Seconds of one search, both ways, the two taking turns.

    Attributes:
        model: The generator.
        classifier: What reads its pictures.
        axes: How many are shifted, up and down.
        codes: Of the bank.
        threads: Torch threads.
        repeats: Turns.
        baseline: What is compared with.
        baseline_codes: Its own, since it takes a time in proportion.
        seconds: Median over turns.
        baseline_seconds: The same of the baseline, for all codes.
        ratio: Median over turns of baseline / ours; above 1 is faster.
        lowest_ratio: Smallest of any turn.
        highest_ratio: Largest of any turn.
        difference: Largest absolute difference between mean effects over the baseline's codes.
        goal_s: Seconds that the search may take.
    """

    model: str
    classifier: str
    axes: int
    codes: int
    threads: int
    repeats: int
    baseline: str
    baseline_codes: int
    seconds: float
    baseline_seconds: float
    ratio: float
    lowest_ratio: float
    highest_ratio: float
    difference: float
    goal_s: float


class Untrained(nn.Module):
    """A StyleGAN2 without any training, whose axes are entries of w, the same in all layers."""

    def __init__(self, side: int, base: int, axes: int) -> None:
        super().__init__()
        self.network: StyleGAN2 = network(side, base)
        self.id, self.device = UNTRAINED, torch.device("cpu")
        self.space, self.layout, self.latent_dim = self.network.space, self.network.layout, self.network.latent_dim
        self.decode, self.sample = self.network.decode, self.network.sample
        self.mean_code = self.network.w_mean.repeat(self.network.num_ws)
        self.axes = tuple(map(self._axis, range(axes)))

    def _axis(self, entry: int) -> Axis:
        layers = self.network.num_ws
        span: dict[str, Any] = {"low": -3.0, "high": 3.0, "center": 0.0, "minimum": -3.0, "maximum": 3.0, "effect": 1.0}
        return Axis(
            name=f"w{entry + 1}",
            kind="direction",
            indices=tuple(entry + self.network.w_dim * layer for layer in range(layers)),
            direction=(layers**-0.5,) * layers,
            **span,
        )


@app.command()
def compare(
    models: Annotated[
        list[str],
        typer.Option(
            "--model",
            help=f"A generator's id, or {UNTRAINED} for an untrained one; may be repeated.",
            default_factory=lambda: ["celeba/vae", UNTRAINED],
        ),
    ],
    classifier: Annotated[str, typer.Option(help="What reads the pictures.")] = "celeba/attributes",
    output: Annotated[str, typer.Option(help="Its readout; by default the first.")] = "",
    axes: Annotated[int, typer.Option(min=1, help="Axes to shift, up and down.")] = 20,
    codes: Annotated[int, typer.Option(min=2, help="Codes in the bank.")] = 64,
    baseline_codes: Annotated[int, typer.Option(min=2, help="Codes of the baseline's turns.")] = 8,
    side: Annotated[int, typer.Option(min=4, help="Pixels a side of the untrained network.")] = 32,
    base: Annotated[int, typer.Option(min=16, help="Its width of a block times its pixels a side.")] = 4096,
    repeats: Annotated[int, typer.Option(min=1, help="Turns of each.")] = 3,
    threads: Annotated[int, typer.Option(min=1, help="Torch threads.")] = 2,
    file: JsonFile = None,
) -> None:
    """Times the search for what moves one readout, in float32 on the CPU."""
    torch.set_num_threads(threads)
    reader = engine.load(classifier, "cpu")
    baseline_codes = min(baseline_codes, codes)
    results = []
    for name in track(models, description="Searching", transient=True):
        model = Untrained(side, base, axes).eval() if name == UNTRAINED else engine.load(name, "cpu")
        found = gauges(reader, model.space)
        gauge = gauge_named(found, output) if output else found[0]
        results.append(_compare(model, gauge, axes, codes, baseline_codes, repeats, threads))
    report(_table(results), results, file)


def batched(ground: Ground, gauge: Gauge, changes: Sequence[Shift], count: int) -> Tensor:
    """Ours: the search of the program, without pairs."""
    found = search(ground, gauge, count=count, changes=changes, strongest=0)
    means = {one.change: one.mean for one in found}
    return torch.tensor([means.get(change, float("nan")) for change in changes])


@torch.inference_mode()
def one_by_one(ground: Ground, gauge: Gauge, changes: Sequence[Shift], count: int) -> Tensor:
    """The straightforward loop: one change, one code at a time."""
    model, means = ground.model, []
    for change in changes:
        effects = []
        for code in ground.codes.to_search(count, seed=0).split(1):
            before, after = (gauge(model.decode(z)) for z in (code, change.apply(ground, code)))
            effects.append(after - before)
        means.append(torch.cat(effects).mean())
    return torch.stack(means)


def _compare(
    model: LatentModel, gauge: Gauge, axes: int, codes: int, baseline_codes: int, repeats: int, threads: int
) -> Comparison:
    ground = Ground(model)
    shifted = [axis.name for axis in model.axes if axis.kind != "category" and ground.scale(axis.name) > 0][:axes]
    changes = [Shift(axis=name, amplitude=way * AMPLITUDE) for name in shifted for way in (1, -1)]
    ours, theirs = (way(ground, gauge, changes, baseline_codes) for way in (batched, one_by_one))  # also warms up
    known = ~ours.isnan()  # the search keeps the better way of each axis
    seconds = np.empty((repeats, 2))
    for turn in range(repeats):
        seconds[turn, 0] = _seconds(batched, ground, gauge, changes, codes)
        share = _seconds(one_by_one, ground, gauge, changes, baseline_codes)
        seconds[turn, 1] = share * codes / baseline_codes
    ratios = seconds[:, 1] / seconds[:, 0]
    return Comparison(
        model=model.id,
        classifier=gauge.classifier,
        axes=len(shifted),
        codes=codes,
        threads=threads,
        repeats=repeats,
        baseline=BASELINE,
        baseline_codes=baseline_codes,
        seconds=statistics.median(seconds[:, 0].tolist()),
        baseline_seconds=statistics.median(seconds[:, 1].tolist()),
        ratio=statistics.median(ratios.tolist()),
        lowest_ratio=float(ratios.min()),
        highest_ratio=float(ratios.max()),
        difference=float((ours - theirs)[known].abs().max()),
        goal_s=GOAL_S,
    )


def _seconds(way: Way | Callable[..., Any], *given: Any) -> float:  # noqa: ANN401
    begun = time.perf_counter()
    way(*given)
    return time.perf_counter() - begun


def _table(results: list[Comparison]) -> Table:
    columns = ("Model", "Axes", "Codes", "Seconds", "Goal", "Baseline", "Ratio", "of any turn", "Difference")
    table = Table(*columns, caption=f"Baseline: {BASELINE}.")
    table.columns[0].no_wrap = True
    for row in results:
        table.add_row(
            row.model,
            str(row.axes),
            str(row.codes),
            f"{row.seconds:.1f}",
            f"< {row.goal_s:.0f}",
            f"{row.baseline_seconds:.1f}",
            f"{row.ratio:.2f}",
            f"{row.lowest_ratio:.2f} to {row.highest_ratio:.2f}",
            f"{row.difference:.0e}",
        )
    return table


if __name__ == "__main__":
    app()
