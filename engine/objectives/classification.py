"""Cross-entropy of a classifier: of classes that exclude each other, or of attributes one by one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from torch import Generator, Tensor, nn
from torch.nn import functional

from engine.data import Batch
from engine.interfaces import Classifier
from engine.models.classifier import ImageClassifier
from engine.objectives.augmentation import Augmentation
from engine.objectives.objective import OBJECTIVES


@OBJECTIVES.register("classification")
@dataclass(frozen=True)
class Classification:
    """Mean cross-entropy in nats of what is true of a picture.

    Of the true class where the classifier's classes exclude each other; of yes or no, averaged over the outputs, where
    they are attributes: those of the data set, or the two classes of a view of one attribute.

    Attributes:
        augmentations: Changes of the training pictures, in order.
        label_smoothing: Share of the truth that is spread evenly over all classes.
    """

    augmentations: tuple[Augmentation, ...] = ()
    label_smoothing: float = 0.0

    players = ("classifier",)

    def parameters(self, model: nn.Module, player: str) -> Iterable[nn.Parameter]:
        """All of the network."""
        return model.parameters()

    def losses(self, model: ImageClassifier, batch: Batch, player: str, *, generator: Generator) -> dict[str, Tensor]:
        """Cross-entropy, and the batch's accuracy for the log.

        Raises:
            ValueError: If the data set does not say what is true.
        """
        x = batch.x
        for change in self.augmentations:
            x = change(x, generator=generator)
        logits, truth = model.logits(x).float(), truth_of(model, batch)
        if model.exclusive:
            loss = functional.cross_entropy(logits, truth, label_smoothing=self.label_smoothing)
        else:
            softened = truth * (1 - self.label_smoothing) + 0.5 * self.label_smoothing
            loss = functional.binary_cross_entropy_with_logits(logits, softened)
        return {"loss": loss, "accuracy": _right(model, logits, truth).mean()}

    def score(self, model: ImageClassifier, batch: Batch) -> Tensor:
        """How good the network is on each example, (N,), for the choice of an epoch: the share of right answers."""
        return _right(model, model.logits(batch.x).float(), truth_of(model, batch))


def truth_of(model: Classifier, batch: Batch) -> Tensor:
    """The true classes, (N,) int64; or what is true of each attribute, (N, M) float32 of 0 and 1.

    Raises:
        ValueError: If the data set has neither labels nor as many attributes as the classifier has outputs, or if
            these are not 0 and 1.
    """
    if model.exclusive and batch.labels is not None:
        return batch.labels
    if not model.exclusive and batch.labels is not None and len(model.classes) == 1:
        return _yes_or_no(batch.labels[:, None].float())
    if not model.exclusive and batch.factors is not None and batch.factors.shape[1] == len(model.classes):
        return _yes_or_no(batch.factors)
    wanted = "labels" if model.exclusive else f"{len(model.classes)} attributes, or labels for one output"
    raise ValueError(f"Classification needs a data set with {wanted}.")


def _yes_or_no(truth: Tensor) -> Tensor:
    if not ((truth == 0) | (truth == 1)).all():
        raise ValueError("Attributes should be 0 or 1 in every row; choose a view of one attribute of the data set.")
    return truth


def _right(model: ImageClassifier, logits: Tensor, truth: Tensor) -> Tensor:
    if model.exclusive:
        return (logits.argmax(dim=1) == truth).float()
    return ((logits > 0) == truth.bool()).float().mean(dim=1)
