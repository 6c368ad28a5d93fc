"""Trains, measures and writes the models of the recipe table: `python scripts/train_all.py --only 'sinelines/*'`."""

from __future__ import annotations

import fnmatch
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from engine.checkpoints import DeviceError
from engine.data import load_dataset
from engine.metrics import HEADLINES
from engine.registry import unknown
from engine.training import RECIPES, Recipe
from engine.training.cluster import ClusterError, Message, Task, Workers, fan_out
from engine.training.estimate import Estimate, estimate
from engine.training.local_workers import LocalWorkers, describe
from engine.training.manifest import Manifest, Record
from engine.training.recipe import to_json
from engine.training.vary import SettingError, vary
from scripts.training.devices import choose_device
from scripts.training.display import Display, estimate_table, recipe_table, result_table
from scripts.training.needs import NeedError, discovers_categories, models_of, needed
from scripts.training.pipeline import run_one
from scripts.training.runs import Job, Outcome, run_folder

ROOT = Path(__file__).resolve().parents[1]
MAX_SEEDS = 5

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def train_all(
    list_: Annotated[bool, typer.Option("--list", help="Show the recipes and leave.")] = False,
    only: Annotated[list[str] | None, typer.Option(help="Ids to train, such as 'mnist/*'; may be repeated.")] = None,
    preset: Annotated[str, typer.Option(help="starter, paper or all.")] = "starter",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")] = "auto",
    jobs: Annotated[int, typer.Option(min=1, help="Runs at once.")] = 1,
    threads: Annotated[int, typer.Option(min=1, help="Torch threads of each run; part of what decides the bits.")] = 1,
    resume: Annotated[bool, typer.Option("--resume/--fresh", help="Go on with what is there, or anew.")] = True,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Estimate time and disk and leave.")] = False,
    ray: Annotated[str | None, typer.Option(help="Run on a Ray cluster; 'auto' or an address may follow.")] = None,
    gpus_per_run: Annotated[float | None, typer.Option(min=0, help="With --ray: GPUs of each run, e.g. 0.25.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="KEY=VALUE, such as optimiser.lr=1e-4.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed in place of the row's own.")] = None,
    seeds: Annotated[str | None, typer.Option(help="Seeds of InfoGANs, such as 0,1,2: the best is kept.")] = None,
    evaluate: Annotated[bool, typer.Option("--evaluate", help="Train nothing; measure and write anew.")] = False,
    simulate: Annotated[bool, typer.Option("--simulate", help="Only add what a simulated participant solves.")] = False,
    out: Annotated[Path, typer.Option(help="Where checkpoints go.", show_default="checkpoints")] = ROOT / "checkpoints",
    runs: Annotated[Path, typer.Option(help="Folder of states and logs.", show_default="runs")] = ROOT / "runs",
    save_every: Annotated[float, typer.Option(min=0, help="Seconds between saved states.")] = 60.0,
    wandb: Annotated[bool, typer.Option("--wandb", help="Send loss terms to Weights & Biases too.")] = False,
) -> None:
    """Trains the models of the recipe table and writes their checkpoints.

    May be killed at any moment and started again: it goes on from the last saved state, to the bit on a CPU.
    Exit code: 0 all is well, 1 some run failed (the others went on), 2 the call was wrong.
    """
    console = Console()
    try:
        recipes = [vary(r, [*(set_ or ()), *_seed(seed)]) for r in chosen(only or [], preset)]
        sweep = _sweep(seeds)
        if list_:
            console.print(recipe_table(recipes, out, console.width))
            return
        if dry_run:
            raise typer.Exit(0 if _dry_run(recipes, runs, out, jobs, console) else 1)
        template = {
            "runs": runs.resolve(),
            "out": out.resolve(),
            "stage": "simulate" if simulate else "evaluate" if evaluate else "all",
            "device": device,
            "threads": threads,
            "fresh": not resume,
            "wandb": wandb,
            "save_every_s": save_every,
        }
        tasks = _tasks(recipes, sweep, template)
        workers: Workers = LocalWorkers(jobs, threads=threads)
        if ray is None:
            choose_device(device, 0)  # refused before any data are prepared
        else:
            from engine.training.ray_workers import RayWorkers

            workers = RayWorkers(ray, threads=threads, gpus=gpus_per_run, slots=jobs if jobs > 1 else None)
    except (SettingError, ClusterError, DeviceError, _UsageError) as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(2) from error
    outcomes = run_all(tasks, workers, console)
    console.print(result_table(outcomes, console))
    raise typer.Exit(_exit_code(outcomes, evaluate or simulate))


def chosen(only: Sequence[str], preset: str) -> list[Recipe]:
    """The rows of a preset whose id matches one of the patterns; an id given in full is taken whatever its preset.

    Raises:
        _UsageError: If the preset or a pattern matches nothing; the message lists the nearest ids.
    """
    if preset not in ("starter", "paper", "all"):
        raise _UsageError(f"--preset is starter, paper or all; got {preset!r}.")
    for pattern in only:
        if not fnmatch.filter(RECIPES, pattern):
            raise _UsageError(f"{unknown('recipe', pattern, RECIPES)} Patterns such as 'mnist/*' work too.")
    rows = [
        row
        for name, row in RECIPES.items()
        if name in only
        or (preset in ("all", row.preset) and (not only or any(fnmatch.fnmatch(name, pattern) for pattern in only)))
    ]
    if not rows:
        raise _UsageError(f"No recipe of preset {preset!r} matches {list(only)}; try --preset all, or --list.")
    return rows


def run_all(tasks: Sequence[Task], workers: Workers, console: Console) -> dict[str, Outcome | str]:
    """Runs all tasks with a live display and a manifest; errors stay with their run.

    Returns:
        By task: what came of it, or the error.
    """
    outcomes: dict[str, Outcome | str] = {}
    arguments: dict[str, Job] = {task.name: task.argument for task in tasks}
    manifest = Manifest(next(iter(arguments.values())).runs / "manifest.json")
    finished = _finished(manifest)  # their entries stay until they are run again
    with Display(console, list(arguments)) as display:

        def note(*entries: Record) -> None:
            try:
                manifest.put(*entries)
            except OSError as error:  # the manifest only reports: runs go on without it
                console.print(f"{manifest.path} could not be written ({error}).", markup=False)

        def hear(message: Message) -> None:
            job, value = arguments[message.name], message.value
            if message.kind == "report":
                if message.name not in outcomes:  # a cluster may deliver a report after the last word
                    display.report(message.name, value)
                return
            if message.kind == "started":
                finished.discard(message.name)
                display.state(message.name, "starting")
                note(_entry(message.name, job, status="running"))
            elif message.kind == "done":
                outcomes[message.name] = value
                display.state(message.name, value.status, value.note)
                note(_done(message.name, job, value))
            else:
                outcomes[message.name] = value
                display.state(message.name, "failed", value)
                note(_entry(message.name, job, status="failed", error=value))
                _keep_trace(job, message.trace)

        note(*(_entry(name, job, status="waiting") for name, job in arguments.items() if name not in finished))
        try:
            fan_out(tasks, run_one, workers, hear)
        except KeyboardInterrupt:
            left = [name for name in arguments if name not in outcomes]
            note(*(_entry(name, arguments[name], status="interrupted") for name in left if name not in finished))
            outcomes |= dict.fromkeys(left, "Interrupted. Start again and it goes on from the last saved state.")
    return outcomes


class _UsageError(ValueError):
    """The call was wrong."""


def _seed(seed: int | None) -> list[str]:
    return [] if seed is None else [f"seed={seed}"]


def _sweep(text: str | None) -> tuple[int, ...]:
    if text is None:
        return ()
    try:
        seeds = tuple(dict.fromkeys(int(part) for part in text.split(",")))
    except ValueError as error:
        raise _UsageError(f"--seeds takes whole numbers with commas, such as 0,1,2; got {text!r}.") from error
    if len(seeds) > MAX_SEEDS:
        raise _UsageError(f"--seeds takes at most {MAX_SEEDS} seeds, so that the best means something; got {text}.")
    return seeds


def _tasks(recipes: Sequence[Recipe], sweep: tuple[int, ...], template: dict[str, Any]) -> list[Task]:
    """One task a recipe; a seed sweep trains its seeds side by side first."""
    tasks: list[Task] = []
    for recipe in recipes:
        seeds = sweep if discovers_categories(recipe) else ()
        needs = needed(recipe)
        if len(seeds) > 1 and template["stage"] == "all":
            rows = {f"{recipe.id}, seed {k}": replace(recipe, seed=k) for k in seeds}
            training = {**template, "stage": "train"}
            tasks += [Task(name, Job(recipe=row, **training), recipe.needs) for name, row in rows.items()]
            # The seeds have begun anew already: what finishes them must not begin again.
            last = Job(recipe=recipe, seeds=seeds, **{**template, "fresh": False})
            tasks.append(Task(recipe.id, last, (*needs, *rows)))
        else:
            tasks.append(Task(recipe.id, Job(recipe=recipe, seeds=seeds, **template), needs))
    return tasks


def _dry_run(recipes: Sequence[Recipe], runs: Path, out: Path, jobs: int, console: Console) -> bool:
    """Prints what every row would take; returns whether all of them can be run."""
    rows: dict[str, Estimate | str] = {}
    with console.status("Measuring a few updates of every row") as status:
        for recipe in recipes:
            status.update(f"Measuring {recipe.id}")
            try:
                rows[recipe.id] = _estimate(recipe, runs, out)
            except Exception as error:  # whatever is wrong with a row is told in its line, and the others go on
                rows[recipe.id] = describe(error)
    console.print(estimate_table(rows, jobs))
    console.print("Measured on this CPU with one thread on random data; reading data and evaluation come on top.")
    return not any(isinstance(row, str) for row in rows.values())


def _estimate(recipe: Recipe, runs: Path, out: Path) -> Estimate:
    try:
        models = models_of(recipe, Job(recipe=recipe, runs=runs, out=out))
    except NeedError:  # often trained by the same call; the estimate says what it lacks
        models = {}
    return estimate(recipe, load_dataset(recipe.dataset), folder=run_folder(runs, recipe), needs=models)


def _finished(manifest: Manifest) -> set[str]:
    try:
        return {name for name, entry in manifest.read().items() if entry.status == "done"}
    except OSError:  # the manifest only reports
        return set()


def _entry(name: str, job: Job, **known: Any) -> Record:  # noqa: ANN401 - fields of an entry
    return Record(id=name, recipe=to_json(job.recipe), **{"threads": job.threads, **known})


def _done(name: str, job: Job, outcome: Outcome) -> Record:
    headline = {metric: outcome.metrics[metric][0] for metric in HEADLINES if metric in outcome.metrics}
    return _entry(
        name,
        job,
        status=outcome.status,
        error=outcome.note if outcome.status == "skipped" else "",
        device=outcome.device,
        threads=outcome.threads,
        seconds=dict(outcome.seconds),
        checkpoint=outcome.checkpoint,
        headline=headline,
    )


def _keep_trace(job: Job, trace: str) -> None:
    """The traceback for whoever wants to look deeper; a full disk must not hide the error itself."""
    if trace:
        try:
            (run_folder(job.runs, job.recipe) / "error.txt").write_text(trace, encoding="utf-8")
        except OSError:
            return


def _exit_code(outcomes: dict[str, Outcome | str], evaluating: bool) -> int:
    failed = any(isinstance(outcome, str) for outcome in outcomes.values())
    nothing = evaluating and all(isinstance(o, Outcome) and o.status == "skipped" for o in outcomes.values())
    return 1 if failed or nothing else 0


def arguments(given: Sequence[str]) -> list[str]:
    """Command-line arguments in which a lone `--ray` means `--ray auto`."""
    words = list(given)
    for place, word in enumerate(words):
        if word == "--ray" and (place + 1 == len(words) or words[place + 1].startswith("-")):
            words[place] = "--ray=auto"
    return words


if __name__ == "__main__":
    app(arguments(sys.argv[1:]))
