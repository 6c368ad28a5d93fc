"""Cross-entropy of a classifier."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from torch import Generator, Tensor, nn
from torch.nn import functional

from engine.data import Batch
from engine.models.classifier import ImageClassifier
from engine.objectives.objective import OBJECTIVES


@OBJECTIVES.register("classification")
@dataclass(frozen=True)
class Classification:
    """Mean cross-entropy in nats of the true class."""

    players = ("classifier",)

    def parameters(self, model: nn.Module, player: str) -> Iterable[nn.Parameter]:
        """All of the network."""
        return model.parameters()

    def losses(self, model: ImageClassifier, batch: Batch, player: str, *, generator: Generator) -> dict[str, Tensor]:
        """Cross-entropy, and the batch's accuracy for the log.

        Raises:
            ValueError: If the data set has no labels.
        """
        if batch.labels is None:
            raise ValueError("Classification needs a data set with labels.")
        logits = model.logits(batch.x).float()
        accuracy = (logits.argmax(dim=1) == batch.labels).float().mean()
        return {"loss": functional.cross_entropy(logits, batch.labels), "accuracy": accuracy}
