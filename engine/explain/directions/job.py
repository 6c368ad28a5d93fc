"""The whole job: label what a model draws, find directions, sweep along them; every phase goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Generator, Tensor

from engine.checkpoints import Direction, directions_bytes, read_directions
from engine.explain.directions.axes import direction_axes
from engine.explain.directions.drawing import draw_codes
from engine.explain.directions.finder import Finder, Latents
from engine.explain.directions.labels import WHOLE, Labelling, label_latents
from engine.explain.directions.moves import Step, amplitudes, stands
from engine.explain.directions.sweeps import Effects, Sweep, Sweeper, effects
from engine.explain.progress import ShouldStop, check
from engine.files import locked, write_atomically
from engine.interfaces import Axis, LatentModel

REPORT, SWEEPS = "report.json", "sweeps"
Report = Callable[[str, int, int], None]  # words, done, in all


@dataclass(frozen=True, kw_only=True)
class Sweeping:
    """What decides the sweeps.

    Attributes:
        amplitude: The highest one.
        count: Pictures a sweep, odd.
        step: What an amplitude of one is: `spread`, a standard deviation of codes, or `norm`, the code's own length.
        codes: How many fresh codes to sweep from where none are given; never any that directions were learned from.
    """

    amplitude: float = 3.0
    count: int = 11
    step: Step = "spread"
    codes: int = 8

    def __post_init__(self) -> None:
        amplitudes(self.amplitude, self.count)  # refuses what is no sweep
        if self.codes < 1:
            raise ValueError(f"Sweeps start from at least one code; got {self.codes}.")


@dataclass(frozen=True, kw_only=True)
class Job:
    """Which directions of which model.

    Attributes:
        model: Draws.
        classifier: Labels its pictures; None for directions without labels.
        finders: Ways of finding directions.
        labelling: Which codes.
        sweeping: Which sweeps.
        starts: Codes to sweep from, (B, D), such as those of own pictures; None for fresh ones.
    """

    model: LatentModel
    classifier: Any | None
    finders: tuple[Finder, ...]
    labelling: Labelling = field(default_factory=Labelling)
    sweeping: Sweeping = field(default_factory=Sweeping)
    starts: Tensor | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """What a job came to.

    Attributes:
        directions: All of them.
        axes: Each as an axis of the model.
        effects: What they do to the classifier's outputs.
    """

    directions: tuple[Direction, ...]
    axes: tuple[Axis, ...]
    effects: Effects


def run(
    job: Job,
    folder: Path,
    *,
    on_progress: Report = lambda words, done, total: None,
    on_sweep: Callable[[Sweep, Path], object] = lambda sweep, path: None,
    should_stop: ShouldStop | None = None,
) -> Found:
    """Does what is not done yet; the folder then holds codes and labels, directions, sweeps and a report.

    Args:
        job: What to do.
        folder: Where results go; made when missing, held by one job at a time.
        on_progress: Told what is at work, how much of it is done, and of how much.
        on_sweep: Given every sweep and the file it lies in, for figures.
        should_stop: Asked between pieces of work.

    Raises:
        BusyError: If another job works in the folder.
        OtherWorkError: If the folder holds the results of other models or settings.
        CancelledError: If `should_stop` says so; what is complete is kept.
        ValueError: If the model or classifier cannot give what is asked for.
        OSError: If the folder cannot be written.
    """
    outputs = () if job.classifier is None else tuple(job.classifier.classes)
    for finder in job.finders:
        finder.check(job.model.layout, outputs)
    with locked(folder / "directions.lock", wait=False):
        latents = label_latents(
            job.model, job.classifier, folder, job.labelling,
            on_progress=lambda done, total: on_progress("Labelling codes", done, total), should_stop=should_stop,
        )  # fmt: skip
        directions, axes = _directions(job, folder, latents, on_progress)
        sweeps = _sweeps(job, folder, latents, directions, on_progress, on_sweep, should_stop)
        judged = effects(sweeps, latents.outputs)
        write_atomically(folder / REPORT, (json.dumps(_report(job, directions, judged), indent=1) + "\n").encode())
    return Found(directions=directions, axes=axes, effects=judged)


def _directions(
    job: Job, folder: Path, latents: Latents, on_progress: Report
) -> tuple[tuple[Direction, ...], tuple[Axis, ...]]:
    """Reads them where the same were found before, in the same way from the same codes."""
    weights = _weights(job.model)
    way = [f"{type(finder).__module__}.{finder}" for finder in job.finders]
    facts = {
        "generator": job.model.id,
        "classifier": getattr(job.classifier, "id", None),
        "latents": hashlib.sha256((folder / WHOLE).read_bytes()).hexdigest(),
        "found_by": way,
    }
    before = folder / "directions.json"
    if before.is_file() and facts.items() <= json.loads(before.read_text(encoding="utf-8")).items():
        return read_directions(folder, job.model.layout, weights=weights)
    on_progress("Fitting directions", 0, len(job.finders))
    directions = tuple(direction for finder in job.finders for direction in finder.find(latents))
    made_by = {name: facts[name] for name in ("generator", "classifier")} | asdict(job.labelling)
    directions = tuple(replace(one, about={**one.about, "made_by": made_by}) for one in directions)
    axes = direction_axes(
        job.model, directions, latents.codes.to(_device(job.model)),
        on_progress=lambda done, total: on_progress("Measuring directions", done, total),
    )  # fmt: skip
    for name, data in reversed(directions_bytes(directions, axes, weights=weights, **facts).items()):
        write_atomically(folder / name, data)  # the JSON last: it speaks of the other
    return directions, axes


def _sweeps(
    job: Job,
    folder: Path,
    latents: Latents,
    directions: tuple[Direction, ...],
    on_progress: Report,
    on_sweep: Callable[[Sweep, Path], object],
    should_stop: ShouldStop | None,
) -> list[Sweep]:
    (folder / SWEEPS).mkdir(exist_ok=True)
    how, starts, sweeper, found = job.sweeping, _starts(job), None, []
    along = amplitudes(how.amplitude, how.count)
    for number, direction in enumerate(directions):
        on_progress("Sweeping", number, len(directions))
        check(should_stop)
        words = re.sub(r"[^\w.-]+", "-", direction.name)
        path = folder / SWEEPS / f"{number:03d}-{words}.safetensors"
        key = _key(job, direction, starts)
        sweep = _read_sweep(path, key, direction, along)
        if sweep is None:
            sweeper = sweeper or Sweeper(job.model, job.classifier, starts, along, step=how.step)
            drawn = sweeper.sweep(direction, float(stands(latents.codes, direction, job.model.layout).std()))
            arrays = {"x": _packed(drawn.x), "log_odds": drawn.log_odds.contiguous()}
            write_atomically(path, safetensors.torch.save(arrays, {"key": key}))
            sweep = replace(drawn, x=_unpacked(arrays["x"]))
        on_sweep(sweep, path)
        found.append(replace(sweep, x=sweep.x[:0]))  # large pictures of many sweeps would fill the memory
    on_progress("Sweeping", len(directions), len(directions))
    return found


def _read_sweep(path: Path, key: str, direction: Direction, along: Tensor) -> Sweep | None:
    """What was drawn before in the very same way."""
    try:
        data = path.read_bytes()
        arrays = safetensors.torch.load(data)
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    except (FileNotFoundError, SafetensorError, ValueError):
        return None
    if header.get("__metadata__", {}).get("key") != key:
        return None
    attribute = str(direction.about.get("attribute", ""))
    x = _unpacked(arrays["x"])
    return Sweep(name=direction.name, attribute=attribute, amplitudes=along, x=x, log_odds=arrays["log_odds"])


def _packed(x: Tensor) -> Tensor:
    """Images (B, A, C, H, W) as they are shown, uint8; series (B, A, T) as they are."""
    return (x.clamp(0, 1) * 255).round().to(torch.uint8) if x.ndim == 5 else x.contiguous()


def _unpacked(x: Tensor) -> Tensor:
    return x.float() / 255 if x.dtype == torch.uint8 else x


def _starts(job: Job) -> Tensor:
    """Codes to sweep from: as given, or fresh ones, whose generator no chunk of labels has."""
    if job.starts is not None:
        return job.starts.to(_device(job.model))
    generator = Generator().manual_seed((job.labelling.seed + 1) * 2**32 - 1)
    codes = draw_codes(job.model, job.sweeping.codes, psi=job.labelling.psi, generator=generator)
    return codes.to(_device(job.model))


def _key(job: Job, direction: Direction, starts: Tensor) -> str:
    """The hash of all that decides a sweep, beyond what the folder's codes are made by."""
    digest = hashlib.sha256(json.dumps([asdict(job.sweeping), direction.name, list(direction.parts)]).encode())
    for value in (direction.vector, starts):
        digest.update(value.detach().float().cpu().numpy().tobytes())
    return digest.hexdigest()


def _report(job: Job, directions: tuple[Direction, ...], judged: Effects) -> dict[str, Any]:
    return {
        "generator": job.model.id,
        "classifier": getattr(job.classifier, "id", None),
        "sweeps": asdict(job.sweeping),
        "directions": {direction.name: dict(direction.about) for direction in directions},
        "effects": asdict(judged),
    }


def _weights(model: LatentModel) -> str:
    """The hash of the model's weight file; of a network that is no checkpoint, of its tensors."""
    from engine.explain.heatmaps.cache import model_key

    card = getattr(model, "card", None)
    return str(card.config["weights"]["sha256"]) if card is not None else model_key(model)  # type: ignore[arg-type]


def _device(model: LatentModel) -> torch.device:
    return torch.device(getattr(model, "device", "cpu"))
