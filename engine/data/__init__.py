"""Data sets, one file each: procedural ones need nothing, the others read Hub-layout parquet once and cache it.

`load_dataset("dsprites").split("test").batch([0, 1, 2])` has x, float32 (3, 1, 64, 64), and factors, (3, 5).
"""

from __future__ import annotations

from engine.data import dsprites, mnist, sinelines
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
    load_dataset,
    published_split,
)

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
    "dsprites",
    "load_dataset",
    "mnist",
    "published_split",
    "sinelines",
]
