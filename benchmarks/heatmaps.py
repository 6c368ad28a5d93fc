"""Batched heatmaps against the published system's loop over pictures, in one run: `python benchmarks/heatmaps.py`."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.report import JsonFile, report
from engine.explain.heatmaps import (
    HEATMAPS,
    Failure,
    GuidedBackprop,
    GuidedGradCam,
    HeatmapCache,
    IntegratedGradients,
    Method,
    Precision,
    SmoothGradSquared,
    attribute,
    attribute_all,
)
from engine.explain.heatmaps.sampling import normal_noise
from engine.metrics.rank_correlation import spearman
from engine.models.private_copy import private_copy

BASELINE = "the published system's loop: Captum on one picture at a time, two samples a pass"
NOISE = 0.225  # the published standard deviation, 1 after normalisation
PRECISIONS: tuple[Precision, ...] = ("fp32", "bf16")
GOALS = {("cpu", "fp32"): 1.3, ("cpu", "bf16"): 2.3, ("cuda", "fp32"): 3.0, ("cuda", "bf16"): 3.0}

Times: TypeAlias = dict[tuple[str, Precision], list[tuple[float, float]]]  # seconds: ours, theirs
Found: TypeAlias = dict[tuple[str, Precision], tuple[float, float]]  # difference, rank correlation

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Seconds for all pictures, both ways, the two taking turns.

    Attributes:
        method: Name, or `all four`.
        device: `cpu` or `cuda`.
        precision: Of ours; the baseline is always fp32.
        pictures: Explained a turn.
        size: Their side in pixels.
        samples: Steps of Integrated Gradients and samples of SmoothGrad².
        repeats: Turns.
        threads: Of the CPU.
        baseline: What is compared with.
        seconds: Median over turns.
        baseline_seconds: The same of the baseline.
        ratio: Median over turns of baseline / ours; above 1 is faster.
        lowest_ratio: Smallest of any turn.
        highest_ratio: Largest of any turn.
        difference: Largest absolute difference of the maps, as a share of the largest value.
        rank_correlation: Lowest of any picture, between the pixels of both maps.
        goal: Ratio to reach for all four, None for one method.
    """

    method: str
    device: str
    precision: Precision
    pictures: int
    size: int
    samples: int
    repeats: int
    threads: int
    baseline: str
    seconds: float
    baseline_seconds: float
    ratio: float
    lowest_ratio: float
    highest_ratio: float
    difference: float
    rank_correlation: float
    goal: float | None


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """What a user waits for one picture's map with a method's default options.

    Attributes:
        method: Name.
        device: `cpu` or `cuda`.
        size: Of the picture, in pixels.
        first_s: Seconds to the first map.
        again_ms: Milliseconds to the same map from the cache.
        failed: Why there is no map, else empty.
    """

    method: str
    device: str
    size: int
    first_s: float
    again_ms: float
    failed: str = ""


