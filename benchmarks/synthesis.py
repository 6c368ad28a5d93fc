"""StyleGAN2's pictures a second against its operations one by one, in one run: `python benchmarks/synthesis.py`."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from rich.progress import track
from rich.table import Table
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import plain_synthesis
from benchmarks.report import JsonFile, report
from engine.models import MODELS
from engine.models.stylegan2 import StyleGAN2

BASELINE = "the written-down operations, a picture at a time, unfused"
SIDES = (32, 64, 256)

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Pictures a second of one network, both ways, the two taking turns.

    Attributes:
        side: Pixels a side.
        parameters: Of the synthesis network.
        threads: Torch threads.
        pictures: Drawn a turn.
        repeats: Turns.
        baseline: What is compared with.
        pictures_per_s: Median over turns.
        baseline_pictures_per_s: The same of the baseline.
        ratio: Median over turns of ours / baseline; above 1 is faster.
        lowest_ratio: Smallest of any turn.
        highest_ratio: Largest of any turn.
        difference: Largest absolute difference between two pictures, in [0, 1].
    """

    side: int
    parameters: int
    threads: int
    pictures: int
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
    sides: Annotated[
        list[int],
        typer.Option("--side", min=4, help="Pixels a side; may be repeated.", default_factory=lambda: [*SIDES]),
    ],
    base: Annotated[int, typer.Option(min=16, help="Width of a block times its pixels a side.")] = 4096,
    pictures: Annotated[int, typer.Option(min=1, help="Pictures a turn.")] = 16,
    repeats: Annotated[int, typer.Option(min=1, help="Turns of each.")] = 5,
    threads: Annotated[int, typer.Option(min=1, help="Torch threads.")] = 1,
    file: JsonFile = None,
) -> None:
    """Times synthesis of untrained networks with constant noise, in float32 on the CPU."""
    torch.set_num_threads(threads)
    cases = track(sides, description="Drawing", transient=True)
    results = [_compare(side, base, pictures, repeats, threads) for side in cases]
    report(_table(results), results, file)


@torch.inference_mode()
def _compare(side: int, base: int, pictures: int, repeats: int, threads: int) -> Comparison:
    model = network(side, base)
    codes = model.sample(pictures, generator=torch.Generator().manual_seed(1))
    ws = codes.unflatten(1, (model.num_ws, model.w_dim))
    ways: tuple[Callable[[], Tensor], ...] = (lambda: model.draw(ws), lambda: plain_synthesis.draw(model, ws))
    ours, theirs = (way() for way in ways)  # also the first calls, which do not count
    rates = np.empty((repeats, 2))
    for turn in range(repeats):
        for at, way in enumerate(ways):
            begun = time.process_time() if threads == 1 else time.perf_counter()
            way()
            now = time.process_time() if threads == 1 else time.perf_counter()
            rates[turn, at] = pictures / (now - begun)
    ratios = rates[:, 0] / rates[:, 1]
    return Comparison(
        side=side,
        parameters=sum(p.numel() for p in model.synthesis.parameters()),
        threads=threads,
        pictures=pictures,
        repeats=repeats,
        baseline=BASELINE,
        pictures_per_s=statistics.median(rates[:, 0].tolist()),
        baseline_pictures_per_s=statistics.median(rates[:, 1].tolist()),
        ratio=statistics.median(ratios.tolist()),
        lowest_ratio=float(ratios.min()),
        highest_ratio=float(ratios.max()),
        difference=float((ours - theirs).abs().max()),
    )


def network(side: int, base: int) -> StyleGAN2:
    """An untrained generator whose noise counts."""
    model: StyleGAN2 = MODELS.build(
        "stylegan2", resolution=side, channel_base=base, mapping_layers=2, discriminator=False, training=False
    )
    model.reset_parameters(torch.Generator().manual_seed(0))
    with torch.no_grad():
        for name, value in model.named_parameters():
            if name.endswith("noise_strength"):
                value.fill_(0.1)
    return model.eval().to(memory_format=torch.channels_last)


def _table(results: list[Comparison]) -> Table:
    table = Table("Side", "Parameters", "Pictures/s", "Baseline/s", "Ratio", "of any turn", "Difference")
    for row in results:
        table.add_row(
            str(row.side),
            f"{row.parameters:,}",
            f"{row.pictures_per_s:.1f}",
            f"{row.baseline_pictures_per_s:.1f}",
            f"{row.ratio:.2f}",
            f"{row.lowest_ratio:.2f} to {row.highest_ratio:.2f}",
            f"{row.difference:.0e}",
        )
    return table


if __name__ == "__main__":
    app()
