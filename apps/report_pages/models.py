"""The models of the report room: one shelf a process, for its pages and for the routes that decode."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from apps.shelf import Shelf
from apps.startup import chosen_device


@functools.cache
def shelf() -> Shelf:
    """The one shelf; on the device of LATENT_EXPLORER_DEVICE, by default a GPU where there is one.

    Raises:
        ValueError: If that names no device, or a GPU that this machine lacks.
    """
    return Shelf(device=chosen_device())


def lookup(name: str) -> Any:  # noqa: ANN401 - a loaded model
    """What the page and the canvas's routes draw with: the catalogue's models with sliders, nothing else.

    Raises:
        UnknownModelError: If there is no such model.
        engine.checkpoints.CheckpointError: If it cannot be loaded.
    """
    return shelf().latent_model(name)


def choices() -> list[str]:
    """Ids of the models with sliders, in the catalogue's order."""
    return [entry.id for entry in shelf().latent() if not entry.error]


def damaged() -> dict[str, str]:
    """The checkpoints that cannot be used: id to reason."""
    return {entry.id: entry.error for entry in shelf().entries() if entry.error}


def metrics_of(dataset: str) -> dict[str, Mapping[str, Mapping[str, Any]]]:
    """The metrics of all sound models of a data set, by id."""
    return {entry.id: entry.metrics for entry in shelf().latent() if entry.dataset == dataset and not entry.error}
