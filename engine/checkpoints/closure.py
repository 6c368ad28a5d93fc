"""Which checkpoints go together: those asked for, and all that they stand on."""

from __future__ import annotations

import filecmp
import fnmatch
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from engine.checkpoints.atomic_folder import replaced
from engine.checkpoints.config import read_config
from engine.checkpoints.errors import CorruptError, MissingCheckpointError, NeedsError
from engine.checkpoints.resolve import known_folders
from engine.checkpoints.weights import check_hash, read_bytes
from engine.registry import unknown


def closure(patterns: Sequence[str] = (), *, folders: Sequence[Path] = ()) -> dict[str, Path]:
    """Finds checkpoints and all they stand on, and checks that their weights are those their configs name.

    Args:
        patterns: Ids or globs, such as `mnist/*`; none means all.
        folders: More folders of checkpoints to look in.

    Returns:
        Folders by id; what others stand on comes before them.

    Raises:
        MissingCheckpointError: If a pattern matches none.
        NeedsError: If one that is needed is missing or has other weights.
        CorruptError: If a checkpoint is damaged.
    """
    known = known_folders(folders)
    found: dict[str, Path] = {}
    for pattern in patterns or ("*",):
        names = [name for name in known if fnmatch.fnmatchcase(name, pattern)]
        if not names:
            raise MissingCheckpointError(unknown("checkpoint", pattern, known))
        for name in names:
            _add(name, known, found, ())
    return found


def copy_checkpoints(found: Mapping[str, Path], destination: Path, *, replace: bool = False) -> list[Path]:
    """Copies checkpoint folders below `destination`, each at once or not at all; all else in there stays.

    Args:
        found: Folders by id, such as `closure` returns.
        destination: Where to; may hold other checkpoints, and the same ones, which are left as they are.
        replace: Whether a checkpoint with other contents makes room for the copy. Never does what is no checkpoint.

    Returns:
        The copies, in order.

    Raises:
        ValueError: If something that would be lost is in the way, or a copy would replace its own original; nothing is
            copied then.
        OSError: If it cannot be written.
    """
    wanted = {name: destination / name for name in found}
    for name, target in wanted.items():
        _check_free(name, found[name], target, replace=replace)
    for name, target in wanted.items():
        if _same(found[name], target):
            continue
        with replaced(target) as fresh:
            for path in found[name].iterdir():
                (fresh / path.name).write_bytes(path.read_bytes())
    return list(wanted.values())


def _check_free(name: str, folder: Path, target: Path, *, replace: bool) -> None:
    if target.resolve() == folder.resolve():
        raise ValueError(f"{folder} is where {name} comes from; choose another folder to copy it to.")
    if not target.exists() or _same(folder, target) or (target.is_dir() and not any(target.iterdir())):
        return
    if not (target / "config.json").is_file():
        raise ValueError(f"{target} is there and is no checkpoint; move it away, or choose another folder.")
    if not replace:
        raise ValueError(f"{target} holds another {name}; choose another folder, or replace it (--replace).")


def _same(folder: Path, other: Path) -> bool:
    """Whether both folders hold the same files."""
    if not other.is_dir():
        return False
    names = sorted(path.name for path in folder.iterdir())
    if names != sorted(path.name for path in other.iterdir()):
        return False
    return all(filecmp.cmp(folder / name, other / name, shallow=False) for name in names)


def _add(name: str, known: Mapping[str, Path], found: dict[str, Path], above: tuple[str, ...]) -> None:
    if name in found:
        return
    if name in above:
        raise NeedsError(f"These checkpoints stand on each other in a circle: {' -> '.join([*above, name])}.")
    config = read_config(known[name], id=name)
    for needed, sha256 in config["needs"].items():
        if needed not in known:
            raise NeedsError(f"{name} stands on {needed}, which is not there: {unknown('checkpoint', needed, known)}")
        if _hash(known[needed]) != sha256:
            raise NeedsError(
                f"{name} was made with other weights of {needed} than those in {known[needed]}; train {name} again, or "
                f"put back the {needed} it was made with."
            )
        _add(needed, known, found, (*above, name))
    weights = known[name] / "model.safetensors"
    check_hash(read_bytes(weights), config["weights"]["sha256"], weights)
    found[name] = known[name]


def _hash(folder: Path) -> str:
    try:
        return hashlib.sha256(read_bytes(folder / "model.safetensors")).hexdigest()
    except CorruptError:
        return ""
