"""How good a generator's samples are in the eyes of a classifier: do they look alike, are they sure, is all there?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Generator, Tensor

from engine.data import Split
from engine.interfaces import Classifier, LatentModel
from engine.metrics.frechet_distance import classifier_features, frechet_distance
from engine.metrics.inference import batches, device_of, evaluating
from engine.models.predictions import probabilities_of

SURE = 0.9
_READ = 1000  # samples whose classes are read
_BATCH = 500

Progress = Callable[[int, int], None]  # (done, in all)


@dataclass(frozen=True)
class SampleQuality:
    """What a classifier makes of samples.

    Attributes:
        distance: Fréchet distance of its features, samples against real pictures.
        distance_of_real: The same for other real pictures, as many.
        sure: Share of samples with a class it finds at least 0.9 likely; None for attributes.
        shares: Share of samples of each class, or with each attribute, (M,).
        shares_of_real: The same of the real pictures by their labels, (M,); None where they have none.
    """

    distance: float
    distance_of_real: float
    sure: float | None
    shares: Tensor
    shares_of_real: Tensor | None


def sample_quality(
    model: LatentModel,
    classifier: Classifier,
    real: Split,
    *,
    generator: Generator,
    most: int = 5000,
    progress: Progress | None = None,
) -> SampleQuality:
    """Draws samples as the model does by default and compares them with real pictures, through a classifier's eyes.

    The real pictures are cut in two halves; as many samples are drawn.

    Args:
        model: Draws pictures.
        classifier: Of such pictures; sizes and channels are adapted.
        real: Held-out pictures, at least four.
        generator: Draws codes and halves.
        most: Pictures in a half, at most.
        progress: Called with (pictures seen, in all).

    Raises:
        ValueError: If there are fewer than four real pictures.
    """
    half = min(most, len(real) // 2)
    if half < 2:
        raise ValueError(f"At least four real pictures are needed to compare two halves; got {len(real)}.")
    order = torch.randperm(len(real), generator=generator).numpy()
    eyes = _Eyes(classifier, 3 * half, progress)
    codes = model.sample(half, generator=generator)
    with evaluating(model), evaluating(classifier):
        drawn = eyes.see(model.decode(part) for part in torch.split(codes, _BATCH))
        first, second = (
            eyes.see(batch.x for batch in batches(real, rows=rows, batch_size=_BATCH))
            for rows in (order[:half], order[half : 2 * half])
        )
    said, exclusive = drawn.probabilities[:_READ], getattr(classifier, "exclusive", True)
    kinds = said.argmax(dim=1)
    return SampleQuality(
        distance=frechet_distance(drawn.features, first.features),
        distance_of_real=frechet_distance(second.features, first.features),
        sure=float((said.max(dim=1).values >= SURE).double().mean()) if exclusive else None,
        shares=_shares(kinds, said.shape[1]) if exclusive else (said > 0.5).double().mean(dim=0),
        shares_of_real=_known(real, said.shape[1], exclusive),
    )


@dataclass(frozen=True)
class _Seen:
    features: Tensor
    probabilities: Tensor


class _Eyes:
    """A classifier's features and answers, batch by batch."""

    def __init__(self, classifier: Classifier, total: int, progress: Progress | None) -> None:
        self.classifier, self.total, self.progress, self.done = classifier, total, progress, 0
        self.features, self.device = classifier_features(classifier), device_of(classifier)

    def see(self, pictures: Any) -> _Seen:  # noqa: ANN401 - an iterator of batches (N, C, H, W)
        features, said = [], []
        for x in pictures:
            x = x.to(self.device)
            of_these, logits = self.features(x)
            features.append(of_these.cpu())
            said.append(probabilities_of(self.classifier, logits).cpu())
            self.done += len(x)
            if self.progress is not None:
                self.progress(self.done, self.total)
        return _Seen(torch.cat(features), torch.cat(said))


def _shares(kinds: Tensor, count: int) -> Tensor:
    return torch.bincount(kinds, minlength=count).double() / len(kinds)


def _known(real: Split, count: int, exclusive: bool) -> Tensor | None:
    if exclusive:
        return None if real.labels is None else _shares(real.labels, count)
    return None if real.factors is None else real.factors.double().mean(dim=0)
