"""What a run of `train_all.py` is asked, what it answers, and where its files lie."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from engine.training import RECIPES, Recipe
from engine.training.estimate import training_seconds
from engine.training.log import read
from engine.training.state import State, best_epoch, saved_step

SCRATCH = "scratch"  # what a run starts from when the weights its row names cannot be had


@dataclass(frozen=True, kw_only=True)
class Job:
    """What to do with one recipe.

    Attributes:
        recipe: The row.
        runs: Folder of all runs.
        out: Folder of all checkpoints.
        stage: `all`; only `train`; only `evaluate` what a run or an older checkpoint holds; or only `simulate` a
            participant with the checkpoint that is there.
        seeds: Seeds to train, of which the best is kept; empty for the row's own.
        device: `auto`, `cpu`, `cuda` or `cuda:N`.
        threads: Torch threads of the run, for the record.
        fresh: Forget what an earlier run saved.
        wandb: Send loss terms to Weights & Biases.
        save_every_s: Seconds between saved states.
    """

    recipe: Recipe
    runs: Path
    out: Path
    stage: Literal["all", "train", "evaluate", "simulate"] = "all"
    seeds: tuple[int, ...] = ()
    device: str = "auto"
    threads: int = 1
    fresh: bool = False
    wandb: bool = False
    save_every_s: float = 60.0


@dataclass(frozen=True)
class Stage:
    """A report from a run that is past, or before, its training."""

    what: str
    done: int = 0
    total: int = 0


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a job.

    Attributes:
        status: `done`, or `skipped` with the reason in `note`.
        note: What there is to say.
        device: Where it was trained; empty where that is not recorded.
        threads: Torch threads of the training; None where that is not recorded.
        seconds: Wall time by what was done.
        checkpoint: The folder written, if any.
        metrics: Single numbers by name, each with the paper's value or None.
    """

    status: Literal["done", "skipped"]
    note: str = ""
    device: str = ""
    threads: int | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)
    checkpoint: str = ""
    metrics: Mapping[str, tuple[float, float | None]] = field(default_factory=dict)


def run_folder(runs: Path, recipe: Recipe) -> Path:
    """Where a run keeps its state: the recipe's id, and the seed where the id does not tell it."""
    name, *settings = recipe.id.split("+")
    told = [setting for setting in settings if setting.startswith("seed=")]
    usual = RECIPES[name].seed if name in RECIPES else 0
    is_told = f"seed={recipe.seed}" in (told or [f"seed={usual}"])
    return runs / (recipe.id if is_told else f"{recipe.id}+seed={recipe.seed}")


def rows_of(job: Job) -> list[Recipe]:
    """The job's recipe with each of its seeds."""
    return [replace(job.recipe, seed=seed) for seed in job.seeds or (job.recipe.seed,)]


def is_finished(row: Recipe, job: Job) -> bool:
    """Whether the run of a row has done all its updates."""
    if row.objective is None:
        return True
    step = saved_step(run_folder(job.runs, row) / "state.safetensors", row)
    return step >= row.steps


def forget(folder: Path) -> None:
    """Removes what an earlier run saved."""
    for name in ("state.safetensors", "log.csv", "run.json"):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / "tensorboard", ignore_errors=True)


def facts_of(job: Job, row: Recipe, seeds: Sequence[int] = ()) -> dict[str, Any]:
    """What is known of a finished run: from its own files, so that it may have run elsewhere and long ago.

    What a run that was trained by `fit` alone does not tell is named under `not_recorded`.
    """
    folder = run_folder(job.runs, row)
    known = _known(folder)
    facts: dict[str, Any] = {"steps": row.steps, **known}
    if row.start:
        facts["start"] = State(folder / "state.safetensors", row).start or SCRATCH
    best = best_epoch(folder / "state.safetensors")
    if best is not None:
        facts |= {"best_step": best[0], "best_validation_score": best[1]}
    if len(seeds) > 1:
        facts["sweep"] = list(seeds)
    rows = read(folder / "log.csv") if (folder / "log.csv").is_file() else []
    if rows:
        facts["seconds"] = round(training_seconds(folder / "log.csv"))
        facts["finished"] = datetime.fromtimestamp(rows[-1]["time"], UTC).isoformat(timespec="seconds")
    missing = [name for name in ("device", "threads") if name not in known]
    if missing and row.objective is not None:
        facts["not_recorded"] = " and ".join(missing)
    return facts


def _known(folder: Path) -> dict[str, Any]:
    """What a run wrote down of itself when it began; empty for one that was trained by `fit` alone."""
    path = folder / "run.json"
    known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return known


def outcome_of(facts: Mapping[str, Any], **results: Any) -> Outcome:  # noqa: ANN401 - fields of an outcome
    """The outcome of a run that is done, with what its facts tell of the training."""
    times = {"training": facts["seconds"]} if "seconds" in facts else {}
    seconds = {**times, **results.pop("seconds", {})}
    device, threads = facts.get("device", ""), facts.get("threads")
    return Outcome(status="done", device=device, threads=threads, seconds=seconds, **results)
