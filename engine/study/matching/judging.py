"""What a participant's codes come to: agreement and error with the target, judged as the page judges them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from engine.interfaces import LatentModel
from engine.study.matching.agreement import Agreement, drawn

_BATCH = 64


@dataclass(frozen=True)
class Judged:
    """Agreement and error of N codes.

    Attributes:
        agreement: In [0, 1].
        error: Summed squared difference from the target.
    """

    agreement: tuple[float, ...]
    error: tuple[float, ...]


@torch.inference_mode()
def judge(
    model: LatentModel, agreement: Agreement, target: Sequence[float], codes: Sequence[Sequence[float]]
) -> Judged:
    """Compares what codes draw with what the target draws, at the 8 bits of the page.

    Args:
        model: Whose codes they are.
        agreement: The measure.
        target: One code, D numbers.
        codes: N codes of D numbers.
    """
    device = getattr(model, "device", "cpu")
    wanted = drawn(model.decode(torch.tensor([target], dtype=torch.float32, device=device)))
    agreements: list[float] = []
    errors: list[float] = []
    for chunk in torch.tensor(codes, dtype=torch.float32, device=device).split(_BATCH):
        x = drawn(model.decode(chunk))
        agreements += agreement(x, wanted).clamp(0, 1).tolist()
        errors += (x - wanted).square().flatten(1).sum(1).tolist()
    return Judged(tuple(agreements), tuple(errors))
