"""What the store tells without reading what people did: a session's head, and how far a study is."""

from __future__ import annotations

from dataclasses import dataclass

from engine.study.design import Study


@dataclass(frozen=True, kw_only=True)
class Head:
    """A session without its plan and its responses; attributes as in `Session`."""

    token: str
    participant: str
    study: str
    version: int
    began_ms: float
    finished_ms: float | None
    completion_code: str


@dataclass(frozen=True, kw_only=True)
class StoredStudy:
    """One version of a study's file and how far its sessions are.

    Attributes:
        study: What the file says.
        version: From 1; a changed file under the same name is the next one.
        hash: SHA-256 of its canonical text.
        sessions: How many began with it.
        finished: How many of them confirmed every step.
    """

    study: Study
    version: int
    hash: str
    sessions: int
    finished: int
