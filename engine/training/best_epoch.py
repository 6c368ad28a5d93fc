"""The best epoch of a run, by its score on a validation split, and its weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from engine.data import Split

if TYPE_CHECKING:
    from lightning_fabric import Fabric

_BATCH = 256


class BestEpoch:
    """Scores a network after an epoch and keeps its weights while none is better; the earlier of equals stays.

    Args:
        split: What it is scored on.

    Attributes:
        score: The best mean score so far; minus infinity before the first.
        step: After how many updates it was.
        weights: A copy of the network's tensors then, on the CPU.
    """

    def __init__(self, split: Split) -> None:
        self.split = split
        self.score, self.step = -float("inf"), 0
        self.weights: dict[str, Tensor] = {}

    @torch.no_grad()
    def look(self, step: int, objective: Any, model: nn.Module, fabric: Fabric) -> float:  # noqa: ANN401 - has `score`
        """Scores the network as it is after `step` updates; it is left in the mode it came in."""
        training = [module.training for module in model.modules()]
        model.eval()
        total = 0.0
        for rows in torch.arange(len(self.split)).split(_BATCH):
            batch = self.split.batch(rows)
            x, labels, factors = fabric.to_device((batch.x, batch.labels, batch.factors))
            with fabric.autocast():
                total += float(objective.score(model, type(batch)(x, labels, factors)).sum())
        for module, was in zip(model.modules(), training, strict=True):
            module.training = was
        score = total / len(self.split)
        if score > self.score:
            self.score, self.step = score, step
            self.weights = {name: value.detach().cpu().clone() for name, value in model.state_dict().items()}
        return score
