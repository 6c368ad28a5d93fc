"""A saved style matrix as plain files for any file server: `python scripts/export_matrix.py SESSION.json FOLDER`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import engine  # noqa: E402 - found by the line above
from engine.checkpoints import CheckpointError, LoadedDecoder  # noqa: E402
from engine.explain.readouts import Gauge, gauge_named, gauges  # noqa: E402
from engine.explain.style_matrix import (  # noqa: E402
    Rater,
    Renderer,
    SavedSession,
    export_count,
    load_session,
    make_bank,
)
from engine.explain.style_matrix.export_count import LIMIT  # noqa: E402
from engine.explain.style_matrix.session_file import MOST_BYTES  # noqa: E402
from engine.figures.style_matrix_site import site_files, write_site  # noqa: E402
from engine.models.slots import slots_of  # noqa: E402

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def export(
    session: Annotated[Path, typer.Argument(help="A file that the style matrix saved.")],
    folder: Annotated[Path, typer.Argument(help="Where to; it must be empty or missing.")],
    step: Annotated[float, typer.Option(help="Of the mixes: 1 (styles alone), 0.5, 0.25, 0.2 or 0.1.")] = 0.25,
    rating: Annotated[str | None, typer.Option(metavar="'CLASSIFIER OUTPUT'", help="Else the session's own.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="More pictures than this are refused.")] = LIMIT,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell how many pictures there would be.")] = False,
) -> None:
    """Draws and rates every mix of a session's styles, and writes a page that shows them.

    Exit code: 0 all is well, 1 something failed or was refused.
    """
    console, problems = Console(), Console(stderr=True)
    try:
        if session.stat().st_size > MOST_BYTES:
            raise ValueError(f"{session} has {session.stat().st_size:,} bytes; a session has at most {MOST_BYTES:,}.")
        saved = load_session(session.read_text(encoding="utf-8"))
        state = saved.session.state
        count = export_count(state.slots, state.styles, step, limit=limit)
        console.print(f"{count:,} pictures: {state.slots} columns of {state.styles} styles in steps of {step:g}.")
        if not dry_run:
            files = _written(saved, folder, step, state.rating if rating is None else rating, limit, console)
            console.print(f"{files:,} files are in {folder}.", highlight=False, soft_wrap=True)
    except (CheckpointError, OSError, ValueError) as error:
        problems.print(str(error), style="red", highlight=False, markup=False, soft_wrap=True)
        raise typer.Exit(1) from error


def _written(saved: SavedSession, folder: Path, step: float, rating: str, limit: int, console: Console) -> int:
    state, model = saved.session.state, engine.load(saved.model)
    bank = make_bank(model, slots_of(model, columns=state.settings.columns), state.settings)
    if bank.id != saved.bank:
        console.print(f"{saved.model} is not the model that this was saved with: its styles look different now.")
    rater = Rater(Renderer(model))
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("Drawing")
        files = site_files(
            rater, bank, state, step=step, limit=limit, gauge=_gauge(rating, model),
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )  # fmt: skip
        return write_site(folder, files)


def _gauge(rating: str, model: LoadedDecoder) -> Gauge | None:
    """The readout that `classifier output` names; None for an empty text."""
    if not rating:
        return None
    reader, _, output = rating.partition(" ")
    return gauge_named(gauges(engine.load(reader), model.space), output)


if __name__ == "__main__":
    app()
