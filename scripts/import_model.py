"""Turns models in foreign formats into checkpoints: `python scripts/import_model.py tfjs FOLDER --out checkpoints`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from engine.checkpoints import (  # noqa: E402 - found by the line above
    CheckpointError,
    import_classifier,
    import_fair_face,
    import_stylegan2,
    import_tfjs,
)

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True)

Out = Annotated[Path, typer.Option(help="Folder of checkpoints to write into.")]


@app.callback()
def formats() -> None:
    """Turns models in foreign formats into checkpoints; one command a format."""


@app.command()
def tfjs(
    folder: Annotated[Path, typer.Argument(help="Folder with config.json and decoder_web/.")],
    out: Out,
    id_: Annotated[str | None, typer.Option("--id", help="By default <data set>/<folder>-study.")] = None,
    names: Annotated[str, typer.Option(help="Names of the axes in the code's order, separated by commas.")] = "",
) -> None:
    """Imports a decoder of the interactive reconstruction study from its TensorFlow.js files.

    Exit code: 0 all is well, 1 the files cannot be imported.
    """
    given = [name.strip() for name in names.split(",") if name.strip()]
    _report(lambda: import_tfjs(folder, out, id=id_, names=given), out)


@app.command()
def fairface(
    file: Annotated[Path, typer.Argument(help="The published weights, res34_fair_align_multi_7_20190809.pt.")],
    out: Out,
    readout: Annotated[
        str, typer.Option(help="gender, gender-raw, age, age-bracket, skin-colour, race, or all 18 outputs.")
    ] = "gender",
    id_: Annotated[str | None, typer.Option("--id", help="By default celeba/fairface-<readout>.")] = None,
) -> None:
    """Imports one readout of the FairFace classifier; the file is read without running anything it holds.

    Exit code: 0 all is well, 1 the file cannot be imported.
    """
    _report(lambda: import_fair_face(file, out, readout=readout, id=id_), out)


@app.command()
def classifier(
    source: Annotated[str, typer.Argument(help="Folder with config.json and weights, or owner/repo on the Hub.")],
    out: Out,
    id_: Annotated[str | None, typer.Option("--id", help="By default folder/<name of the source>.")] = None,
) -> None:
    """Imports a classifier with one of torchvision's architectures, as timm's ResNets have.

    Its config.json is that of a timm repository, or a few lines of your own: {"architecture": "resnet18", "classes":
    ["cat", "dog"], "input_size": [3, 224, 224], "weights": "mine.pt"}. Weights are safetensors (model.safetensors by
    default) or a state dict of torch.save, which is read without running anything it holds.

    Exit code: 0 all is well, 1 the files cannot be imported.
    """
    _report(lambda: import_classifier(source, out, id=id_), out)


@app.command()
def stylegan2(
    file: Annotated[Path, typer.Argument(help="A network pickle of StyleGAN2-ADA for PyTorch, such as ffhq.pkl.")],
    out: Out,
    id_: Annotated[str | None, typer.Option("--id", help="By default folder/<name of the file>.")] = None,
    psi: Annotated[float, typer.Option(help="Truncation of samples: 0 the mean picture alone, 1 none.")] = 0.7,
    discriminator: Annotated[bool, typer.Option(help="Take the discriminator along, where there is one.")] = True,
) -> None:
    """Imports the averaged generator of an official StyleGAN2-ADA pickle; nothing that the file holds is run.

    Exit code: 0 all is well, 1 the file cannot be imported.
    """

    def work() -> Path:
        columns = (TextColumn("{task.description}"), BarColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("")

            def show(what: str, done: int, total: int) -> None:
                bar.update(task, description=what, completed=done, total=total)

            return import_stylegan2(file, out, id=id_, psi=psi, discriminator=discriminator, progress=show)

    _report(work, out)


def _report(action: Callable[[], Path], out: Path) -> None:
    """Runs an import and says what it wrote, or why not."""
    try:
        written = action()
    except (CheckpointError, OSError, ValueError) as error:
        Console(stderr=True).print(str(error), style="red", highlight=False, markup=False, soft_wrap=True)
        raise typer.Exit(1) from error
    name = f"{written.parent.name}/{written.name}"
    text = f"Wrote {written}; engine.load({str(written)!r}) opens it, {name!r} once {out} is in the catalogue."
    Console().print(text, highlight=False, markup=False, soft_wrap=True)


if __name__ == "__main__":
    app()
