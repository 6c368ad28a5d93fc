"""Failures of the Hub's library and of the network, as errors of ours that say what to do."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from engine.checkpoints.errors import CheckpointError, GatedError, MissingCheckpointError, OfflineError
from engine.checkpoints.hub_reference import HubReference
from engine.checkpoints.time_limit import DEADLINE_S, within


@contextmanager
def translated(reference: HubReference, name: str = "config.json") -> Iterator[None]:
    """Turns failures of the Hub's library and of the network into errors of ours.

    Raises:
        CheckpointError: In their place.
    """
    from huggingface_hub import errors

    try:
        yield
    except errors.HFValidationError as error:
        raise _no_name(error, reference.repository) from error
    except (OSError, errors.HTTPError) as error:  # type: ignore[attr-defined] # of the HTTP client below it
        raise _of_download(error, reference, name) from error


@contextmanager
def translated_upload(repository: str) -> Iterator[None]:
    """The same for uploads; whatever is read from this machine's own disk belongs outside of it.

    Raises:
        CheckpointError: In their place.
    """
    from huggingface_hub import errors

    try:
        yield
    except errors.HFValidationError as error:
        raise _no_name(error, repository) from error
    except (OSError, errors.HTTPError) as error:  # type: ignore[attr-defined] # of the HTTP client below it
        raise _of_upload(error, repository) from error


def _of_upload(error: Exception, repository: str) -> CheckpointError:
    from huggingface_hub import errors

    status = _status(error)
    if status in (401, 403, 404) or isinstance(error, errors.LocalTokenNotFoundError):
        return GatedError(
            f"The Hub does not let you write to {repository} ({_first_line(error)}). Log in with `hf auth login`, or "
            "set HF_TOKEN, with a token that may write there, and check the name."
        )
    if status is not None and status < 500:
        return CheckpointError(f"The Hub refused the upload to {repository} ({_first_line(error)}).")
    if status is not None:
        return OfflineError(f"The Hub could not take what is for {repository} ({_first_line(error)}). Try again later.")
    return OfflineError(
        f"Nothing was uploaded to {repository}: the Hub cannot be reached ({_first_line(error)}). Connect to the "
        "network and try again."
    )


def _of_download(error: Exception, reference: HubReference, name: str) -> CheckpointError:
    from huggingface_hub import errors

    where = reference.repository + (f" at revision {reference.revision}" if reference.revision else "")
    status = _status(error)
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
    names = {file.rfilename for file in files}
    if (f"{reference.path}/config.json" if reference.path else "config.json") in names:
        return f"{where} on the Hub has an incomplete checkpoint {reference.path or 'at its top'}: {name} is missing."
    found = sorted(one.removesuffix("/config.json") for one in names if one.endswith("/config.json"))
    hint = f"; it has {', '.join(f'{reference.repository}/{path}' for path in found[:8])}" if found else ""
    return f"{where} on the Hub has no {place}{hint}."


def _no_name(error: Exception, repository: str) -> MissingCheckpointError:
    return MissingCheckpointError(f"{repository!r} is no name of a repository ({_first_line(error)}).")


def _status(error: Exception) -> int | None:
    status: int | None = getattr(getattr(error, "response", None), "status_code", None)
    return status


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
