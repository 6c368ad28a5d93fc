"""How alike heatmaps in bf16 are to those in fp32, on trained classifiers: `python benchmarks/bfloat16.py`."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import torch
import typer
from rich.progress import track
from rich.table import Table
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.heatmaps import published_methods
from benchmarks.report import JsonFile, report
from engine.checkpoints import load
from engine.explain.heatmaps import Method, Precision, attribute
from engine.metrics.rank_correlation import spearman

GOAL = 0.99
SHIPPED = ["cifar10/objects", "celeba/attributes", "flowers/daisy-sunflowers"]

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """One method's maps of a model's own examples, in both precisions.

    Attributes:
        model: Its id.
        method: Name.
        device: `cpu` or `cuda`.
        pictures: Explained, each for its predicted output.
        samples: Steps of Integrated Gradients and samples of SmoothGrad squared.
        threads: Of the CPU.
        fp32_s: Seconds for all pictures.
        bf16_s: The same.
        ratio: fp32 / bf16.
        lowest: Rank correlation between the pixels of both maps, of the picture where it is lowest.
        mean: Of all pictures.
        goal: For the lowest.
    """

    model: str
    method: str
    device: str
    pictures: int
    samples: int
    threads: int
    fp32_s: float
    bf16_s: float
    ratio: float
    lowest: float
    mean: float
    goal: float = GOAL


@app.command()
def compare(
    models: Annotated[list[str], typer.Argument(help="Classifiers of colour pictures.")] = SHIPPED,
    pictures: Annotated[int, typer.Option(min=1, help="Examples of each.")] = 16,
    samples: Annotated[int, typer.Option(min=2, max=300, help="Steps and samples of the two slow methods.")] = 200,
    chunk_size: Annotated[int, typer.Option(min=1, help="Rows a pass.")] = 32,
    threads: Annotated[int, typer.Option(min=1, help="Of the CPU.")] = torch.get_num_threads(),
    file: JsonFile = None,
) -> None:
    """Explains examples by the four published methods in both precisions; on CUDA where there is one."""
    torch.set_num_threads(threads)
    device, methods = "cuda" if torch.cuda.is_available() else "cpu", published_methods(samples)
    results = []
    for name in models:
        model = load(name, device=device)
        x = model.examples.x[:pictures]
        attribute(model, x[:1], "saliency", precision="bf16")  # a first pass takes longer than all others
        for method in track(methods, description=f"Explaining {name}", transient=True):
            (exact, fp32_s), (rounded, bf16_s) = (
                _explained(model, x, methods[method], chunk_size, precision) for precision in ("fp32", "bf16")
            )
            alike = spearman(exact.sum(dim=1).flatten(1), rounded.sum(dim=1).flatten(1))
            results.append(
                Likeness(
                    model=name,
                    method=method,
                    device=device,
                    pictures=len(x),
                    samples=samples,
                    threads=threads,
                    fp32_s=fp32_s,
                    bf16_s=bf16_s,
                    ratio=fp32_s / bf16_s,
                    lowest=float(alike.min()),
                    mean=float(alike.mean()),
                )
            )
    report(_table(results), results, file)


def _explained(
    model: nn.Module, x: Tensor, method: Method, chunk_size: int, precision: Precision
) -> tuple[Tensor, float]:
    found = attribute(model, x, method, chunk_size=chunk_size, precision=precision)
    return found.values, found.seconds


def _table(results: list[Likeness]) -> Table:
    table = Table("model", "method", "device", "fp32, s", "bf16, s", "ratio", "lowest rank correlation", "mean")
    for r in results:
        figures = (f"{r.fp32_s:.2f}", f"{r.bf16_s:.2f}", f"{r.ratio:.2f}", f"{r.lowest:.4f}", f"{r.mean:.4f}")
        table.add_row(r.model, r.method, r.device, *figures)
    return table


if __name__ == "__main__":
    app()
