"""Finds directions through codes: `python scripts/directions.py mnist/vae5 --classifier mnist/digits --out found`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from torch import Tensor

import engine
from engine.checkpoints import CheckpointError, DeviceError, add_directions, choose_device
from engine.checkpoints.resolve import catalogue_id
from engine.data.picture_file import PictureError
from engine.explain import Inversion, invert
from engine.explain.directions import (
    AttributeDirections,
    Finder,
    Found,
    Job,
    Labelling,
    PrincipalDirections,
    Sweep,
    Sweeping,
    amplitudes,
    run,
)
from engine.explain.directions.moves import Step
from engine.explain.projection import default_cache
from engine.figures import sweep_sheet
from engine.files import BusyError, write_atomically
from scripts.explaining.pictures import look, prepare, printable, read

PICTURE = "directions.png"
_ROWS = 12  # of a sheet
_UNITS = {"spread": "sd", "norm": "of |w|"}

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def directions(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A latent model: an id, a folder, or owner/repo.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where codes, directions and sweeps go.")],
    classifier: Annotated[
        str | None, typer.Option(metavar="ID", help="Labels the model's pictures; without one, components alone.")
    ] = None,
    attribute: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="May be repeated; by default all.")
    ] = None,
    free_of: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Free other directions of this attribute; may be repeated.")
    ] = None,
    right_angles: Annotated[bool, typer.Option("--right-angles", help="All attributes at right angles.")] = False,
    components: Annotated[int, typer.Option(min=0, help="Principal directions.")] = 10,
    groups: Annotated[int, typer.Option(min=1, help="Groups of layers with components of their own.")] = 1,
    l2: Annotated[float, typer.Option(help="Penalty on the weights of standardised codes.")] = 1e-3,
    train: Annotated[int, typer.Option(min=2, help="Codes to learn from.")] = 20_000,
    held_out: Annotated[int, typer.Option(min=1, help="Codes to judge by.")] = 5_000,
    psi: Annotated[float | None, typer.Option(help="Truncation, 1 for none; by default the model's own.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Where chance starts.")] = 0,
    chunk: Annotated[int, typer.Option(min=1, help="Codes drawn, decoded and written at once.")] = 100,
    amplitude: Annotated[
        float | None, typer.Option(help="Highest step of a sweep; 3 sd or 0.09 of the length of w by default.")
    ] = None,
    step: Annotated[Step, typer.Option(help="spread: in deviations of codes; norm: as published.")] = "spread",
    count: Annotated[int, typer.Option(min=3, help="Pictures a sweep, an odd number.")] = 11,
    codes: Annotated[int, typer.Option(min=1, help="Fresh codes to sweep from.")] = 8,
    pictures: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Sweep from the codes of these pictures instead.")
    ] = None,
    updates: Annotated[int, typer.Option(min=1, help="Steps of the search for a picture's code.")] = 1000,
    attach: Annotated[bool, typer.Option("--attach", help="Put the directions into the model's folder.")] = False,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")] = "auto",
) -> None:
    """Labels what a model draws, finds directions, and sweeps along them with the classifier's word on every picture.

    May be killed at any moment and started again: it goes on where it was and ends with the same bits. DIR then holds
    the codes (latents.safetensors), directions.json and .safetensors, sweeps/, directions.png and report.json. With
    --attach the model shows the directions as axes wherever it is used.
    Exit code: 0 all is well, 1 something could not be written, 2 the call was wrong, 130 it was interrupted (Ctrl-C):
    what is complete is kept.
    """
    console = Console()
    try:
        where = choose_device(device)
        job = _job(
            engine.load(model, where),
            None if classifier is None else engine.load(classifier, where),
            _finders(classifier, attribute or [], free_of or [], right_angles, components, groups, l2),
            Labelling(train=train, held_out=held_out, psi=psi, seed=seed, chunk=chunk),
            Sweeping(amplitude=amplitude or (3.0 if step == "spread" else 0.09), count=count, step=step, codes=codes),
            None if pictures is None else partial(_codes_of, pictures, updates, console),
        )
        if attach:
            _check_home(job.model, model)
        found = _run(job, out, console)
        console.print(_table(found))
        if attach:
            names = add_directions(job.model.card.folder, out, picture=(out / PICTURE).read_bytes())  # type: ignore[attr-defined] # loaded above
            console.print(f"{job.model.id} now carries {len(names)} directions.", markup=False, highlight=False)
    except (CheckpointError, DeviceError, PictureError, BusyError, ValueError) as error:
        _complain(error)
        raise typer.Exit(2) from error
    except OSError as error:
        _complain(error)
        raise typer.Exit(1) from error
    except KeyboardInterrupt as error:
        _complain("Interrupted. Start again and it goes on from there.")
        raise typer.Exit(130) from error


def _finders(
    classifier: str | None,
    attributes: list[str],
    free_of: list[str],
    right_angles: bool,
    components: int,
    groups: int,
    l2: float,
) -> tuple[Finder, ...]:
    found: list[Finder] = []
    if classifier is not None:
        found.append(
            AttributeDirections(
                attributes=tuple(attributes), l2=l2, free_of=tuple(free_of), at_right_angles=right_angles
            )
        )
    elif attributes or free_of or right_angles:
        raise ValueError("Attributes are told by a classifier; name one: --classifier celeba/attributes.")
    if components:
        found.append(PrincipalDirections(count=components, groups=groups))
    if not found:
        raise ValueError("There is nothing to find: name a classifier, or ask for components (--components 10).")
    return tuple(found)


def _job(
    model: Any,  # noqa: ANN401 - whatever the reference leads to
    classifier: Any | None,  # noqa: ANN401
    finders: tuple[Finder, ...],
    labelling: Labelling,
    sweeping: Sweeping,
    codes_of: Callable[[Any], Tensor] | None,
) -> Job:
    if not hasattr(model, "decode"):
        raise ValueError(f"{model.id} is a classifier and draws nothing; name a latent model, and {model.id} with "
                         "--classifier.")  # fmt: skip
    if classifier is not None and not hasattr(classifier, "logits"):
        raise ValueError(f"{classifier.id} is no classifier; --classifier takes one such as mnist/digits.")
    starts = None if codes_of is None else codes_of(model)
    return Job(
        model=model, classifier=classifier, finders=finders, labelling=labelling, sweeping=sweeping, starts=starts
    )


def _check_home(model: Any, ref: str) -> None:  # noqa: ANN401
    """Refuses to write into the Hub's cache, whose files belong to others too."""
    if catalogue_id(model.card.folder) is None and not Path(ref).is_dir():
        raise ValueError(
            f"{model.card.folder} is the Hub's own copy of {ref} and is not changed. Copy the folder and give "
            "the copy in its place."
        )


