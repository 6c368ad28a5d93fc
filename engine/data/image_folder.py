"""A user's own pictures: a folder with one folder of picture files a class."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import numpy as np
import torch

from engine.data.dataset import DATASETS, DataUnavailableError
from engine.data.file_pictures import FilePictures, Index, mirrored
from engine.data.square import square
from engine.data.stratified_split import stratified_split

FOLDER = "folder"
_ENDINGS = (".jpg", ".jpeg", ".png")


@DATASETS.register("folder")  # type: ignore[arg-type] # its classes are looked up when asked for
class ImageFolder(FilePictures):
    """Pictures `<folder>/<class>/*.jpg` or `.png`; classes by name, three quarters of each for training.

    Pages and recipes know this data set by its name alone, which always means `<mirror folder>/folder`; another folder
    can be given in Python only.

    Args:
        path: The folder; a relative one lies in the mirror folder. None takes `folder` there.
        size: Pixels a side; None takes 144.
    """

    name = "folder"
    title = "Own pictures"
    space = square(144)
    licence = "the user's own"
    citation = "the user's own pictures"
    url = "https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.ImageFolder.html"  # the same layout

    def __init__(self, path: str | Path | None = None, *, size: int | None = None) -> None:
        super().__init__(size)
        self._path = Path(FOLDER if path is None else path).expanduser()

    @cached_property
    def classes(self) -> tuple[str, ...]:  # type: ignore[override] # read when asked for: it takes a look at the disk
        """Names of the class folders.

        Raises:
            DataUnavailableError: If there are none.
        """
        return tuple(self._files)

    def read_index(self) -> Index:
        """Files by class, then by name."""
        files = [file for of_class in self._files.values() for file in of_class]
        labels = np.repeat(np.arange(len(self._files)), [len(of_class) for of_class in self._files.values()])
        train, test = stratified_split(labels)
        return Index(files=files, train=train, test=test, labels=torch.from_numpy(labels))

    @cached_property
    def _files(self) -> dict[str, list[Path]]:
        folder = self._path if self._path.is_absolute() else mirrored(str(self._path), "<class>/*.jpg or *.png")
        found = {child.name: _pictures(child) for child in sorted(folder.glob("*")) if _is_shown(child)}
        found = {name: files for name, files in found.items() if files}
        if not found:
            raise DataUnavailableError(f"{folder} has no pictures <class>/*.jpg or *.png, one folder a class.")
        return found


def _pictures(folder: Path) -> list[Path]:
    files = (file for file in folder.iterdir() if not file.name.startswith("."))
    return sorted(file for file in files if file.suffix.lower() in _ENDINGS)


def _is_shown(folder: Path) -> bool:
    return folder.is_dir() and not folder.name.startswith(".")
