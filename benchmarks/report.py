"""How every benchmark tells what it measured: a table on the terminal and, if asked for, a JSON file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

if TYPE_CHECKING:
    from rich.table import Table

JsonFile = Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the figures here.")]


def report(table: Table, results: Sequence[Any], file: Path | None) -> None:
    """Prints a table; writes its rows, which are dataclasses, to a file if one is named."""
    Console().print(table)
    if file is not None:
        file.write_text(json.dumps([asdict(result) for result in results], indent=2) + "\n", encoding="utf-8")