class Normalised(nn.Module):
    """ResNet-18 with one logit and random weights, behind ImageNet's normalisation."""

    def __init__(self) -> None:
        super().__init__()
        from torchvision.models import resnet18

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            self.network = resnet18(num_classes=1)
        self.register_buffer("mean", torch.tensor((0.485, 0.456, 0.406)).reshape(3, 1, 1))
        self.register_buffer("std", torch.tensor((0.229, 0.224, 0.225)).reshape(3, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) in [0, 1] -> (N, 1)."""
        return self.network((x - self.mean) / self.std)


@app.command()
def compare(
    pictures: Annotated[int, typer.Option(min=1, help="Pictures a turn.")] = 16,
    size: Annotated[int, typer.Option(min=64, help="Their side in pixels.")] = 128,
    samples: Annotated[int, typer.Option(min=2, max=300, help="Steps and samples of the two slow methods.")] = 200,
    chunk_size: Annotated[int, typer.Option(min=1, help="Rows a pass of ours.")] = 32,
    repeats: Annotated[int, typer.Option(min=1, help="Turns of each.")] = 3,
    threads: Annotated[int, typer.Option(min=1, help="Of the CPU.")] = torch.get_num_threads(),
    waiting: Annotated[bool, typer.Option(help="Also time every method's first and repeated map.")] = True,
    file: JsonFile = None,
) -> None:
    """Times the four published methods both ways, on the CPU and on CUDA where there is one."""
    torch.set_num_threads(threads)
    x = torch.rand(pictures, 3, size, size, generator=torch.Generator().manual_seed(0))
    methods = published_methods(samples)
    results: list[Any] = []
    for device in ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]:
        model, turns = Normalised().eval().to(device), [*product(range(repeats), methods)]
        times: Times = {}
        found: Found = {}
        for _, name in track(turns, description=f"Explaining on {device}", transient=True):
            theirs, baseline_seconds = _timed(device, loop_over_pictures, model, x.to(device), name, samples)
            for precision in PRECISIONS:
                ours, seconds = _timed(device, _ours, model, x, methods[name], chunk_size, precision)
                times.setdefault((name, precision), []).append((seconds, baseline_seconds))
                found[name, precision] = _difference(ours, theirs.cpu())
        shared = {"pictures": pictures, "size": size, "samples": samples, "repeats": repeats, "threads": threads}
        results += _comparisons(times, found, device, shared)
        if waiting:
            results += _waiting(model, x[:1], device)
    if waiting:
        Console().print(_waiting_table([one for one in results if isinstance(one, Waiting)]))
    report(_table([one for one in results if isinstance(one, Comparison)]), results, file)


def published_methods(samples: int) -> dict[str, Method]:
    """The four of the published system, with its settings but for the number of steps and samples."""
    return {
        "integrated-gradients": IntegratedGradients(steps=samples, baseline="imagenet"),
        "smoothgrad-squared": SmoothGradSquared(samples=samples, noise=NOISE),
        "guided-backprop": GuidedBackprop(),
        "guided-grad-cam": GuidedGradCam(),
    }


def loop_over_pictures(model: nn.Module, x: Tensor, name: str, samples: int) -> Tensor:
    """The baseline: maps of one picture after the other, (N, C, H, W), with the published settings."""
    from captum import attr

    network = private_copy(model)  # the published system, too, turned in-place activations off
    mean = model.mean.expand_as(x[:1])  # type: ignore[union-attr,operator] # a buffer
    noise = NOISE * normal_noise(tuple(x.shape[1:]), slice(0, samples), 0, x.device)  # our samples

    class Tunnel(attr.NoiseTunnel):
        """Adds the given noise, in order, instead of drawing it."""

        def _add_noise_to_inputs(self, number: int, inputs: tuple[Tensor], _: object) -> tuple[Tensor]:
            self.used += number
            return ((inputs[0] + noise[self.used - number : self.used]).requires_grad_(),)

    maps = []
    for row in range(len(x)):
        one = x[row : row + 1].clone().requires_grad_()
        if name == "integrated-gradients":
            found = attr.IntegratedGradients(network).attribute(
                one, mean, target=0, n_steps=samples, internal_batch_size=2
            )
        elif name == "smoothgrad-squared":
            tunnel = Tunnel(attr.Saliency(network))
            tunnel.used = 0
            found = tunnel.attribute(
                one, nt_type="smoothgrad_sq", nt_samples=samples, nt_samples_batch_size=2, target=0
            )
        elif name == "guided-backprop":
            found = attr.GuidedBackprop(network).attribute(one, target=0)
        else:
            layer = network.get_submodule("network.layer4.1")
            found = attr.GuidedGradCam(network, layer).attribute(one, target=0)
        maps.append(found.detach())
    return torch.cat(maps)


def _ours(model: nn.Module, x: Tensor, method: Method, chunk_size: int, precision: Precision) -> Tensor:
    return attribute(model, x, method, target=0, chunk_size=chunk_size, precision=precision).values


def _timed(device: str, work: Callable[..., Tensor], *given: Any) -> tuple[Tensor, float]:  # noqa: ANN401
    start = time.perf_counter()
    result = work(*given)
    if device == "cuda":
        torch.cuda.synchronize()
    return result, time.perf_counter() - start


def _difference(ours: Tensor, theirs: Tensor) -> tuple[float, float]:
    largest = float((ours - theirs).abs().max() / theirs.abs().max())
    return largest, float(spearman(ours.sum(dim=1).flatten(1), theirs.sum(dim=1).flatten(1)).min())


def _comparisons(times: Times, found: Found, device: str, shared: dict[str, int]) -> list[Comparison]:
    rows = {key: (np.array(turns), *found[key]) for key, turns in times.items()}
    for precision in PRECISIONS:
        seconds, differences, correlations = zip(
            *(row for key, row in rows.items() if key[1] == precision), strict=True
        )
        rows["all four", precision] = (sum(seconds), max(differences), min(correlations))
    return [_comparison(name, precision, *row, device, shared) for (name, precision), row in rows.items()]


def _comparison(
    name: str,
    precision: Precision,
    turns: npt.NDArray[np.float64],
    difference: float,
    correlation: float,
    device: str,
    shared: dict[str, int],
) -> Comparison:
    ratios = turns[:, 1] / turns[:, 0]
    return Comparison(
        method=name,
        device=device,
        precision=precision,
        baseline=BASELINE,
        seconds=statistics.median(turns[:, 0].tolist()),
        baseline_seconds=statistics.median(turns[:, 1].tolist()),
        ratio=statistics.median(ratios.tolist()),
        lowest_ratio=float(ratios.min()),
        highest_ratio=float(ratios.max()),
        difference=difference,
        rank_correlation=correlation,
        goal=GOALS[device, precision] if name == "all four" else None,
        **shared,
    )


def _waiting(model: nn.Module, x: Tensor, device: str) -> list[Waiting]:
    results = []
    with tempfile.TemporaryDirectory() as folder:
        cache = HeatmapCache(Path(folder))
        for name in track(list(HEATMAPS), description="Waiting for one map", transient=True):
            (first,) = attribute_all(model, x, [name], target=0, cache=cache)
            if isinstance(first, Failure):
                seconds, failed = (0.0, 0.0), first.reason
            else:
                seconds, failed = (first.seconds, attribute(model, x, name, target=0, cache=cache).seconds), ""
            size, again_ms = x.shape[3], 1000 * seconds[1]
            results.append(
                Waiting(method=name, device=device, size=size, first_s=seconds[0], again_ms=again_ms, failed=failed)
            )
        cache.close()
    return results


def _table(results: list[Comparison]) -> Table:
    columns = ("method", "device", "precision", "seconds", "baseline", "ratio", "of all turns", "goal", "difference")
    table = Table(*columns, "rank correlation", caption=f"Baseline: {BASELINE}.")
    table.columns[0].no_wrap = True
    for r in results:
        spread, goal = f"{r.lowest_ratio:.2f} to {r.highest_ratio:.2f}", "" if r.goal is None else f"{r.goal:.1f}"
        figures = (f"{r.seconds:.2f}", f"{r.baseline_seconds:.2f}", f"{r.ratio:.2f}", spread, goal)
        table.add_row(r.method, r.device, r.precision, *figures, f"{r.difference:.1e}", f"{r.rank_correlation:.4f}")
    return table


def _waiting_table(results: list[Waiting]) -> Table:
    table = Table("method", "device", "first map, s", "from the cache, ms", "")
    for r in results:
        table.add_row(r.method, r.device, f"{r.first_s:.2f}", f"{r.again_ms:.0f}", r.failed)
    return table


if __name__ == "__main__":
    app()
