"""Checkpoints of the Hub: from the local cache at once, else downloaded; never a long wait for a dead network."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Any

from engine.checkpoints.config import read_config
from engine.checkpoints.errors import CheckpointError, ConfigError, CorruptError, MissingCheckpointError
from engine.checkpoints.foreign_config import WEIGHTS, foreign_config, is_foreign, weights_name
from engine.checkpoints.hub_errors import translated
from engine.checkpoints.hub_reference import HubReference
from engine.checkpoints.time_limit import DEADLINE_S, within

_ALWAYS = ("metrics.json", WEIGHTS, "samples.safetensors")
_FILE_NAME = re.compile(r"\w[\w.-]*")


def fetch(reference: HubReference) -> Path:
    """The folder of a Hub checkpoint in the local cache, downloaded first where it is not there yet.

    A cached checkpoint costs no request at all, so it does not follow a branch that has moved on; a full commit as
    revision names one state for good. Checkpoints that this one stands on are fetched with it.

    Raises:
        OfflineError: If it is not cached and the Hub does not answer within `DEADLINE_S`.
        MissingCheckpointError: If there is no such repository, revision or folder.
        GatedError: If the repository asks for an account or an accepted licence.
        CorruptError: If the download is not what it should be.
    """
    with translated(reference):
        folder = cached(reference)
    return _download(reference) if folder is None else folder


def cached(reference: HubReference) -> Path | None:
    """The folder in the local cache if all files are there; asks nobody."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(reference.repository, _inside(reference, "config.json"), revision=reference.revision)
    if not isinstance(found, str):
        return None
    folder = Path(found).parent
    try:
        names = file_names(_config(folder))
    except CheckpointError:
        return None
    return folder if all((folder / name).is_file() for name in names) else None


def commit_of(reference: HubReference, folder: Path) -> str:
    """The commit that a folder of the local cache is of: its snapshot is named after it."""
    return folder.parents[len(PurePosixPath(reference.path).parts) - 1].name if reference.path else folder.name


def file_names(config: dict[str, Any]) -> list[str]:
    """The files beside `config.json`, as the config lists them; of a classifier made elsewhere, its safetensors.

    Raises:
        CorruptError: If a name would lead out of the folder.
        ConfigError: If the weights of a classifier made elsewhere are a pickle.
    """
    if is_foreign(config):
        return [_foreign_weights(config)]
    names = list(config.get("files", _ALWAYS))
    wrong = [name for name in names if not isinstance(name, str) or not _FILE_NAME.fullmatch(name)]
    if wrong:
        raise CorruptError(f"{config['id']} lists files with names that are not allowed: {wrong[:4]}.")
    return sorted({*names, *_ALWAYS})


def _foreign_weights(config: dict[str, Any]) -> str:
    name = weights_name(config, Path("config.json"))
    if not name.endswith(".safetensors"):
        raise ConfigError(
            f"config.json names the weights {name!r}; of the Hub only safetensors are taken. Download the repository "
            "yourself and import its folder: python scripts/import_model.py classifier FOLDER --out checkpoints."
        )
    return name


def _config(folder: Path) -> dict[str, Any]:
    foreign = foreign_config(folder)
    return read_config(folder) if foreign is None else foreign


def _download(reference: HubReference) -> Path:
    from huggingface_hub import get_hf_file_metadata, hf_hub_url

    with translated(reference):
        url = hf_hub_url(reference.repository, _inside(reference, "config.json"), revision=reference.revision)
        within(DEADLINE_S, lambda: get_hf_file_metadata(url, timeout=DEADLINE_S))
    folder = _file(reference, "config.json").parent
    config = _config(folder)
    commit = commit_of(reference, folder)  # what follows comes from the same one
    for needed in () if is_foreign(config) else config["needs"]:
        _fetch_needed(reference, config["id"], needed, commit)
    for name in file_names(config):
        _file(HubReference(reference.repository, reference.path, commit), name)
    return folder


def _fetch_needed(reference: HubReference, own: str, needed: str, commit: str) -> None:
    """Fetches a checkpoint this one stands on, where it lies beside it; `load` says so if it is nowhere."""
    if not (reference.path == own or reference.path.endswith(f"/{own}")):
        return
    path = reference.path.removesuffix(own) + needed
    try:
        fetch(HubReference(reference.repository, path, commit))
    except MissingCheckpointError:
        return


def _file(reference: HubReference, name: str) -> Path:
    from huggingface_hub import hf_hub_download

    with translated(reference, name):
        return Path(hf_hub_download(reference.repository, _inside(reference, name), revision=reference.revision))


def _inside(reference: HubReference, name: str) -> str:
    return f"{reference.path}/{name}" if reference.path else name
