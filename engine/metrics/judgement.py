"""One method's maps judged for what they claim: deletion and insertion, and sensitivity-n where maps have signs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from engine.metrics.deletion_insertion import PixelCurves, deletion_insertion
from engine.metrics.sensitivity_n import sensitivity_n
from engine.models.target import Target


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """How faithful maps are to their model.

    Attributes:
        curves: Deletion and insertion; of logits where the model's readout has no probability.
        sensitivity_n: Mean over sizes of the sets, (N,); NaN where undefined, None for maps without signs.
    """

    curves: PixelCurves
    sensitivity_n: Tensor | None

    def numbers(self, picture: int | None = None) -> dict[str, float | None]:
        """`deletion_auc` (lower is better), `insertion_auc` and `sensitivity_n` (higher is better).

        Args:
            picture: One picture's; None for the mean over pictures. What is undefined is None.
        """
        found = {
            "deletion_auc": self.curves.deletion_auc,
            "insertion_auc": self.curves.insertion_auc,
            "sensitivity_n": self.sensitivity_n,
        }
        return {name: None if value is None else _one(value, picture) for name, value in found.items()}


def judge(
    model: nn.Module,
    x: Tensor,
    maps: Tensor,
    *,
    signed: bool,
    target: Target | str | int | Sequence[int] = "predicted",
    baseline: str = "blur",
    chunk_size: int = 64,
) -> Judgement:
    """Judges the maps of one method.

    Args:
        model: A classifier, as in `Questions`.
        x: Pictures, (N, C, H, W), values in [0, 1].
        maps: Their attributions, (N, C, H, W).
        signed: Whether values below zero speak against the target: sensitivity-n is about sums of such values.
        target: What the maps explain.
        baseline: What stands in the place of a pixel in deletion and insertion.
        chunk_size: Pictures that go through the model at once, at most.

    Raises:
        ValueError: If shapes or baseline are not as described.
    """
    curves = deletion_insertion(model, x, maps, target=target, baseline=baseline, chunk_size=chunk_size)
    sums = sensitivity_n(model, x, maps, target=target, chunk_size=chunk_size).mean if signed else None
    return Judgement(curves=curves, sensitivity_n=sums)


def _one(value: Tensor, picture: int | None) -> float | None:
    number = float(value.nanmean() if picture is None else value[picture])
    return None if number != number else number
