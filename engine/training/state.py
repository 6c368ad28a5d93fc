"""What a run needs to go on to the bit: weights, optimiser moments and chance, in one safetensors file."""

from __future__ import annotations

import dataclasses
import errno
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Generator, Tensor, nn

from engine.files import write_atomically
from engine.training.best_epoch import BestEpoch
from engine.training.recipe import Recipe, to_json

WORDS = frozenset({"id", "title", "preset", "paper", "source", "note"})


class StateError(RuntimeError):
    """The saved state is not this run's, or cannot be read."""


class State:
    """Saves and restores one run; the file is replaced at once or not at all.

    Args:
        path: The file.
        recipe: The run it belongs to.
        start: Where the weights are from that a new run starts from; None where it starts from its seed. A run that
            goes on has this in its file.

    Attributes:
        is_new: Whether nothing was saved yet.
        start: Where the weights are from that the run began with; None where it began with its seed.

    Raises:
        StateError: If the file belongs to another recipe or is damaged.
    """

    def __init__(self, path: Path, recipe: Recipe, start: str | None = None) -> None:
        self.path = path
        self.fingerprint = fingerprint(recipe)
        self.is_new = not path.exists()
        self.start = start if self.is_new else self._metadata().get("start")

    def save(
        self,
        step: int,
        model: nn.Module,
        optimisers: Mapping[str, Any],
        noise: Generator,
        best: BestEpoch | None = None,
    ) -> None:
        """Writes the state after `step` updates, and the best epoch so far where one is kept.

        Raises:
            OSError: If it cannot be written; the previous state stays.
        """
        tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
        for player, optimiser in optimisers.items():
            for index, moments in optimiser.state_dict()["state"].items():
                tensors |= {f"optimiser.{player}.{index}.{key}": v for key, v in moments.items() if v is not None}
        tensors |= {"noise": noise.get_state(), "default": torch.get_rng_state()}
        if torch.cuda.is_available():
            tensors |= {f"cuda.{i}": state for i, state in enumerate(torch.cuda.get_rng_state_all())}
        metadata = {"step": str(step), "recipe": self.fingerprint}
        metadata |= {} if self.start is None else {"start": self.start}
        if best is not None and best.weights:
            tensors |= {f"best.{name}": value for name, value in best.weights.items()}
            metadata |= {"best_step": str(best.step), "best_score": repr(best.score)}
        tensors = {name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()}
        try:
            write_atomically(self.path, lambda path: save_file(tensors, path, metadata=metadata))
        except (OSError, SafetensorError) as error:
            raise OSError(
                getattr(error, "errno", None) or errno.EIO,
                f"The training state could not be written ({error}). Free space in {self.path.parent} or choose "
                "another folder with --runs; the last saved state is kept and the run goes on from it.",
            ) from error

    def restore(
        self, model: nn.Module, optimisers: Mapping[str, Any], noise: Generator, best: BestEpoch | None = None
    ) -> int:
        """Puts a saved state back.

        Returns:
            The updates done so far; 0 where nothing was saved.

        Raises:
            StateError: If the file belongs to another recipe or is damaged.
        """
        if self.is_new:
            return 0
        metadata = self._metadata()
        with safe_open(self.path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
        model.load_state_dict(_under(tensors, "model."))
        for player, optimiser in optimisers.items():
            _restore_optimiser(optimiser, _under(tensors, f"optimiser.{player}."))
        noise.set_state(tensors["noise"])
        torch.set_rng_state(tensors["default"])
        cuda = _under(tensors, "cuda.")
        if torch.cuda.is_available() and len(cuda) == torch.cuda.device_count():
            torch.cuda.set_rng_state_all([cuda[str(i)] for i in range(len(cuda))])
        if best is not None and "best_step" in metadata:
            best.weights = _under(tensors, "best.")
            best.step, best.score = int(metadata["best_step"]), float(metadata["best_score"])
        return int(metadata["step"])

    def _metadata(self) -> dict[str, str]:
        metadata = _metadata(self.path)
        if metadata.get("recipe") != self.fingerprint:
            raise StateError(
                f"{self.path} belongs to another recipe than the one asked for; delete it to train from the start, "
                "or give this run another folder."
            )
        return metadata


def saved_step(path: Path, recipe: Recipe) -> int:
    """Updates done by the state in `path`, from its header alone; 0 where there is none or it is another recipe's.

    Raises:
        StateError: If the file is damaged.
    """
    metadata = _metadata(path) if path.exists() else {}
    return int(metadata["step"]) if metadata.get("recipe") == fingerprint(recipe) else 0


def best_epoch(path: Path) -> tuple[int, float] | None:
    """Updates before the best epoch of the state in `path` and its score; None where none is kept.

    Raises:
        StateError: If the file is damaged.
    """
    metadata = _metadata(path) if path.exists() else {}
    return (int(metadata["best_step"]), float(metadata["best_score"])) if "best_step" in metadata else None


def _metadata(path: Path) -> dict[str, str]:
    try:
        with safe_open(path, framework="pt") as file:
            return file.metadata() or {}
    except SafetensorError as error:
        raise StateError(f"{path} is damaged ({error}); delete it to train from the start.") from error


def fingerprint(recipe: Recipe) -> str:
    """SHA-256 of all that decides a run's outcome; titles and notes may change under a running run.

    Fields at their defaults are left out, so that a field added to `Recipe` later changes nobody's.
    """
    own = {f.name for f in dataclasses.fields(recipe) if getattr(recipe, f.name) != f.default} - WORDS
    row = {name: value for name, value in to_json(recipe).items() if name in own}
    return hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()


def _under(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _restore_optimiser(optimiser: Any, moments: Mapping[str, Tensor]) -> None:  # noqa: ANN401 - Fabric's wrapper
    parameters = [parameter for group in optimiser.param_groups for parameter in group["params"]]
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in moments.items():
        index, key = name.split(".", 1)
        like = parameters[int(index)]
        # Fused kernels walk memory in order, so a moment needs its parameter's strides (channels last).
        state.setdefault(int(index), {})[key] = (
            torch.empty_like(like, requires_grad=False).copy_(value) if value.shape == like.shape else value
        )
    optimiser.load_state_dict({**optimiser.state_dict(), "state": state})
