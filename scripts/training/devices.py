"""The device of each of several runs at once."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import torch

from engine.training import Recipe

if TYPE_CHECKING:
    from lightning_fabric import Fabric


class DeviceError(RuntimeError):
    """The device asked for is not there."""


def choose_device(name: str, place: int) -> torch.device:
    """The device of one of several runs: the GPUs are dealt out in turn unless one is named.

    Args:
        name: `auto`, `cpu`, `cuda` or `cuda:N`.
        place: Number of the worker among those running at once.

    Raises:
        DeviceError: If there is no such GPU.
    """
    count = torch.cuda.device_count()
    if name == "auto":
        name = "cuda" if count else "cpu"
    if name.startswith("cuda") and not count:
        raise DeviceError("--device asks for a GPU and torch sees none here; use --device cpu, or auto.")
    device = torch.device(f"cuda:{place % count}" if name == "cuda" else name)
    if device.type == "cuda" and (device.index or 0) >= count:
        raise DeviceError(f"--device {name} asks for a GPU that is not there; torch sees {count}.")
    return device


def device_name(name: str, place: int = 0) -> str:
    """`cpu`, or the GPU's name."""
    device = choose_device(name, place)
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


def fabric_for(row: Recipe, name: str, place: int) -> Fabric:
    """Lightning Fabric on that device, at the recipe's precision."""
    from lightning_fabric import Fabric

    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)  # it announces each precision on the terminal
    device = choose_device(name, place)
    devices = [device.index or 0] if device.type == "cuda" else 1
    return Fabric(accelerator=device.type, devices=devices, precision=row.precision)
