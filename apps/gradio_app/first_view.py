"""What a page shows before any model is loaded: the catalogue and the default model's first picture, kept as JSON.

Written after each start that finds another set of checkpoints, into the cache folder; the copy beside this file ships
with the repository's own checkpoints (`python -m apps.gradio_app.first_view` writes it). Reading it imports no torch.
"""

from __future__ import annotations

import hashlib
import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.files import locked, write_atomically
from engine.settings import cache_folder, checkpoint_folders

if TYPE_CHECKING:
    from apps.shelf import Shelf

VERSION = 1
SHIPPED = Path(__file__).with_name("first_view.json")


def read() -> dict[str, Any] | None:
    """The kept first view of the checkpoints that are here now: {groups, facts}; None where there is none."""
    wanted = fingerprint()
    for path in (_cached(), SHIPPED):
        if path is None or not path.is_file():
            continue
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue  # half a file or somebody else's: as good as none
        if isinstance(kept, dict) and kept.get("fingerprint") == wanted:
            return kept
    return None


def write(shelf: Shelf, path: Path | None = None) -> dict[str, Any]:
    """Makes the first view, loading the default model, and keeps it; returns it."""
    from apps.gradio_app.browser import default_model, listing
    from apps.gradio_app.traverse import facts

    name = default_model(shelf)
    view = {
        "fingerprint": fingerprint(),
        "groups": listing(shelf),
        "facts": None if name is None else facts(shelf.get(name)),
    }
    path = path or _cached()
    if path is not None:
        _keep(path, json.dumps(view))
    return view


def fingerprint() -> str:
    """Changes with every checkpoint's config, which holds the hash of its weights."""
    digest = hashlib.sha256(str(VERSION).encode())
    for folder in checkpoint_folders():
        for config in sorted(folder.glob("*/*/config.json")):
            digest.update(config.relative_to(folder).as_posix().encode())
            digest.update(hashlib.sha256(config.read_bytes()).digest())
    return digest.hexdigest()


def _cached() -> Path | None:
    folder = cache_folder()
    return None if folder is None else folder / "explorer" / "first_view.json"


def _keep(path: Path, text: str) -> None:
    try:
        with locked(path.with_suffix(".lock")):  # two explorers may start at once
            write_atomically(path, text.encode())
    except OSError as error:
        logging.getLogger(__name__).warning("The first view is not kept (%s): the next start is slower.", error)


def main() -> None:
    """Writes the copy that ships with the repository."""
    from apps.shelf import Shelf

    write(Shelf(device="cpu"), SHIPPED)


if __name__ == "__main__":
    main()
