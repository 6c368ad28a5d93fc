"""MIG and DCI against straightforward scikit-learn code, in one run: `python benchmarks/disentanglement.py`."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
import torch
import typer
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.report import JsonFile, report
from engine.data import load_dataset
from engine.metrics.dci import concentration, dci
from engine.metrics.mutual_information_gap import mig

Floats = npt.NDArray[np.float64]

CAPTION = "CPU seconds of one thread, median; ratio: scikit-learn / ours; difference of the results"

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One metric computed both ways, the two taking turns.

    Attributes:
        metric: Which one.
        rows: Rows of codes and factors.
        repeats: Turns.
        ours_s: Median CPU seconds of a turn.
        baseline_s: The same of the scikit-learn code.
        ratio: Median over turns of baseline / ours; above 1 is faster.
        lowest_ratio: Smallest of any turn.
        highest_ratio: Largest of any turn.
        difference: Largest absolute difference between the two results.
    """

    metric: str
    rows: int
    repeats: int
    ours_s: float
    baseline_s: float
    ratio: float
    lowest_ratio: float
    highest_ratio: float
    difference: float


@app.command()
def compare(
    mig_rows: Annotated[int, typer.Option(min=100, help="Rows for MIG; 73,728 is the dSprites test split.")] = 73_728,
    dci_rows: Annotated[int, typer.Option(min=100, help="Rows for DCI.")] = 20_000,
    latents: Annotated[int, typer.Option(min=1, help="Latents of the codes.")] = 5,
    repeats: Annotated[int, typer.Option(min=1, help="Turns of each.")] = 3,
    file: JsonFile = None,
) -> None:
    """Times MIG and DCI of codes that mix the true factors of the dSprites test split."""
    torch.set_num_threads(1)
    codes, factors = _mixed_codes(max(mig_rows, dci_rows), latents)
    results = [
        _compare("MIG", mig_rows, repeats, mig, _reference_mig, codes, factors),
        _compare("DCI", dci_rows, repeats, _our_dci, _reference_dci, codes, factors),
    ]
    report(_table(results), results, file)


def _mixed_codes(num_rows: int, num_latents: int) -> tuple[Floats, Floats]:
    """Codes that depend on all factors, on one of them most, with some noise; the first rows of the test split."""
    table = load_dataset("dsprites").split("test").factors
    assert table is not None  # dSprites has factors
    if num_rows > len(table):
        raise typer.BadParameter(f"the dSprites test split has {len(table)} rows; got {num_rows}.")
    factors = table[:num_rows].double().numpy()
    rng = np.random.default_rng(0)
    standard = (factors - factors.mean(axis=0)) / factors.std(axis=0)
    weights = rng.normal(size=(5, num_latents)) + 2 * np.eye(5, num_latents)
    codes = np.tanh(standard @ weights / 3) + 0.1 * rng.normal(size=(num_rows, num_latents))
    return codes.astype(np.float32).astype(np.float64), factors


def _compare(
    metric: str,
    num_rows: int,
    repeats: int,
    ours: Callable[[Floats, Floats], float],
    baseline: Callable[[Floats, Floats], float],
    codes: Floats,
    factors: Floats,
) -> Comparison:
    for compute in (ours, baseline):
        compute(codes[:200], factors[:200])  # imports and first calls do not count
    times, results = np.empty((repeats, 2)), np.empty((repeats, 2))
    for turn in range(repeats):
        for at, compute in enumerate((ours, baseline)):
            start = time.process_time()  # CPU time of one thread: other work on the machine matters less
            results[turn, at] = compute(codes[:num_rows], factors[:num_rows])
            times[turn, at] = time.process_time() - start
    ratios = times[:, 1] / times[:, 0]
    return Comparison(
        metric=metric,
        rows=num_rows,
        repeats=repeats,
        ours_s=statistics.median(times[:, 0].tolist()),
        baseline_s=statistics.median(times[:, 1].tolist()),
        ratio=statistics.median(ratios.tolist()),
        lowest_ratio=float(ratios.min()),
        highest_ratio=float(ratios.max()),
        difference=float(np.abs(results[:, 0] - results[:, 1]).max()),
    )


def _reference_mig(codes: Floats, factors: Floats) -> float:
    """The usual loop over pairs of columns."""
    from sklearn.metrics import mutual_info_score

    def bins(column: Floats) -> npt.NDArray[np.intp]:
        _, edges = np.histogram(column, 20)
        return np.digitize(column, edges[1:-1])

    matrix = np.array([[mutual_info_score(bins(z), bins(v)) for v in factors.T] for z in codes.T])
    entropies = np.array([mutual_info_score(bins(v), bins(v)) for v in factors.T])
    ordered = np.sort(np.vstack([np.zeros(len(entropies)), matrix]), axis=0)
    return float(((ordered[-1] - ordered[-2]) / entropies).mean())


def _our_dci(codes: Floats, factors: Floats) -> float:
    return dci(codes, factors, generator=torch.Generator().manual_seed(0)).disentanglement


def _reference_dci(codes: Floats, factors: Floats) -> float:
    """scikit-learn's ensembles on the same rows."""
    from sklearn.ensemble import GradientBoostingRegressor

    order = torch.randperm(len(codes), generator=torch.Generator().manual_seed(0)).numpy()
    num_test = round(0.1 * len(codes))
    train, test = order[num_test:], order[:num_test]
    ensembles = [GradientBoostingRegressor(random_state=0).fit(codes[train], v[train]) for v in factors.T]
    for ensemble, v in zip(ensembles, factors.T, strict=True):  # informativeness is part of DCI
        for rows in (train, test):
            ensemble.score(codes[rows], v[rows])
    return concentration(np.stack([ensemble.feature_importances_ for ensemble in ensembles], axis=1))


def _table(results: list[Comparison]) -> Table:
    table = Table("metric", "rows", "ours", "scikit-learn", "ratio", "of all turns", "difference", caption=CAPTION)
    for r in results:
        spread = f"{r.lowest_ratio:.1f} to {r.highest_ratio:.1f}"
        times = (f"{r.ours_s:.3f} s", f"{r.baseline_s:.3f} s", f"{r.ratio:.1f}")
        table.add_row(r.metric, f"{r.rows:,}", *times, spread, f"{r.difference:.1e}")
    return table


if __name__ == "__main__":
    app()
