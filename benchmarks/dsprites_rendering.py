"""dSprites rendering against one picture at a time, in one run: `python benchmarks/dsprites_rendering.py`."""

from __future__ import annotations

import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
import typer
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.report import JsonFile, report
from engine.data.dsprites import NUM_IMAGES, factor_values
from engine.data.sprites import render

BASELINE = "plain numpy, one picture at a time, all 64 x 64 pixels"

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Pictures a second both ways, on one thread, the two taking turns.

    Attributes:
        sprites: What was drawn: one shape, or random rows of the data set.
        images: Pictures a turn of the renderer.
        baseline_images: Pictures a turn of the baseline, the first of the same rows.
        repeats: Turns.
        baseline: What the renderer is compared with.
        images_per_s: Of the renderer, median over turns, per second of processor time.
        baseline_images_per_s: The same of the baseline.
        ratio: Median over turns of ours / baseline; above 1 is faster.
        lowest_ratio: Smallest of any turn.
        highest_ratio: Largest of any turn.
        wrong_pixels: Pixels in which the two differ.
    """

    sprites: str
    images: int
    baseline_images: int
    repeats: int
    baseline: str
    images_per_s: float
    baseline_images_per_s: float
    ratio: float
    lowest_ratio: float
    highest_ratio: float
    wrong_pixels: int


@app.command()
def compare(
    images: Annotated[int, typer.Option(min=64, help="Pictures a turn.")] = 8_192,
    baseline_images: Annotated[int, typer.Option(min=16, help="Pictures a turn of the slow baseline.")] = 512,
    repeats: Annotated[int, typer.Option(min=1, help="Turns of each.")] = 5,
    file: JsonFile = None,
) -> None:
    """Times the renderer on random rows of the data set and on each shape alone."""
    baseline_images = min(baseline_images, images)
    per_shape = NUM_IMAGES // 3
    ranges = {"random rows": (0, NUM_IMAGES)}
    ranges |= {name: (i * per_shape, (i + 1) * per_shape) for i, name in enumerate(("squares", "ellipses", "hearts"))}
    rng = np.random.default_rng(0)
    results = [
        _compare(name, factor_values(rng.integers(first, last, images)), baseline_images, repeats)
        for name, (first, last) in ranges.items()
    ]
    report(_table(results), results, file)


def _compare(sprites: str, factors: npt.NDArray[np.float64], baseline_images: int, repeats: int) -> Comparison:
    few = factors[:baseline_images]
    wrong = int((render(few) != _one_by_one(few)).sum())  # also the first calls, which do not count
    rates = np.empty((repeats, 2))
    for turn in range(repeats):
        for at, (draw, rows) in enumerate(((render, factors), (_one_by_one, few))):
            start = time.process_time()  # neither uses a second thread; other work on the machine matters less
            draw(rows)
            rates[turn, at] = len(rows) / (time.process_time() - start)
    ratios = rates[:, 0] / rates[:, 1]
    return Comparison(
        sprites=sprites,
        images=len(factors),
        baseline_images=baseline_images,
        repeats=repeats,
        baseline=BASELINE,
        images_per_s=statistics.median(rates[:, 0].tolist()),
        baseline_images_per_s=statistics.median(rates[:, 1].tolist()),
        ratio=statistics.median(ratios.tolist()),
        lowest_ratio=float(ratios.min()),
        highest_ratio=float(ratios.max()),
        wrong_pixels=wrong,
    )


def _one_by_one(factors: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    """The straightforward way: a loop that tests every pixel of every picture with the same formulas."""
    centre = np.arange(64) + 0.5
    t = np.arange(101) * (np.pi / 200)
    across, top, bottom = 0.15 * np.sin(t) ** 3, _heart(t), _heart(np.pi - t)
    images = np.empty((len(factors), 64, 64), dtype=np.uint8)
    for image, (shape, scale, theta, x, y) in zip(images, factors, strict=True):
        u, v = np.meshgrid((centre - 16 - 32 * x) / (64 * scale), (centre - 16 - 32 * y) / (64 * scale))
        p, q = u * np.cos(theta) - v * np.sin(theta), u * np.sin(theta) + v * np.cos(theta)
        if shape == 1:
            image[:] = (abs(p) <= 0.15) & (abs(q) <= 0.15)
        elif shape == 2:
            image[:] = (p / 0.1995) ** 2 + (q / 0.11275) ** 2 <= 1
        else:
            inside = (q >= np.interp(abs(p), across, top)) & (q <= np.interp(abs(p), across, bottom))
            image[:] = inside & (abs(p) <= 0.15)
    return images


def _heart(t: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return -0.01035 * (13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)) - 0.0225


def _table(results: list[Comparison]) -> Table:
    columns = ("sprites", "images/s", "baseline images/s", "times faster", "lowest to highest", "wrong pixels")
    table = Table(*columns, caption=f"Baseline: {BASELINE}. Per second of processor time of one thread.")
    for r in results:
        spread = f"{r.lowest_ratio:.1f} to {r.highest_ratio:.1f}"
        rates = (f"{r.images_per_s:,.0f}", f"{r.baseline_images_per_s:,.0f}", f"{r.ratio:.1f}")
        table.add_row(r.sprites, *rates, spread, str(r.wrong_pixels))
    return table


if __name__ == "__main__":
    app()
