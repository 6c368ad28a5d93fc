"""What the apps cannot give, and the one sentence they say instead. Importing this imports no torch."""

from __future__ import annotations

import logging
from dataclasses import dataclass

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Told:
    """An error as a user meets it.

    Attributes:
        status: Of HTTP.
        text: One sentence or two: what was wrong and what to do.
    """

    status: int
    text: str


class RefusedError(ValueError):
    """What was asked for cannot be had in this way; the message is for the user."""


class NotFoundError(KeyError):
    """What a name, a link or a token stands for is not here; the message is for the user."""

    def __str__(self) -> str:
        """The message as it is: KeyError would put it into quotes."""
        return str(self.args[0]) if self.args else "There is no such thing here."


class UnknownModelError(NotFoundError):
    """The catalogue has no such model, or none that can do what is asked."""


class BusyError(RuntimeError):
    """Too much is being computed at this moment; asking again later helps."""


def told(error: Exception) -> Told:
    """The status and the words for an error. One that nobody foresaw is logged with its traceback: it is a bug."""
    for kind, status in ((NotFoundError, 404), (RefusedError, 400), (BusyError, 503)):
        if isinstance(error, kind):
            return Told(status, str(error))
    import torch

    from engine.checkpoints import CheckpointError
    from engine.data import DataError
    from engine.data.picture_file import PictureError

    if isinstance(error, PictureError):
        return Told(400, str(error))
    if isinstance(error, CheckpointError | DataError):
        return Told(409, str(error))
    if isinstance(error, torch.OutOfMemoryError):
        return Told(507, "The device's memory is full. Choose the CPU, or close what else uses the device.")
    _LOG.error("An error that the apps did not foresee", exc_info=error)
    return Told(500, f"The program failed ({type(error).__name__}). Its log tells where; please report it.")
