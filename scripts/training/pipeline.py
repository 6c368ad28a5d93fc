"""One run from recipe to checkpoint folder: data, training, axes, metrics, and what is worth shipping."""

from __future__ import annotations

import dataclasses
import errno
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from torch import nn

from engine.checkpoints import Card, CheckpointError, half_precision, read_card, write_checkpoint
from engine.checkpoints.loading import load_folder
from engine.data import Dataset, load_dataset
from engine.files import locked, write_atomically
from engine.interfaces import Classifier
from engine.metrics import Metric, evaluate, sample_quality
from engine.training import Network, Recipe
from engine.training.cluster import Context
from engine.training.fit import Progress, fit
from engine.training.recipe import from_json
from engine.training.state import State, fingerprint, saved_step
from engine.training.trackers import Tracker, trackers
from scripts.training.best_seed import SWEEP, best_of
from scripts.training.devices import choose_device, device_name, fabric_for
from scripts.training.needs import NeedError, hash_of, judge_of, models_of, pictures_of, start_of
from scripts.training.runs import (
    Job,
    Outcome,
    Stage,
    facts_of,
    forget,
    is_finished,
    outcome_of,
    rows_of,
    run_folder,
)
from scripts.training.shipping import Shipment, changed_metrics, shipment
from scripts.training.simulated import add_simulated

LOOKS = 20  # at a generator's samples in a run
WATCHED = 1000  # samples, compared with as many real pictures
SMALL_BYTES = 2_000_000  # weights below this are shipped as float32 without trying float16


class PipelineError(RuntimeError):
    """A run cannot be carried out; the message says what to do."""


