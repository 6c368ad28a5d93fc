"""Copies checkpoints to a folder or to the Hub: `python scripts/export.py 'mnist/*' --hub owner/repo`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from engine.checkpoints import CheckpointError, closure, copy_checkpoints, read_card, upload  # noqa: E402 - found by the line above

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def export(
    ids: Annotated[list[str] | None, typer.Argument(help="Ids or globs such as 'mnist/*'; none means all.")] = None,
    hub: Annotated[str | None, typer.Option(metavar="OWNER/REPO", help="Upload to this repository.")] = None,
    folder: Annotated[Path | None, typer.Option(metavar="DIR", help="Copy to this folder.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace other checkpoints of these ids there.")] = False,
    source: Annotated[list[Path] | None, typer.Option(help="More folders to look for checkpoints in.")] = None,
    private: Annotated[bool, typer.Option("--private", help="Make a new repository private.")] = False,
    revision: Annotated[str | None, typer.Option(help="Branch to upload to.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be exported and leave.")] = False,
) -> None:
    """Exports checkpoints, and with them those they stand on.

    What else is in DIR stays; a checkpoint there with other contents is replaced only when that is asked for.
    Uploading takes a token that may write: `hf auth login`, or HF_TOKEN. Exit code: 0 all is well, 1 something failed,
    2 the call was wrong.
    """
    console, problems = Console(), Console(stderr=True)
    wrong = _wrong_call(hub, folder, private=private, revision=revision, replace=replace, dry_run=dry_run)
    if wrong:
        problems.print(wrong, style="red", highlight=False)
        raise typer.Exit(2)
    try:
        found = closure(ids or (), folders=source or ())
        console.print(_table(found))
        if dry_run:
            return
        if folder is not None:
            copy_checkpoints(found, folder, replace=replace)
            console.print(f"Copied {len(found)} checkpoints to {folder}.", highlight=False)
        if hub is not None:
            commit = upload(found, hub, private=private, revision=revision)
            text = f"Uploaded {len(found)} checkpoints to {hub}, commit {commit}."
            console.print(text, highlight=False, soft_wrap=True)
            console.print(f'engine.load("{hub}/{next(iter(found))}@{commit}")', highlight=False, soft_wrap=True)
    except (CheckpointError, OSError, ValueError) as error:
        problems.print(str(error), style="red", highlight=False, markup=False, soft_wrap=True)
        raise typer.Exit(1) from error


def _wrong_call(
    hub: str | None, folder: Path | None, *, private: bool, revision: str | None, replace: bool, dry_run: bool
) -> str:
    if hub is None and folder is None and not dry_run:
        return "Say where to: --folder DIR, --hub OWNER/REPO, or both; --dry-run only lists."
    if hub is not None and (hub.count("/") != 1 or not all(hub.split("/"))):
        return f"--hub takes OWNER/REPO; got {hub!r}."
    if hub is None and (private or revision):
        return "--private and --revision belong to --hub OWNER/REPO."
    if folder is None and replace:
        return "--replace belongs to --folder DIR."
    return ""


def _table(found: dict[str, Path]) -> Table:
    table = Table("checkpoint", "what it is", "preset", "size in MB", "stands on")
    for name, folder in found.items():
        config = read_card(folder).config
        size = sum(path.stat().st_size for path in folder.iterdir()) / 1e6
        table.add_row(name, config["title"], config["preset"], f"{size:.2f}", ", ".join(config["needs"]))
    return table


if __name__ == "__main__":
    app()
