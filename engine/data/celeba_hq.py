"""CelebAMask-HQ: 30,000 sharp faces with 40 binary attributes, read from the authors' folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from engine.data.celeba import ATTRIBUTES
from engine.data.dataset import DATASETS, DataFormatError, Ids
from engine.data.file_pictures import FilePictures, Index, mirrored
from engine.data.square import square

FOLDER = "CelebAMask-HQ"
ANNOTATION = "CelebAMask-HQ-attribute-anno.txt"
PICTURES = "CelebA-HQ-img"


@DATASETS.register("celeba-hq")
class CelebAHQ(FilePictures):
    """Faces of `<mirror folder>/CelebAMask-HQ`; the factors are the attributes, 1 where a face has it.

    The split is the one of "Explainability Requires Interactivity" (2021), whose validation part is the test split.

    Args:
        size: Pixels a side, of 1024 in the files; None takes 128.
    """

    name = "celeba-hq"
    title = "CelebAMask-HQ"
    space = square(128)
    factor_names: tuple[str, ...] = ATTRIBUTES
    licence = "CelebAMask-HQ agreement: non-commercial research and education only; the pictures belong to their owners"
    citation = "Lee, Liu, Wu, Luo: MaskGAN, towards diverse and interactive facial image manipulation (2020)"
    url = "https://github.com/switchablenorms/CelebAMask-HQ"

    def read_index(self) -> Index:
        """Reads the annotation; rows are in its order."""
        folder = mirrored(FOLDER, f"{ANNOTATION} and {PICTURES}/*.jpg of CelebAMask-HQ")
        names, factors = read_annotation(folder / ANNOTATION)
        train, test = interactivity_split(len(names))
        return Index(files=[folder / PICTURES / name for name in names], train=train, test=test, factors=factors)


def interactivity_split(num_rows: int) -> tuple[Ids, Ids]:
    """The published split: pandas' `sample(frac=1, random_state=42)`; its first three quarters are for training."""
    order = np.random.RandomState(42).permutation(num_rows).astype(np.int64)  # what pandas draws
    num_train = int(0.75 * num_rows)
    return order[:num_train], order[num_train:]


def read_annotation(path: Path) -> tuple[list[str], Tensor]:
    """File names and attributes, 0 or 1, float32, (N, 40).

    The first line is the number of pictures, the second names the attributes, then come a file name and 40 values of
    -1 or 1 a line; runs of blanks separate.

    Raises:
        DataFormatError: If it is missing or something else.
    """
    try:
        count, header, *lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:  # missing, no text, or less than two lines
        raise _wrong(path, f"it cannot be read ({error})") from error
    if tuple(header.split()) != ATTRIBUTES:
        raise _wrong(path, f"line 2 should name the 40 attributes of CelebA; it begins {header[:60]!r}")
    rows = [line.split() for line in lines if line.strip()]
    if count.strip() != str(len(rows)):
        raise _wrong(path, f"line 1 announces {count.strip()[:20]!r} pictures, and {len(rows)} are annotated")
    for number, row in enumerate(rows, start=3):
        _check_row(path, number, row)
    values = np.array([row[1:] for row in rows], dtype=np.float32).reshape(len(rows), len(ATTRIBUTES))
    return [row[0] for row in rows], torch.from_numpy((values + 1) / 2)


def _check_row(path: Path, number: int, row: Sequence[str]) -> None:
    name, *values = row
    if len(values) != len(ATTRIBUTES) or set(values) - {"-1", "1"}:
        raise _wrong(path, f"line {number} should have a file name and 40 values of -1 or 1; it has {' '.join(row)!r}")
    if Path(name).name != name:
        raise _wrong(path, f"line {number} should begin with the name of a file in {PICTURES}; it has {name!r}")


def _wrong(path: Path, reason: str) -> DataFormatError:
    return DataFormatError(f"{path} is not the annotation of CelebAMask-HQ: {reason}. Get it again.")