def run_one(job: Job, context: Context) -> Outcome:
    """Trains, measures and writes one model; goes on from whatever an earlier run left.

    Raises:
        PipelineError: If something it stands on is missing, or the GPU is too small.
        DataError, CheckpointError, TrainingDivergedError, StateError, BusyError, OSError: Each says what to do.
    """
    ready = finished_checkpoint(job)
    if ready is not None:
        return ready
    try:
        return _STAGES[job.stage](job, context)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise PipelineError(
            f"The disk is full ({error}). Free space, or choose other folders with --runs and --out; the last saved "
            f"state of {job.recipe.id} is kept, and the run goes on from it."
        ) from error
    except torch.OutOfMemoryError as error:
        half = max(1, job.recipe.batch_size // 2)
        raise PipelineError(
            f"{job.recipe.id} does not fit into the GPU's memory. Run fewer at once (--jobs 1, or with --ray a larger "
            f"--gpus-per-run), use --device cpu, or --set batch_size={half}, which trains another recipe under an id "
            "of its own. Nothing was changed by itself."
        ) from error


def finished_checkpoint(job: Job) -> Outcome | None:
    """The outcome of a job whose checkpoint is already there, made by the same recipe; None where work is left."""
    folder = job.out / job.recipe.id
    if job.fresh or job.stage != "all" or not (folder / "config.json").is_file():
        return None
    try:
        card = read_card(folder)
        asked_for = _is_asked_for(card, job)
    except (CheckpointError, KeyError, TypeError, ValueError):
        return None
    if not asked_for:
        return None
    note = "Already there; --fresh trains it again."
    return outcome_of(card.config["training"], note=note, checkpoint=str(folder), metrics=_numbers(card))


def _is_asked_for(card: Card, job: Job) -> bool:
    """Whether a checkpoint is of the job's recipe; the best of several seeds stands for a recipe without seeds too."""
    stored = from_json(card.config["recipe"])
    seeds = job.seeds or (job.recipe.seed, *card.config["training"].get("sweep", ()))
    return fingerprint(stored) in [fingerprint(replace(job.recipe, seed=seed)) for seed in seeds]


def _trained(job: Job, context: Context) -> Outcome:
    dataset = prepared(job.recipe, context)
    candidates = [(row, _fit(row, dataset, job, context)) for row in rows_of(job)]
    if job.stage == "train":
        return outcome_of(facts_of(job, candidates[0][0]))
    row, model, sweep = best_of(candidates, job)
    facts = facts_of(job, row, [row.seed for row, _ in candidates])
    return _finish(row, model, dataset, job, context, facts=facts, sweep=sweep)


def _evaluated(job: Job, context: Context) -> Outcome:
    folder = job.out / job.recipe.id
    there = (folder / "config.json").is_file()
    if there and not job.seeds and read_card(folder).config["training"].get("sweep"):
        return _measured_again(folder, job, context)  # a single seed's state must not replace the best of several
    finished = [row for row in rows_of(job) if is_finished(row, job)]
    if finished:
        dataset = prepared(job.recipe, context)
        row, model, sweep = best_of([(row, _fit(row, dataset, job, context)) for row in finished], job)
        facts = facts_of(job, row, [row.seed for row in finished])
        return _finish(row, model, dataset, job, context, facts=facts, sweep=sweep)
    if there:
        return _measured_again(folder, job, context)
    step = saved_step(run_folder(job.runs, job.recipe) / "state.safetensors", job.recipe)
    return Outcome(status="skipped", note=f"Nothing to evaluate: {step:,} of {job.recipe.steps:,} updates are done.")


def _measured_again(folder: Path, job: Job, context: Context) -> Outcome:
    """Measures a checkpoint as it is; its weights, number types and facts of training stay."""
    card = read_card(folder)
    stored = from_json(card.config["recipe"])
    row = replace(job.recipe, seed=stored.seed) if _is_asked_for(card, job) else stored
    shipped = Network(card.config["network"]["name"], card.config["network"]["options"])
    model = load_folder(card).network
    half = card.config["weights"]["dtype"] == "float16"
    return _finish(
        row,
        model,
        prepared(row, context),
        job,
        context,
        facts=card.config["training"],
        log=folder / "log.csv",
        shipped=shipped,
        half=half,
        sweep={name: Metric(**card.metrics[name]) for name in SWEEP if name in card.metrics},
    )


def _simulated(job: Job, context: Context) -> Outcome:
    """Only the simulated participant's figures anew; needs neither data set nor state."""
    folder = job.out / job.recipe.id
    if not (folder / "config.json").is_file():
        return Outcome(status="skipped", note="There is no checkpoint to play with.")
    card = read_card(folder)
    if card.config["kind"] == "classifier":
        return Outcome(status="skipped", note="A classifier has no dials to turn.")
    added, note = _played(folder, job, context)
    if note:
        return Outcome(status="skipped", note=note)
    return outcome_of(card.config["training"], checkpoint=str(folder), metrics={**_numbers(card), **_pairs(added)})


def _played(folder: Path, job: Job, context: Context) -> tuple[dict[str, Metric], str]:
    """What a simulated participant adds to a checkpoint, or why there is nothing."""
    context.report(Stage("simulated participant"))
    try:
        return add_simulated(folder, job.recipe.id, choose_device(job.device, context.place)), ""
    except ValueError as error:  # no agreement suits what it draws, which is no fault of the checkpoint
        return {}, f"No simulated participant: {error}"


def prepared(recipe: Recipe, context: Context) -> Dataset:
    """The recipe's data set, decoded and cached."""
    dataset = load_dataset(recipe.dataset)
    dataset.prepare(lambda done, total: context.report(Stage("preparing data", done, total)))
    return dataset


def _fit(row: Recipe, dataset: Dataset, job: Job, context: Context) -> nn.Module:
    """Trains one row, or takes it from its finished state."""
    folder = run_folder(job.runs, row)
    with locked(folder / "run.lock", wait=False):
        if job.fresh:
            forget(folder)
        is_new = State(folder / "state.safetensors", row).is_new  # another recipe's is refused before a file is written
        from_step = saved_step(folder / "state.safetensors", row)
        finished, models = is_finished(row, job), models_of(row, job)
        start = start_of(row) if is_new else None
        if not finished:
            facts = {"device": device_name(job.device, context.place), "threads": job.threads}
            write_atomically(folder / "run.json", f"{json.dumps(facts)}\n".encode())
        also = [] if finished else trackers(row, folder, from_step=from_step, wandb=job.wandb)
        try:
            return fit(
                row,
                dataset.split(row.split),
                folder=folder,
                fabric=fabric_for(row, job.device, context.place),
                on_progress=lambda progress: _tell(progress, context, also),
                report_every=min(100, max(1, row.steps // 20)),
                save_every_s=job.save_every_s,
                needs=models,
                validation=dataset.split(row.validation) if row.validation else None,
                start=start,
                watch=None if finished else _watch(row, dataset, job),
                watch_every=max(1, row.steps // LOOKS),
            )
        finally:
            for tracker in also:
                tracker.close()


def _watch(row: Recipe, dataset: Dataset, job: Job) -> Callable[[nn.Module], Mapping[str, float]] | None:
    """What is measured of a generator while it is trained: how far its samples are from real pictures."""
    try:
        judge = judge_of(row, job)
    except NeedError:
        return None  # whoever measures the trained generator says so, and nothing of the training is lost
    if judge is None:
        return None
    real = dataset.split(row.test)

    def measure(model: nn.Module) -> Mapping[str, float]:
        generator = torch.Generator().manual_seed(row.seed)
        found = sample_quality(model, judge, real, generator=generator, most=WATCHED)  # type: ignore[arg-type]
        return {"classifier_fid": found.distance}

    return measure


def _tell(progress: Progress, context: Context, also: list[Tracker]) -> None:
    context.report(progress)
    for tracker in also:
        tracker.write(progress.step, progress.terms)


def _finish(
    row: Recipe,
    model: nn.Module,
    dataset: Dataset,
    job: Job,
    context: Context,
    *,
    facts: Mapping[str, Any],
    log: Path | None = None,
    shipped: Network | None = None,
    half: bool | None = None,
    sweep: Mapping[str, Metric] = MappingProxyType({}),
) -> Outcome:
    """Measures, decides on the number type, draws axes and examples, and writes the folder."""
    begun = time.monotonic()
    job.out.mkdir(parents=True, exist_ok=True)
    facts = {**facts, "train_rows": len(dataset.split(row.split)), "test_rows": len(dataset.split(row.test))}
    device = choose_device(job.device, context.place)
    judge = judge_of(row, job)
    metrics = _measure(model, row, dataset, judge, device, context)
    if half is None:
        half, why = False, "not tried, the weights are small already"
        if _bytes(model) > SMALL_BYTES:
            rounded = half_precision(model)
            of_rounded = _measure(rounded, row, dataset, judge, device, context)
            changed = changed_metrics(metrics, of_rounded)
            half, why = not changed, f"changes {', '.join(changed) or 'no metric'}"
            if half:
                model, metrics = rounded, of_rounded
        facts = {**facts, "float16": why}
    model = model.cpu().eval()
    context.report(Stage("writing the checkpoint"))
    parcel: Shipment = shipment(model, row, dataset, metrics, pictures_of(row, job))
    metrics = {**metrics, **sweep}
    folder = write_checkpoint(
        job.out,
        model,
        recipe=row,
        axes=parcel.axes,
        examples=parcel.examples,
        metrics={name: dataclasses.asdict(metric) for name, metric in metrics.items()},
        training=facts,
        network=shipped or parcel.network,
        needs={name: hash_of(name, job) for name in row.needs},
        log=log or run_folder(job.runs, row) / "log.csv",
        half=half,
    )
    added, note = _played(folder, job, context) if parcel.axes else ({}, "")
    return outcome_of(
        facts,
        note=note,
        seconds={"evaluation": round(time.monotonic() - begun, 1)},
        checkpoint=str(folder),
        metrics=_pairs({**metrics, **added}),
    )


def _measure(
    model: nn.Module,
    row: Recipe,
    dataset: Dataset,
    judge: Classifier | None,
    device: torch.device,
    context: Context,
) -> dict[str, Metric]:
    if row.objective is None:
        return {}  # the formula makes the data: there is nothing to compare
    return evaluate(
        model.to(device).to(memory_format=torch.channels_last),  # as in training: figures differ in no bit
        dataset,
        generator=torch.Generator().manual_seed(row.seed + 2),
        paper=row.paper,
        classifier=judge,
        split=row.test,
        progress=lambda what, done, total: context.report(Stage(what, done, total)),
    )


def _numbers(card: Card) -> dict[str, tuple[float, float | None]]:
    """Single numbers of a checkpoint, each with the paper's or None."""
    return {name: (m["value"], m.get("paper_value")) for name, m in card.metrics.items() if _plain(m["value"])}


def _pairs(metrics: Mapping[str, Metric]) -> dict[str, tuple[float, float | None]]:
    return {name: (m.value, m.paper_value) for name, m in metrics.items() if isinstance(m.value, float)}


def _bytes(model: nn.Module) -> int:
    return sum(value.numel() * value.element_size() for value in model.state_dict().values())


def _plain(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_STAGES: Mapping[str, Callable[[Job, Context], Outcome]] = MappingProxyType(
    {"all": _trained, "train": _trained, "evaluate": _evaluated, "simulate": _simulated}
)
