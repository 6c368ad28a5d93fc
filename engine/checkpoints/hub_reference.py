"""References to checkpoints of the Hub: `owner/repo`, `owner/repo/mnist/tc5`, both optionally with `@revision`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from engine.checkpoints.errors import MissingCheckpointError
from engine.registry import unknown

_PART = re.compile(r"[A-Za-z0-9][\w.-]*")


@dataclass(frozen=True)
class HubReference:
    """A checkpoint in a repository of the Hub.

    Attributes:
        repository: `owner/repo`.
        path: Folder inside it, "" for the repository itself.
        revision: Branch, tag or commit; None for the newest.
    """

    repository: str
    path: str = ""
    revision: str | None = None


def parse_hub(ref: str, known: Sequence[str] = ()) -> HubReference:
    """Takes `owner/repo[/path][@revision]` apart.

    Args:
        ref: What was given.
        known: Ids of the catalogue, for the message.

    Raises:
        MissingCheckpointError: If it is no such reference.
    """
    name, _, revision = ref.partition("@")
    parts = name.split("/")
    if len(parts) < 2 or not all(_PART.fullmatch(part) for part in parts):
        raise MissingCheckpointError(
            f"{unknown('checkpoint', ref, known)} A folder or a Hub repository (owner/repo, owner/repo/mnist/tc5, "
            "optionally @revision) would do as well."
        )
    return HubReference("/".join(parts[:2]), "/".join(parts[2:]), revision or None)
