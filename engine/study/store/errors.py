"""What can go wrong with the store; every message says what to do."""

from __future__ import annotations


class StoreError(RuntimeError):
    """The store cannot do what it was asked for; nothing was changed."""


class NewerStoreError(StoreError):
    """The file was written by a newer version of this program."""


class UnknownStudyError(StoreError):
    """The store has no study of that name or version."""


class UnknownSessionError(StoreError):
    """There is no such session, or it was withdrawn."""


class ResponseError(StoreError, ValueError):
    """A response that this session's plan does not allow, or that is no response at all."""
