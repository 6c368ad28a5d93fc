"""Data sets, one file each: procedural ones need nothing, the others read files once and cache them.

`load_dataset("dsprites").split("test").batch([0, 1, 2])` has x, float32 (3, 1, 64, 64), and factors, (3, 5).
`load_dataset("mnist:3,8")` has two classes of ten, `load_dataset("celeba:Smiling")` an attribute as two classes.
"""

from __future__ import annotations

from engine.data import (
    celeba,
    celeba_hq,
    cifar10,
    dsprites,
    fashion,
    flowers,
    flowers102,
    image_folder,
    mnist,
    sinelines,
)
from engine.data.dataset import (
    DATASETS,
    Batch,
    CacheError,
    CacheFullError,
    DataError,
    DataFormatError,
    Dataset,
    DataUnavailableError,
    Progress,
    Split,
    published_split,
    value_names,
)
from engine.data.loading import find_dataset, load_dataset
from engine.data.view import View

__all__ = [
    "DATASETS",
    "Batch",
    "CacheError",
    "CacheFullError",
    "DataError",
    "DataFormatError",
    "DataUnavailableError",
    "Dataset",
    "Progress",
    "Split",
    "View",
    "celeba",
    "celeba_hq",
    "cifar10",
    "dsprites",
    "fashion",
    "find_dataset",
    "flowers",
    "flowers102",
    "image_folder",
    "load_dataset",
    "mnist",
    "published_split",
    "sinelines",
    "value_names",
]
