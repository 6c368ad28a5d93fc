"""What a simulated participant makes of a checkpoint: figures that need no data set."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch

from engine.checkpoints import add_metrics, read_card
from engine.checkpoints.loading import load_folder
from engine.metrics import Metric, measured
from engine.study import simulate

QUESTIONS = 100
_SEED = 0

# The same search on the decoders that the study released, with codes rounded to two decimals.
_NAMES = ("bot_solved", "bot_moves", "bot_distance")
_OF_STUDY = {
    "dsprites/ae": (12.0, 12.8, 1.67),
    "dsprites/vae": (58.0, 9.5, 1.66),
    "dsprites/gt": (64.0, 10.1, 3.26),
    "sinelines/ae": (29.0, 5.0, 0.37),
    "sinelines/vae": (26.0, 4.8, 0.61),
    "sinelines/gt": (43.0, 4.4, 0.74),
}
STUDY: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {name: dict(zip(_NAMES, figures, strict=True)) for name, figures in _OF_STUDY.items()}
)


def add_simulated(folder: Path, name: str, device: torch.device) -> dict[str, Metric]:
    """Lets the bot play with a checkpoint as it was written and adds what came of it; returns the added metrics.

    Args:
        folder: The checkpoint, of a latent model.
        name: Id of its recipe: those of the study's decoders, and their `-paper` rows, get the study's figures beside.
        device: Where the model draws.

    Raises:
        ValueError: If no threshold of agreement can be told for the model; the checkpoint stays as it was.
        CheckpointError, OSError: If it cannot be read or written.
    """
    model: Any = load_folder(read_card(folder)).to(device)  # a latent one, as the caller has made sure
    found = simulate(model, questions=QUESTIONS, generator=torch.Generator().manual_seed(_SEED))
    beside = STUDY.get(name.removesuffix("-paper"), {})
    figures = dict(zip(_NAMES, (found.solved, found.moves, found.distance), strict=True))
    metrics = {
        key: measured(
            key,
            _scaled(key, figure.value),
            paper_value=beside.get(key),
            interval=None if math.isnan(figure.low) else (_scaled(key, figure.low), _scaled(key, figure.high)),
        )
        for key, figure in figures.items()
        if not math.isnan(figure.value)  # the moves of no solved question
    }
    add_metrics(folder, {key: dataclasses.asdict(metric) for key, metric in metrics.items()})
    return metrics


def _scaled(name: str, value: float) -> float:
    return round(100 * value, 6) if name == "bot_solved" else value  # per cent, without 56.99999999999999
