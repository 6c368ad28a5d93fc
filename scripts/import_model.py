"""Turns models in foreign formats into checkpoints: `python scripts/import_model.py tfjs FOLDER --out checkpoints`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from engine.checkpoints import CheckpointError, import_tfjs  # noqa: E402 - found by the line above

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True)


@app.callback()
def formats() -> None:
    """Turns models in foreign formats into checkpoints; one command a format."""


@app.command()
def tfjs(
    folder: Annotated[Path, typer.Argument(help="Folder with config.json and decoder_web/.")],
    out: Annotated[Path, typer.Option(help="Folder of checkpoints to write into.")],
    id_: Annotated[str | None, typer.Option("--id", help="By default <data set>/<folder>-study.")] = None,
    names: Annotated[str, typer.Option(help="Names of the axes in the code's order, separated by commas.")] = "",
) -> None:
    """Imports a decoder of the interactive reconstruction study from its TensorFlow.js files.

    Exit code: 0 all is well, 1 the files cannot be imported.
    """
    try:
        written = import_tfjs(folder, out, id=id_, names=[name.strip() for name in names.split(",") if name.strip()])
    except (CheckpointError, OSError, ValueError) as error:
        Console(stderr=True).print(str(error), style="red", highlight=False, markup=False, soft_wrap=True)
        raise typer.Exit(1) from error
    name = f"{written.parent.name}/{written.name}"
    text = f"Wrote {written}; engine.load({str(written)!r}) opens it, {name!r} once {out} is in the catalogue."
    Console().print(text, highlight=False, markup=False, soft_wrap=True)


if __name__ == "__main__":
    app()
