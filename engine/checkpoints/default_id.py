"""The id of what is imported from a file or folder that has a name and no id."""

from __future__ import annotations

import re
from pathlib import Path

from engine.checkpoints.config import read_config
from engine.checkpoints.errors import ConfigError


def default_id(name: str) -> str:
    """`folder/<name>`, with what an id may not hold left out."""
    plain = re.sub(r"[^\w.+=,-]+", "-", name).strip("-")
    return f"folder/{plain}"


def check_free(folder: Path, id: str, *, sha256: str, source: Path) -> None:
    """Many files have the same name; what was imported from one must not be lost to another.

    Args:
        folder: Where the checkpoint would lie.
        id: Its default id.
        sha256: Of the file it is imported from.
        source: That file.

    Raises:
        ConfigError: If the folder holds what was imported from another file.
    """
    if (folder / "config.json").is_file() and read_config(folder)["training"].get("sha256") != sha256:
        raise ConfigError(
            f"{folder} is there already, and was not imported from {source}. Give this one a name of its own "
            f"(--id folder/...), or replace the other (--id {id})."
        )
