"""Deletion and insertion: how fast an answer falls, or rises, as pixels go, or come, in the order of a map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from engine.data.baselines import baseline as baseline_of
from engine.metrics.questions import Measure, Questions, pixel_values
from engine.models.target import Target


@dataclass(frozen=True, kw_only=True)
class PixelCurves:
    """Answers along the way, and the areas below them.

    Attributes:
        shares: Share of pixels taken or shown, (T,), from 0 to 1.
        deletion: Answer after the highest pixels were taken, (N, T).
        insertion: Answer when only the highest pixels are shown, (N, T).
        baseline: What stands in their place.
        measure: `probability` or `logit`.
    """

    shares: Tensor
    deletion: Tensor
    insertion: Tensor
    baseline: str
    measure: Measure

    @property
    def deletion_auc(self) -> Tensor:
        """Area below each deletion curve, (N,); lower is better."""
        return torch.trapezoid(self.deletion, self.shares, dim=1)

    @property
    def insertion_auc(self) -> Tensor:
        """Area below each insertion curve, (N,); higher is better."""
        return torch.trapezoid(self.insertion, self.shares, dim=1)


def deletion_insertion(
    model: nn.Module,
    x: Tensor,
    maps: Tensor,
    *,
    target: Target | str | int | Sequence[int] = "predicted",
    baseline: str = "blur",
    measure: Measure = "probability",
    steps: int = 20,
    chunk_size: int = 64,
) -> PixelCurves:
    """Petsiuk et al. (2018), https://arxiv.org/abs/1806.07421, section 4.

    Pixels go in the order of their attribution, summed over colours, highest first; equal ones in an order by chance
    that is the same for all maps.

    Args:
        model: A classifier, as in `Questions`.
        x: Pictures, (N, C, H, W), values in [0, 1].
        maps: Their attributions, (N, C, H, W).
        target: What the maps explain.
        baseline: What stands in the place of a pixel: one of `engine.data.baselines.BASELINES`.
        measure: Of the answer.
        steps: Steps from none to all pixels.
        chunk_size: Pictures that go through the model at once, at most.

    Raises:
        ValueError: If shapes, baseline or steps are not as described.
    """
    if steps < 1:
        raise ValueError(f"steps should be at least 1; got {steps}.")
    questions = Questions(model, x, target, measure=measure, chunk_size=chunk_size)
    x = questions.x
    empty, rank = baseline_of(x, baseline), _ranks(pixel_values(maps, x)).reshape(len(x), 1, *x.shape[2:])
    shares = torch.linspace(0, 1, steps + 1, dtype=torch.float64)
    cuts = (shares * rank[0].numel()).round().to(x.device)

    def deleted(pictures: Tensor, step: Tensor) -> Tensor:
        gone = rank[pictures] < cuts[step, None, None, None]
        return torch.where(gone, empty[pictures], x[pictures])

    def inserted(pictures: Tensor, step: Tensor) -> Tensor:
        shown = rank[pictures] < cuts[step, None, None, None]
        return torch.where(shown, x[pictures], empty[pictures])

    return PixelCurves(
        shares=shares.float(),
        deletion=questions.ask(steps + 1, deleted),
        insertion=questions.ask(steps + 1, inserted),
        baseline=baseline,
        measure=questions.measure,
    )


def _ranks(values: Tensor) -> Tensor:
    chance = torch.randperm(values.shape[1], generator=torch.Generator().manual_seed(0)).to(values.device)
    order = chance[values[:, chance].argsort(dim=1, descending=True, stable=True)]
    return order.argsort(dim=1)
