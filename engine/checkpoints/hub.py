"""Checkpoints of the Hub: from the local cache at once, else downloaded; never a long wait for a dead network."""

from __future__ import annotations

import errno
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from engine.checkpoints.config import read_config
from engine.checkpoints.errors import CheckpointError, CorruptError, GatedError, MissingCheckpointError, OfflineError
from engine.checkpoints.resolve import HubReference

T = TypeVar("T")

DEADLINE_S = 2.0  # for the first answer; the library itself would try for 23 s
_ALWAYS = ("metrics.json", "model.safetensors", "samples.safetensors")
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
        names = file_names(read_config(folder))
    except CheckpointError:
        return None
    return folder if all((folder / name).is_file() for name in names) else None


def file_names(config: dict[str, Any]) -> list[str]:
    """The files beside `config.json`, as the config lists them.

    Raises:
        CorruptError: If a name would lead out of the folder.
    """
    names = list(config.get("files", _ALWAYS))
    wrong = [name for name in names if not isinstance(name, str) or not _FILE_NAME.fullmatch(name)]
    if wrong:
        raise CorruptError(f"{config['id']} lists files with names that are not allowed: {wrong[:4]}.")
    return sorted({*names, *_ALWAYS})


def _download(reference: HubReference) -> Path:
    from huggingface_hub import get_hf_file_metadata, hf_hub_url

    with translated(reference):
        url = hf_hub_url(reference.repository, _inside(reference, "config.json"), revision=reference.revision)
        within(DEADLINE_S, lambda: get_hf_file_metadata(url, timeout=DEADLINE_S))
    folder = _file(reference, "config.json").parent
    config = read_config(folder)
    # The snapshot's folder is named after its commit: what follows comes from the same one.
    commit = folder.parents[len(PurePosixPath(reference.path).parts) - 1].name if reference.path else folder.name
    for needed in config.get("needs", {}):
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


def within(seconds: float, call: Callable[[], T]) -> T:
    """The result of a call, or TimeoutError: name look-ups know no time limit of their own.

    Raises:
        TimeoutError: If it takes longer; the call is left behind in a daemon thread.
    """
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(call())
        except BaseException as error:  # handed over to the caller's thread below
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not results:
        raise TimeoutError(f"no answer within {seconds:g} s")
    return results[0]


@contextmanager
def translated(reference: HubReference, name: str = "config.json") -> Iterator[None]:
    """Turns failures of the Hub's library and of the network into errors of ours.

    Raises:
        CheckpointError: In their place.
    """
    import httpx2
    from huggingface_hub.errors import HFValidationError

    try:
        yield
    except HFValidationError as error:
        raise MissingCheckpointError(
            f"{reference.repository!r} is no name of a repository ({_first_line(error)})."
        ) from error
    except (OSError, httpx2.HTTPError) as error:
        raise _ours(error, reference, name) from error


def _ours(error: Exception, reference: HubReference, name: str) -> CheckpointError:
    from huggingface_hub import errors

    where = reference.repository + (f" at revision {reference.revision}" if reference.revision else "")
    status = getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(error, errors.RevisionNotFoundError):
        return MissingCheckpointError(f"{reference.repository} on the Hub has no revision {reference.revision!r}.")
    if isinstance(error, errors.RemoteEntryNotFoundError):
        return MissingCheckpointError(_not_in_repository(reference, name, where))
    missing = isinstance(error, errors.RepositoryNotFoundError) and not isinstance(error, errors.GatedRepoError)
    if missing or status == 404:
        return MissingCheckpointError(
            f"The Hub has no model repository {reference.repository}, or it is private: check the name, or log in with "
            "`hf auth login` or set HF_TOKEN."
        )
    if status in (401, 403):
        return GatedError(
            f"{where} on the Hub asks for permission ({_first_line(error)}). Accept its terms on its page, then log in "
            "with `hf auth login` or set HF_TOKEN."
        )
    if status is not None:
        return OfflineError(f"The Hub could not answer for {where} ({_first_line(error)}). Try again later.")
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EDQUOT):
        return CheckpointError(
            f"{name} of {where} cannot be written into the Hub's local cache ({_first_line(error)})."
        )
    return OfflineError(
        f"{where} is neither shipped nor in the local cache, and the Hub cannot be reached ({_first_line(error)}). "
        "Connect to the network once, or pass a folder or one of the shipped models."
    )


def _not_in_repository(reference: HubReference, name: str, where: str) -> str:
    from huggingface_hub import HfApi

    place = f"folder {reference.path}" if reference.path else "checkpoint at its top"
    try:
        files = within(
            DEADLINE_S, lambda: HfApi().model_info(reference.repository, revision=reference.revision).siblings or []
        )
    except OSError:  # the list is only a hint
        files = []
    found = sorted(f.rfilename.removesuffix("/config.json") for f in files if f.rfilename.endswith("/config.json"))
    if reference.path in found:
        return f"{where} on the Hub has an incomplete checkpoint {reference.path}: {name} is missing."
    hint = f"; it has {', '.join(f'{reference.repository}/{path}' for path in found[:8])}" if found else ""
    return f"{where} on the Hub has no {place}{hint}."


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
