"""The few settings that come from the environment: where things lie, and where and how the apps run.

`LATENT_EXPLORER_DATA`: a folder with local copies of Hub data sets, laid out `<owner>/<repository>/<config>/*.parquet`
(and `dsprites/` for the official archive, `CelebAMask-HQ/`, `flowers-102/`, `folder/`). Unset: the Hub's local cache,
then the Hub.

`LATENT_EXPLORER_CHECKPOINTS`: folders of checkpoints, joined by the platform's path separator. Unset: the repository's.

`LATENT_EXPLORER_CACHE`: the folder for decoded data; `off` writes nothing. Unset: the platform's cache folder.

`LATENT_EXPLORER_DEVICE`: where the apps run models: `auto`, `cpu`, `cuda` or `cuda:N`. Unset: `auto`.

`LATENT_EXPLORER_OPEN`: whether the explorer opens a browser tab: `1`, `true` or `yes`. Unset: it does not.

`LATENT_EXPLORER_STUDIES`: where answers of studies are kept: a folder, or the URL of a PostgreSQL database,
`postgresql://user:secret@host/name`. Unset: the platform's folder for data.

`LATENT_EXPLORER_STUDIES_REPO`: `owner/name` of a private data set on the Hub that gets a copy of every session, for
machines that lose their disk. Unset: nothing leaves this machine.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

DATA_VARIABLE = "LATENT_EXPLORER_DATA"
CACHE_VARIABLE = "LATENT_EXPLORER_CACHE"
CHECKPOINTS_VARIABLE = "LATENT_EXPLORER_CHECKPOINTS"
DEVICE_VARIABLE = "LATENT_EXPLORER_DEVICE"
OPEN_VARIABLE = "LATENT_EXPLORER_OPEN"
STUDIES_VARIABLE = "LATENT_EXPLORER_STUDIES"
STUDIES_REPO_VARIABLE = "LATENT_EXPLORER_STUDIES_REPO"
_OFF = ("off", "none", "no", "0")
_DEVICE = re.compile(r"auto|cpu|cuda(:\d+)?")
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")


def data_folder() -> Path | None:
    """The mirror folder of `LATENT_EXPLORER_DATA`, or None when it is unset; need not exist."""
    value = os.environ.get(DATA_VARIABLE, "").strip()
    return Path(value).expanduser() if value else None


def checkpoint_folders() -> tuple[Path, ...]:
    """The folders of `LATENT_EXPLORER_CHECKPOINTS`, or the repository's own `checkpoints/`; need not exist."""
    value = os.environ.get(CHECKPOINTS_VARIABLE, "").strip()
    named = tuple(Path(part).expanduser() for part in value.split(os.pathsep) if part.strip())
    return named or (Path(__file__).resolve().parents[1] / "checkpoints",)


def cache_folder() -> Path | None:
    """Where decoded data may be kept, or None when `LATENT_EXPLORER_CACHE` is `off`; need not exist yet."""
    value = os.environ.get(CACHE_VARIABLE, "").strip()
    if value.lower() in _OFF:
        return None
    return Path(value).expanduser() if value else _platform_cache() / "latent-explorer"


def device() -> str:
    """Where the apps run models, by `LATENT_EXPLORER_DEVICE`: `auto`, `cpu`, `cuda` or `cuda:N`; need not be there.

    Raises:
        ValueError: If the variable says something else.
    """
    value = os.environ.get(DEVICE_VARIABLE, "").strip().lower() or "auto"
    if not _DEVICE.fullmatch(value):
        raise ValueError(f"{DEVICE_VARIABLE} should be auto, cpu, cuda or cuda:N, such as cuda:1; got {value!r}.")
    return value


def open_browser() -> bool:
    """Whether the explorer opens a browser tab, by `LATENT_EXPLORER_OPEN`.

    Raises:
        ValueError: If the variable is neither a yes nor a no.
    """
    value = os.environ.get(OPEN_VARIABLE, "").strip().lower()
    if value in ("1", "true", "yes"):
        return True
    if value in ("", "0", "false", "no"):
        return False
    raise ValueError(f"{OPEN_VARIABLE} should be 1, true or yes, or 0, false or no; got {value!r}.")


def studies() -> str | Path:
    """Where answers of studies are kept, by `LATENT_EXPLORER_STUDIES`: a SQLite file, or a database's URL.

    The file's folder need not exist yet.
    """
    value = os.environ.get(STUDIES_VARIABLE, "").strip()
    if "://" in value:
        return value
    return (Path(value).expanduser() if value else _platform_data() / "latent-explorer") / "studies.sqlite"


def study_folder() -> Path:
    """Where this machine's own study files lie: beside their answers; need not exist."""
    place = studies()
    return place.parent if isinstance(place, Path) else _platform_data() / "latent-explorer"


def studies_repository() -> str | None:
    """The data set of `LATENT_EXPLORER_STUDIES_REPO`, `owner/name`, or None when it is unset; need not exist.

    Raises:
        ValueError: If the variable says something else.
    """
    value = os.environ.get(STUDIES_REPO_VARIABLE, "").strip()
    if value and not _REPOSITORY.fullmatch(value):
        raise ValueError(f"{STUDIES_REPO_VARIABLE} should be owner/name of a data set on the Hub; got {value!r}.")
    return value or None


def _platform_data() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")


def _platform_cache() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
