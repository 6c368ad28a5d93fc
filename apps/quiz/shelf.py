"""The studies of this server: the ready-made ones and the files of its study folder, read anew when they change."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from apps.refusals import NotFoundError, RefusedError
from engine import settings

if TYPE_CHECKING:
    from engine.study.design import Study

SUFFIXES = (".yaml", ".yml", ".json")


@dataclass(frozen=True)
class Listed:
    """A study as lists show it.

    Attributes:
        name: Its place in links.
        study: The study; None if its file cannot be read.
        problem: What is wrong with the file.
        own: Whether it is a file of this server's folder, else it is ready-made.
    """

    name: str
    study: Study | None
    problem: str | None
    own: bool


@dataclass
class StudyShelf:
    """Looks studies up by name; a file of the folder stands before a ready-made one of the same name.

    Attributes:
        folder: Where study files of this server lie; need not exist.
    """

    folder: Callable[[], Path] = settings.study_folder
    _read: dict[Path, tuple[tuple[int, int], Listed]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, name: str) -> Study:
        """A study by name.

        Raises:
            NotFoundError: If there is none.
            RefusedError: If its file is not valid.
        """
        found = next((one for one in self.entries() if one.name == name), None)
        if found is None:
            raise NotFoundError(f"There is no study {name[:60]!r} here. Check the link.")
        if found.study is None:
            raise RefusedError("This study's file is not valid, so it cannot be taken part in; its owner can see why.")
        return found.study

    def entries(self) -> tuple[Listed, ...]:
        """All there are: this server's own first, then the ready-made ones."""
        from engine.study.files.ready_made import ready_made

        folder = self.folder()
        files = sorted(path for path in folder.glob("*") if path.suffix in SUFFIXES) if folder.is_dir() else []
        own = [self._listed(path) for path in files]
        taken = {one.name for one in own}
        made = [Listed(name, study, None, own=False) for name, study in ready_made().items() if name not in taken]
        return (*own, *made)

    def _listed(self, path: Path) -> Listed:
        from engine.study.files.study_file import read_study
        from engine.study.files.study_problem import StudyFileError

        try:
            found = path.stat()
            stamp = found.st_mtime_ns, found.st_size
            with self._lock:
                kept = self._read.get(path)
            if kept and kept[0] == stamp:
                return kept[1]
            study = read_study(path)
            listed = Listed(study.name, study, None, own=True)
        except (OSError, StudyFileError) as error:
            return Listed(path.stem, None, str(error), own=True)
        with self._lock:
            self._read[path] = stamp, listed
        return listed
