"""References to models: what they may look like and which folder each means."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from engine.checkpoints.atomic_folder import restore
from engine.checkpoints.errors import ConfigError, MissingCheckpointError
from engine.checkpoints.hub import fetch
from engine.checkpoints.hub_reference import parse_hub
from engine.data import DATASETS
from engine.registry import unknown
from engine.settings import checkpoint_folders

_ID_PART = re.compile(r"[A-Za-z0-9][\w.+=,-]*")  # a varied recipe's id: tc5+optimiser.lr=0.001


def find_folder(ref: str | Path, *, folders: Sequence[Path] = ()) -> Path:
    """The folder a reference means; a Hub repository is fetched into the local cache first.

    Args:
        ref: Catalogue id, folder, or Hub reference.
        folders: More folders of checkpoints to look in for ids.

    Raises:
        MissingCheckpointError: If there is no such checkpoint; the message lists neighbours.
        CheckpointError: If the Hub cannot give it.
    """
    if isinstance(ref, Path) or ref.startswith((".", "/", "~", "\\")) or Path(ref).is_absolute():
        return _existing(Path(ref).expanduser())
    for root in roots(folders):
        folder = root / ref
        if _plain(ref):
            restore(folder)
            if (folder / "config.json").is_file():
                return folder
    if ref.partition("/")[0] in DATASETS:
        raise MissingCheckpointError(unknown("checkpoint", ref, known_ids(folders) or list(DATASETS)))
    if (Path(ref) / "config.json").is_file():
        return Path(ref)
    return fetch(parse_hub(ref, known_ids(folders)))


def catalogue_id(folder: Path, folders: Sequence[Path] = ()) -> str | None:
    """The id that a folder has by its place below one of the roots, `<dataset>/<name>`; None elsewhere."""
    inside = any(folder.parent.parent.resolve() == root.resolve() for root in roots(folders))
    return f"{folder.parent.name}/{folder.name}" if inside else None


def check_id(id: str) -> None:
    """Refuses what the catalogue could not find again.

    Raises:
        ConfigError: If it is not `<data set>/<name>` of a known data set and a plain name.
    """
    dataset, _, name = id.partition("/")
    if dataset not in DATASETS or not _ID_PART.fullmatch(name):
        raise ConfigError(
            "The id of a checkpoint is <data set>/<name>, such as mnist/mine, with one of the data "
            f"sets {list(DATASETS)} and a name of letters, digits and . _ - + =; got {id!r}."
        )


def roots(folders: Sequence[Path] = ()) -> tuple[Path, ...]:
    """The folders of checkpoints, in the order they are searched.

    `LATENT_EXPLORER_CHECKPOINTS` (folders joined by the platform's path separator) takes the place of the repository's
    own `checkpoints/`; `folders` come after it.
    """
    return (*checkpoint_folders(), *(Path(folder) for folder in folders))


def known_folders(folders: Sequence[Path] = ()) -> dict[str, Path]:
    """Every checkpoint folder below the roots by its id, `<dataset>/<name>`; the first root wins."""
    found: dict[str, Path] = {}
    for root in roots(folders):
        for config in sorted(root.glob("*/*/config.json")):
            if not any(part.startswith(".") for part in config.relative_to(root).parts):
                found.setdefault(config.parent.relative_to(root).as_posix(), config.parent)
    return found


def known_ids(folders: Sequence[Path] = ()) -> list[str]:
    """The ids of all checkpoint folders below the roots."""
    return sorted(known_folders(folders))


def _plain(ref: str) -> bool:
    return all(_ID_PART.fullmatch(part) for part in ref.split("/"))


def _existing(folder: Path) -> Path:
    restore(folder)
    if not (folder / "config.json").is_file():
        what = "has no config.json, so it is not a checkpoint folder" if folder.is_dir() else "does not exist"
        inside = sorted(path.parent.relative_to(folder).as_posix() for path in folder.glob("*/*/config.json"))
        hint = f"; it contains the checkpoints {inside}" if inside else ""
        raise MissingCheckpointError(f"The folder {folder} {what}{hint}.")
    return folder
