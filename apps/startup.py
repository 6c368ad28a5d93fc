"""What both apps do first: read their settings, and end with a sentence where one of them makes no sense."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeVar

from engine import settings

T = TypeVar("T")


def or_exit(read: Callable[[], T]) -> T:
    """What `read` returns; its ValueError is printed and ends the program with exit code 2, without a traceback."""
    try:
        return read()
    except ValueError as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from None


def chosen_device() -> str:
    """The device that the settings ask for. torch is imported only where that is a GPU: it takes seconds.

    Raises:
        ValueError: If the setting makes no sense or this machine has no such GPU.
    """
    name = settings.device()
    if name.startswith("cuda"):
        from engine.checkpoints import DeviceError, choose_device

        try:
            choose_device(name)
        except DeviceError as error:
            raise ValueError(f"{settings.DEVICE_VARIABLE}: {error}") from error
    return name
