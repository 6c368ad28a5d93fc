"""The device of each of several runs at once."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import torch

from engine.checkpoints import choose_device as device_of
from engine.training import Recipe

if TYPE_CHECKING:
    from lightning_fabric import Fabric


def choose_device(name: str, place: int) -> torch.device:
    """The device of one of several runs: the GPUs are dealt out in turn unless one is named.

    Args:
        name: `auto`, `cpu`, `cuda` or `cuda:N`.
        place: Number of the worker among those running at once.

    Raises:
        DeviceError: If there is no such GPU.
    """
    count = torch.cuda.device_count()
    return device_of(f"cuda:{place % count}" if count and name in ("auto", "cuda") else name)


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