def _codes_of(folder: Path, updates: int, console: Console, model: Any) -> Tensor:  # noqa: ANN401
    """The codes of a folder's pictures, each searched once and then kept."""
    if not folder.is_dir():
        raise ValueError(f"{folder} is no folder; give the folder that holds the pictures.")
    names = look(folder, recursive=False, apart=folder / ".none").pictures
    if not names:
        raise ValueError(f"{folder} holds no picture files.")
    x = torch.cat([prepare(read(folder / name), model.space, fit="crop", invert="auto").x for name in names])
    with _bars(console) as bars:
        task = bars.add_task("Searching codes of pictures", total=None)
        found = invert(
            model, x, Inversion(steps=updates), cache=default_cache(),
            on_progress=lambda done, total: bars.update(task, completed=done, total=total),
        )  # fmt: skip
    for name, db, percentile in zip(names, found.psnr.tolist(), found.percentiles.tolist(), strict=True):
        words = f"{printable(name)}: {db:.1f} dB, farther out than {percentile:.0f} % of the model's own codes"
        console.print(words, markup=False, highlight=False, soft_wrap=True)
    return found.codes


def _run(job: Job, out: Path, console: Console) -> Found:
    gallery: list[Sweep] = []
    with _bars(console) as bars:
        tasks: dict[str, Any] = {}

        def tell(words: str, done: int, total: int) -> None:
            if words not in tasks:
                tasks[words] = bars.add_task(words, total=total)
            bars.update(tasks[words], completed=done, total=total)

        def draw(sweep: Sweep, path: Path) -> None:
            if len(gallery) < _ROWS:
                gallery.append(sweep)
            picture = path.with_suffix(".png")
            if not picture.is_file() or picture.stat().st_mtime < path.stat().st_mtime:
                write_atomically(picture, _strips(sweep, job))

        found = run(job, out, on_progress=tell, on_sweep=draw)
    rows = torch.stack([sweep.x[0] for sweep in gallery])
    scores = torch.stack([_own_scores(sweep, job)[0] for sweep in gallery])
    names = [sweep.name for sweep in gallery]
    write_atomically(out / PICTURE, _sheet(rows, scores, names, job, ""))
    return found


def _strips(sweep: Sweep, job: Job) -> bytes:
    x, scores = sweep.x[:_ROWS], _own_scores(sweep, job)[:_ROWS]
    return _sheet(x, scores, [f"code {number + 1}" for number in range(len(x))], job, sweep.name)


def _sheet(x: Tensor, scores: Tensor, names: list[str], job: Job, heading: str) -> bytes:
    how = job.sweeping
    return sweep_sheet(
        x, space=job.model.space, names=names, amplitudes=amplitudes(how.amplitude, how.count).tolist(),
        unit=_UNITS[how.step], heading=heading, scores=scores if bool(scores.isfinite().any()) else None,
    )  # fmt: skip


def _own_scores(sweep: Sweep, job: Job) -> Tensor:
    """Of the output a direction was learned from, (B, A); NaN for a direction of none."""
    outputs = [] if job.classifier is None else list(job.classifier.classes)
    if sweep.attribute not in outputs:
        return torch.full(sweep.log_odds.shape[:2], torch.nan)
    return sweep.scores[..., outputs.index(sweep.attribute)]


def _table(found: Found) -> Table:
    table = Table(title="Directions", title_justify="left")
    for name in ("direction", "accuracy", "majority", "AUC", "BCE", "baseline", "flips", "Spearman", "effect"):
        table.add_column(name, justify="left" if name == "direction" else "right")
    for row, (direction, axis) in enumerate(zip(found.directions, found.axes, strict=True)):
        held = direction.about.get("held_out", {})
        values = [held.get(name) for name in ("accuracy", "majority", "auc", "bce", "baseline_bce")]
        own = direction.about.get("attribute")
        column = found.effects.outputs.index(own) if own in found.effects.outputs else None
        monotone = None if column is None else found.effects.monotonicity[row][column]
        values += [found.effects.flipped[row], monotone, axis.effect]
        table.add_row(direction.name, *("" if value is None else f"{value:.3f}" for value in values))
    return table


def _bars(console: Console) -> Progress:
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal)


def _complain(error: Exception | str) -> None:
    Console(stderr=True).print(str(error), style="red", highlight=False, markup=False, soft_wrap=True)


if __name__ == "__main__":
    app()
