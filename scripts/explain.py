"""Explains a folder of pictures: `python scripts/explain.py photos --model mnist/digits --out heatmaps`."""

from __future__ import annotations

import sys
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import engine
from engine.checkpoints import CheckpointError, DeviceError, Entry, choose_device, read_card
from engine.data.picture_file import Fit, Invert, PictureError
from engine.explain.heatmaps import Method, Precision, Sign, Target, default_cache
from engine.files import BusyError, write_atomically
from engine.interfaces import Space
from engine.models.target_words import target_from
from scripts.explaining.choices import UsageError, classifiers, methods
from scripts.explaining.display import (
    classifier_table,
    judgement_csv,
    method_table,
    plan_table,
    result_table,
    trouble_table,
)
from scripts.explaining.live import Live
from scripts.explaining.pictures import Found, look, prepare, printable
from scripts.explaining.record import Record, Records
from scripts.explaining.work import Format, Job, explain_all, look_at

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def explain(
    folder: Annotated[Path | None, typer.Argument(help="Folder of pictures.")] = None,
    model: Annotated[list[str] | None, typer.Option(metavar="ID", help="A classifier; may be repeated.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Where figures and arrays go.")] = None,
    method: Annotated[list[str] | None, typer.Option(metavar="NAME", help="May be repeated; by default four.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="METHOD.OPTION=VALUE; may be repeated.")] = None,
    target: Annotated[str, typer.Option(help="predicted, a class's name or number, or A-B: A, not B.")] = "predicted",
    negated: Annotated[bool, typer.Option("--negated", help="Explain what speaks against the target.")] = False,
    sign: Annotated[Sign, typer.Option(help="Side of the maps that figures show.")] = "all",
    smooth: Annotated[
        bool, typer.Option("--smooth", help="Bicubic figures, as published; noise of pixels may look like structure.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Where chance starts.")] = 0,
    chunk_size: Annotated[int, typer.Option(min=1, help="Pictures that go through the model at once.")] = 32,
    precision: Annotated[Precision, typer.Option(help="Of the model's passes.")] = "fp32",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")] = "auto",
    format_: Annotated[Format, typer.Option("--format", help="Of figures.")] = "png",
    fit: Annotated[Fit, typer.Option(help="How pictures come to the model's proportions.")] = "pad",
    invert: Annotated[Invert, typer.Option(help="Exchange light and dark; auto: for grey models.")] = "auto",
    judge: Annotated[bool, typer.Option("--judge", help="Judge the maps, into faithfulness.csv.")] = False,
    recursive: Annotated[bool, typer.Option("--recursive", help="Folders below as well.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be done and leave.")] = False,
    list_: Annotated[bool, typer.Option("--list", help="Show classifiers and methods and leave.")] = False,
) -> None:
    """Explains every picture of a folder: one figure with a panel a method, and the numbers as NPZ.

    May be killed at any moment and started again: pictures that are complete, by a hash of picture, weights, methods
    and options, are left as they are. Results are named for their picture: DIR/<classifier>/photo.jpg.png and .npz.
    Exit code: 0 all is well, 1 some picture failed (the others went on), 2 the call was wrong,
    130 it was interrupted (Ctrl-C): what is complete is kept, and the same call goes on from there.
    """
    console = Console()
    if list_:
        console.print(classifier_table(entry for entry in engine.catalog() if entry.kind == "classifier"))
        console.print()
        console.print(method_table())
        return
    try:
        source, results = _folders(folder, out)
        entries = classifiers(model or ())
        choices = {entry.id: _choice(entry, method or (), set_ or (), target, negated) for entry in entries}
        found = _found(source, results, recursive=recursive)
        where = choose_device(device)
    except (UsageError, DeviceError, CheckpointError, OSError) as error:
        _complain(error)
        raise typer.Exit(2) from error
    settings: dict[str, Any] = {
        "seed": seed,
        "chunk_size": chunk_size,
        "precision": precision,
        "sign": sign,
        "smooth": smooth,
        "form": format_,
        "fit": fit,
        "invert": invert,
        "judge": judge,
        "cache": default_cache(),
    }
    jobs = _Jobs(choices, settings, str(where))
    try:
        whole = _plan(jobs, found, source, results, console) if dry_run else _run(jobs, found, source, results, console)
    except BusyError as error:
        _complain(error)
        raise typer.Exit(2) from error
    except OSError as error:
        _complain(error)
        raise typer.Exit(1) from error
    except KeyboardInterrupt as error:
        _complain("Interrupted. Start again and it goes on with the picture it was at.")
        raise typer.Exit(130) from error
    raise typer.Exit(0 if whole else 1)


@dataclass(frozen=True)
class _Choice:
    """What is asked of one classifier."""

    entry: Entry
    methods: tuple[Method, ...]
    target: Target


class _Jobs:
    """The jobs of a call, one classifier loaded at a time.

    Args:
        choices: What is asked of each classifier.
        settings: What is the same for all.
        device: Where models are put.
    """

    def __init__(self, choices: dict[str, _Choice], settings: dict[str, Any], device: str) -> None:
        self.choices, self.settings, self.device = choices, settings, device
        self.refused: dict[str, str] = {}  # classifiers that cannot be loaded, with the reason

    def __iter__(self) -> Iterator[Job]:
        for name, choice in self.choices.items():
            try:
                loaded = engine.load(name, self.device)
            except CheckpointError as error:
                self.refused[name] = str(error)
                continue
            yield Job(model=loaded, methods=choice.methods, target=choice.target, **self.settings)


def _run(jobs: _Jobs, found: Found, source: Path, results: Path, console: Console) -> bool:
    """Explains, shows how it goes, and returns whether all is well."""
    counts: dict[str, Counter[str]] = {}
    troubles: list[Record] = []
    records = Records(results)
    live = Live(console, len(found.pictures) * len(jobs.choices))
    with records.writing(), live.progress, warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="captum")  # about hooks on what is a private copy
        try:
            for job in jobs:
                report = partial(live.report, [method.title for method in job.methods])
                count = counts.setdefault(job.model.id, Counter())
                for record, there in explain_all(job, source, found.pictures, records, report):
                    state = "there already" if there else "explained"
                    count[state if record.status == "done" else record.status] += 1
                    troubles += [record] if record.status != "done" else []
                    words = f"{job.model.id}: {printable(record.picture)}"
                    live.finished(words, there=there)
                    if not (there or console.is_terminal):
                        console.print(f"{words}: {record.status}", markup=False, highlight=False, soft_wrap=True)
        except KeyboardInterrupt:
            live.progress.stop()
            _told(console, counts, troubles, found, jobs)
            raise
        finally:
            if any(record.judged for record in records):
                write_atomically(results / "faithfulness.csv", judgement_csv(records))
    _told(console, counts, troubles, found, jobs)
    return not (troubles or jobs.refused)


def _told(
    console: Console, counts: dict[str, Counter[str]], troubles: Sequence[Record], found: Found, jobs: _Jobs
) -> None:
    """Says how far it came, if it came to any picture, and what went wrong."""
    if any(counts.values()):
        console.print(result_table(counts))
    _tell(console, troubles, found, jobs)


def _plan(jobs: _Jobs, found: Found, source: Path, results: Path, console: Console) -> bool:
    """Shows what would be done, and returns whether every picture can be read."""
    rows: list[tuple[Record, str]] = []
    records = Records(results)
    for job in jobs:
        for picture in found.pictures:
            record, data = look_at(job, source, picture, records)
            if record is None:
                rows.append(_planned(job, picture, data))
            else:
                rows.append((record, "unreadable" if record.status == "failed" else "there already"))
    console.print(plan_table(rows))
    _tell(console, (), found, jobs)
    return not (any(row.status == "failed" for row, _ in rows) or jobs.refused)


def _planned(job: Job, picture: str, data: bytes) -> tuple[Record, str]:
    about: dict[str, Any] = {"model": job.model.id, "picture": picture}
    try:
        notes = prepare(data, job.model.space, fit=job.fit, invert=job.invert).notes
    except PictureError as error:
        return Record(**about, status="failed", reasons={"": str(error)}), "unreadable"
    return Record(**about, status="done", files=job.files(picture), notes=notes), "to do"


def _tell(console: Console, troubles: Sequence[Record], found: Found, jobs: _Jobs) -> None:
    """Names pictures that went wrong, files that were left out, and classifiers that could not be loaded."""
    table = trouble_table(troubles, found.others)
    if table is not None:
        console.print(table)
    for reason in jobs.refused.values():
        _complain(reason)


def _folders(folder: Path | None, out: Path | None) -> tuple[Path, Path]:
    if folder is None or out is None:
        raise UsageError(
            "Say which pictures and where to: explain.py FOLDER --model ID --out DIR; --list shows models."
        )
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder; give the folder that holds the pictures.")
    if out.resolve() == folder.resolve() or (out.exists() and not out.is_dir()):
        raise UsageError(f"--out {out} should be a folder of its own, apart from the pictures.")
    return folder, out


def _found(source: Path, results: Path, *, recursive: bool) -> Found:
    found = look(source, recursive=recursive, apart=results)
    if not found.pictures:
        below = "" if recursive else "; --recursive looks into folders below"
        raise UsageError(f"{source} holds no picture files ({len(found.others)} others){below}.")
    return found


def _choice(entry: Entry, names: Sequence[str], settings: Sequence[str], text: str, negated: bool) -> _Choice:
    config = read_card(entry.folder).config
    space = Space(kind="image", shape=tuple(config["space"]["shape"]))
    try:
        target = target_from(text, config["classes"], negated=negated)
    except ValueError as error:
        raise UsageError(f"{entry.id}: {error}") from error
    return _Choice(entry, methods(names, settings, space), target)


def _complain(error: Exception | str) -> None:
    Console(stderr=True).print(str(error), style="red", highlight=False, markup=False, soft_wrap=True)


if __name__ == "__main__":
    app()
