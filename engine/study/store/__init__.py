"""The store of a study: what people did, kept so that nothing confirmed is lost; SQLite by default, or PostgreSQL."""

from __future__ import annotations

from engine.study.store.errors import (
    NewerStoreError,
    ResponseError,
    StoreError,
    UnknownSessionError,
    UnknownStudyError,
)
from engine.study.store.facts import Head, StoredStudy
from engine.study.store.store import Saved, Store
from engine.study.store.validation import read_response

__all__ = [
    "Head",
    "NewerStoreError",
    "ResponseError",
    "Saved",
    "Store",
    "StoreError",
    "StoredStudy",
    "UnknownSessionError",
    "UnknownStudyError",
    "read_response",
]
