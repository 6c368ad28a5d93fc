"""The device of a name, or a sentence about why it is not there."""

from __future__ import annotations

import torch

Device = str | torch.device


class DeviceError(ValueError):
    """This machine has no such device; the message says what to use."""


def choose_device(device: Device = "auto") -> torch.device:
    """The device of that name; `auto` is CUDA where there is one, else the CPU.

    Args:
        device: `auto`, `cpu`, `cuda`, `cuda:N`, or any other that torch knows.

    Raises:
        DeviceError: If it is a GPU that torch does not see, or no device at all.
    """
    count = torch.cuda.device_count()
    if device == "auto":
        return torch.device("cuda" if count else "cpu")
    try:
        chosen = torch.device(device)
    except RuntimeError as error:  # torch lists all kinds of devices that it was ever built for
        raise DeviceError(f"No device {str(device)!r}; use auto, cpu, cuda, or cuda:N.") from error
    if chosen.type == "cuda" and not count:
        raise DeviceError(f"Device {str(device)!r} asks for a GPU and torch sees none here; use cpu, or auto.")
    if chosen.type == "cuda" and (chosen.index or 0) >= count:
        raise DeviceError(f"Device {str(device)!r} asks for a GPU that is not there; torch sees {count}.")
    return chosen
