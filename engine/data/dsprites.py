"""dSprites: 737,280 binary pictures of a square, ellipse or heart, rendered here or read from the official archive."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.data.cache import cached_array, peek
from engine.data.dataset import DATASETS, Ids, Progress, Split, published_split, unknown_split
from engine.data.dsprites_archive import ARCHIVE_NAME, archive_identity, packed_archive
from engine.data.sprites import render
from engine.interfaces import Space
from engine.settings import data_folder

SIZES = (3, 6, 40, 32, 32)  # shape, scale, orientation, posX, posY; posY runs fastest
NUM_IMAGES = math.prod(SIZES)
_PACKED = (NUM_IMAGES, 64 * 64 // 8)  # eight pixels a byte: 377 MB
_KEY = "dsprites-rendered-v1"  # a change of the renderer needs another number
_CHUNK = 4096


@DATASETS.register("dsprites")
class DSprites:
    """The dSprites data set with the study's split (Ross et al., 2021).

    Pictures are rendered, bit for bit the same whether read from the packed cache that `prepare` makes or drawn on
    demand; where the official archive lies in `<mirror folder>/dsprites/` or is given, its pictures are used instead.

    Args:
        archive: The official `dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz`; None looks in the mirror folder.
        rendered: Use the renderer even when there is an archive in the mirror folder.
    """

    name = "dsprites"
    title = "dSprites"
    space = Space(kind="image", shape=(1, 64, 64))
    factor_names: tuple[str, ...] = ("shape", "scale", "orientation", "posX", "posY")
    classes: tuple[str, ...] = ()
    value_names: Mapping[str, Mapping[float, str]] = {"shape": {1.0: "square", 2.0: "ellipse", 3.0: "heart"}}
    split_names: tuple[str, ...] = ("train", "test", "all")
    needs_files = False
    shareable = True
    licence = "Apache-2.0 (official archive); the rendered pictures are this project's own"
    citation = "Matthey, Higgins, Hassabis, Lerchner: dSprites, disentanglement testing sprites data set (2017)"
    url = "https://github.com/google-deepmind/dsprites-dataset"

    def __init__(self, archive: str | Path | None = None, *, rendered: bool = False) -> None:
        if archive is not None:
            self.archive: Path | None = Path(archive)
        else:
            self.archive = None if rendered else _mirrored_archive()

    def split(self, name: str) -> Split:
        """`train`, `test`, or `all` (every row in the archive's order); factors are the archive's values, (N, 5)."""
        if name not in self.split_names:
            raise unknown_split(self, name)
        ids = np.arange(NUM_IMAGES, dtype=np.int64) if name == "all" else self._split_ids[name == "test"]
        factors = torch.from_numpy(factor_values(ids).astype(np.float32))
        return Split(name, self._rows, ids=ids, factors=factors)

    def prepare(self, progress: Progress | None = None) -> None:
        """Makes the packed cache (377 MB on disk); without it pictures are rendered on demand, which takes longer.

        Raises:
            DataFormatError: If the archive is not the official one.
            CacheError: If the cache folder is full or cannot be written.
        """
        self._rows.packed = self._packed(progress)

    @cached_property
    def _split_ids(self) -> tuple[Ids, Ids]:
        return published_split(NUM_IMAGES)

    @cached_property
    def _rows(self) -> _Sprites:
        if self.archive is not None:
            return _Sprites(self._packed(None))
        return _Sprites(peek(_KEY, _PACKED, np.uint8))

    def _packed(self, progress: Progress | None) -> npt.NDArray[np.uint8]:
        if self.archive is None:
            return cached_array(_KEY, _PACKED, np.uint8, _rendered_chunks, progress)
        archive = self.archive

        def chunks() -> Iterator[npt.NDArray[np.uint8]]:
            return packed_archive(archive, factor_values, NUM_IMAGES)

        return cached_array(f"dsprites-archive-{archive_identity(archive)}", _PACKED, np.uint8, chunks, progress)


def factor_values(ids: Ids) -> npt.NDArray[np.float64]:
    """Rows of the official order to (shape, scale, orientation in radians, posX, posY), (N,) -> (N, 5)."""
    shape, scale, orientation, x, y = np.unravel_index(ids, SIZES)
    return np.stack([shape + 1.0, 0.5 + 0.1 * scale, 2 * math.pi * orientation / 39, x / 31, y / 31], axis=1)


class _Sprites:
    """Rows from packed bits where there are any, else from the renderer."""

    def __init__(self, packed: npt.NDArray[np.uint8] | None) -> None:
        self.packed = packed

    def __len__(self) -> int:
        return NUM_IMAGES

    def read(self, ids: Ids) -> Tensor:
        """(N,) -> (N, 1, 64, 64), zeros and ones."""
        pixels = render(factor_values(ids)) if self.packed is None else np.unpackbits(self.packed[ids], axis=1)
        return torch.from_numpy(pixels).reshape(-1, 1, 64, 64).float()


def _rendered_chunks() -> Iterator[npt.NDArray[np.uint8]]:
    for start in range(0, NUM_IMAGES, _CHUNK):
        ids = np.arange(start, min(start + _CHUNK, NUM_IMAGES), dtype=np.int64)
        yield np.packbits(render(factor_values(ids)).reshape(len(ids), -1), axis=1)


def _mirrored_archive() -> Path | None:
    folder = data_folder()
    path = None if folder is None else folder / "dsprites" / ARCHIVE_NAME
    return path if path is not None and path.is_file() else None
