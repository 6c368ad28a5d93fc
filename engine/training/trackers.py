"""Where else loss terms go besides the CSV log: TensorBoard, Weights & Biases."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any, Protocol

from engine.training.recipe import Recipe, to_json


class Tracker(Protocol):
    """Takes the loss terms of a run as they come."""

    def write(self, step: int, terms: dict[str, float]) -> None:
        """One report."""
        ...

    def close(self) -> None:
        """Flushes what is left."""
        ...


class TrackerError(RuntimeError):
    """A tracker that was asked for cannot be used."""


def trackers(recipe: Recipe, folder: Path, *, from_step: int = 0, wandb: bool = False) -> list[Tracker]:
    """TensorBoard where it is installed, and Weights & Biases where it is asked for.

    Args:
        recipe: The run.
        folder: The run's folder.
        from_step: Steps after this one will be written again by a run that goes on.
        wandb: Whether to send the run to Weights & Biases.

    Raises:
        TrackerError: If Weights & Biases is asked for but not installed or not logged in.
    """
    found: list[Tracker] = []
    if importlib.util.find_spec("tensorboard"):
        found.append(TensorBoard(folder / "tensorboard", from_step=from_step))
    if wandb:
        found.append(WeightsAndBiases(recipe, folder))
    return found


class TensorBoard:
    """Writes event files for `tensorboard --logdir runs`."""

    def __init__(self, folder: Path, *, from_step: int = 0) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self._writer = SummaryWriter(str(folder), purge_step=from_step + 1 if from_step else None)

    def write(self, step: int, terms: dict[str, float]) -> None:
        """One scalar a term."""
        for name, value in terms.items():
            self._writer.add_scalar(name, value, step)

    def close(self) -> None:
        """Closes the event file."""
        self._writer.close()


class WeightsAndBiases:
    """Sends the run to Weights & Biases, into the run of the same id when it goes on."""

    def __init__(self, recipe: Recipe, folder: Path) -> None:
        if not importlib.util.find_spec("wandb"):
            raise TrackerError("--wandb needs Weights & Biases; install it (pip install wandb) or leave --wandb out.")
        import wandb

        if not wandb.api.api_key:
            raise TrackerError("--wandb needs a login; run `wandb login` once, or leave --wandb out.")
        self._run: Any = wandb.init(
            project="latent-explorer",
            id=recipe.id.replace("/", "-"),
            name=recipe.id,
            config=to_json(recipe),
            dir=str(folder),
            resume="allow",
        )

    def write(self, step: int, terms: dict[str, float]) -> None:
        """One row."""
        self._run.log(terms, step=step)

    def close(self) -> None:
        """Marks the run as finished."""
        self._run.finish()
