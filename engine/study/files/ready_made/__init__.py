"""Ready-made studies: the published designs, improved ones, and one of controls. A new file is listed by lying here."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from engine.study.design import Study
from engine.study.files.study_file import read_study

FOLDER = Path(__file__).parent


@functools.cache
def ready_made() -> Mapping[str, Study]:
    """The ready-made studies by name, in alphabetical order.

    Raises:
        StudyFileError: If a file is damaged.
    """
    studies = [read_study(path) for path in sorted(FOLDER.glob("*.yaml"))]
    return MappingProxyType({study.name: study for study in studies})


def ready_made_file(name: str) -> Path:
    """Where the file of a ready-made study lies, comments and all, to copy from.

    Raises:
        KeyError: If there is none of this name.
    """
    if name not in ready_made():
        raise KeyError(f"No ready-made study {name!r}; choose one of {list(ready_made())}.")
    return FOLDER / f"{name}.yaml"
