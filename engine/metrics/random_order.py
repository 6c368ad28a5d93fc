"""Deletion and insertion of pixels in random order: what every map should beat."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from engine.data.baselines import baseline as baseline_of
from engine.metrics.deletion_insertion import PixelCurves
from engine.metrics.questions import Measure, Questions
from engine.models.target import Target


def random_order(
    model: nn.Module,
    x: Tensor,
    *,
    target: Target | str | int | Sequence[int] = "predicted",
    baseline: str = "blur",
    measure: Measure = "probability",
    steps: int = 20,
    orders: int = 2,
    seed: int = 0,
    chunk_size: int = 64,
) -> PixelCurves:
    """Mean curves of a few random orders, the same for all pictures.

    What is left after an order took its first pixels is what the reverse order has shown of its own: deletion's curve,
    read from its end, is insertion's. So two orders take as many passes as judging one map.

    Args:
        model: A classifier, as in `Questions`.
        x: Pictures, (N, C, H, W), values in [0, 1].
        target: What the maps explain that these curves stand beside.
        baseline: What stands in the place of a pixel: one of `engine.data.baselines.BASELINES`.
        measure: Of the answer.
        steps: Steps from none to all pixels.
        orders: Random orders to average over.
        seed: Where chance starts.
        chunk_size: Pictures that go through the model at once, at most.

    Raises:
        ValueError: If shapes, baseline, steps or orders are not as described.
    """
    if steps < 1 or orders < 1:
        raise ValueError(f"steps and orders should be at least 1; got {steps} and {orders}.")
    questions = Questions(model, x, target, measure=measure, chunk_size=chunk_size)
    x = questions.x
    empty, draws = baseline_of(x, baseline), torch.Generator().manual_seed(seed)
    drawn = [torch.randperm(x.shape[2] * x.shape[3], generator=draws) for _ in range(orders)]
    rank = torch.stack(drawn).reshape(orders, 1, *x.shape[2:]).to(x.device)
    shares = torch.linspace(0, 1, steps + 1, dtype=torch.float64)
    cuts = (shares * rank[0].numel()).round().to(x.device)

    def deleted(pictures: Tensor, copies: Tensor) -> Tensor:
        order, step = copies // (steps + 1), copies % (steps + 1)
        return torch.where(rank[order] < cuts[step, None, None, None], empty[pictures], x[pictures])

    said = questions.ask(orders * (steps + 1), deleted)
    deletion = said.unflatten(1, (orders, steps + 1)).mean(dim=1)
    return PixelCurves(
        shares=shares.float(),
        deletion=deletion,
        insertion=deletion.flip(1),
        baseline=baseline,
        measure=questions.measure,
    )
