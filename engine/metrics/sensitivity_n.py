"""Sensitivity-n: whether what a map says a set of pixels is worth is what the model loses without them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from engine.data.baselines import baseline as baseline_of
from engine.metrics.questions import Questions, pixel_values
from engine.models.target import Target


@dataclass(frozen=True, kw_only=True)
class SensitivityN:
    """Correlations for sets of several sizes.

    Attributes:
        shares: Sizes of the sets, as shares of all pixels, (S,).
        correlation: Pearson's, between the sum of attributions and the change of the logit, (N, S); NaN where one of
            both does not vary.
        baseline: What stands in the place of the pixels.
    """

    shares: Tensor
    correlation: Tensor
    baseline: str

    @property
    def mean(self) -> Tensor:
        """Mean over sizes, (N,); higher is better."""
        return self.correlation.nanmean(dim=1)


def sensitivity_n(
    model: nn.Module,
    x: Tensor,
    maps: Tensor,
    *,
    target: Target | str | int | Sequence[int] = "predicted",
    baseline: str = "black",
    shares: Sequence[float] = (0.02, 0.1, 0.3, 0.6),
    samples: int = 50,
    seed: int = 0,
    chunk_size: int = 64,
) -> SensitivityN:
    """Ancona et al. (2018), https://arxiv.org/abs/1711.06104, section 4.

    Args:
        model: A classifier, as in `Questions`.
        x: Pictures, (N, C, H, W), values in [0, 1].
        maps: Their attributions, (N, C, H, W); signed ones, this is about sums.
        target: What the maps explain.
        baseline: What stands in the place of a pixel: one of `engine.data.baselines.BASELINES`.
        shares: Sizes of the sets, as shares of all pixels, in (0, 1].
        samples: Random sets of each size, at least 2; the same for all pictures and maps.
        seed: Where chance starts.
        chunk_size: Pictures that go through the model at once, at most.

    Raises:
        ValueError: If shapes, baseline, shares or samples are not as described.
    """
    if samples < 2 or not shares or not all(0 < share <= 1 for share in shares):
        raise ValueError(f"samples should be at least 2 and shares in (0, 1]; got {samples} and {tuple(shares)}.")
    questions = Questions(model, x, target, measure="logit", chunk_size=chunk_size)
    x = questions.x
    values, empty, pixels = pixel_values(maps, x), baseline_of(x, baseline), x.shape[2] * x.shape[3]
    counts = torch.tensor([max(1, round(share * pixels)) for share in shares]).repeat_interleave(samples)
    drawn = torch.rand(len(counts), pixels, generator=torch.Generator().manual_seed(seed)).argsort(dim=1).argsort(dim=1)
    taken = (drawn < counts[:, None]).to(x.device)  # (S samples, H W)
    places = taken.reshape(-1, 1, *x.shape[2:])
    said = questions.ask(len(taken), lambda pictures, copies: torch.where(places[copies], empty[pictures], x[pictures]))
    whole = questions.ask(1, lambda pictures, _: x[pictures])
    promised = (values @ taken.T.float()).cpu()
    shape = (len(x), len(shares), samples)
    correlation = _pearson(promised.reshape(shape), (whole - said).reshape(shape))
    return SensitivityN(shares=torch.tensor(shares), correlation=correlation, baseline=baseline)


def _pearson(a: Tensor, b: Tensor) -> Tensor:
    a, b = (value.double() - value.double().mean(dim=-1, keepdim=True) for value in (a, b))
    size = a.norm(dim=-1) * b.norm(dim=-1)
    return torch.where(size > 0, (a * b).sum(dim=-1) / size, torch.nan).float()
