"""Which number of a classifier is explained: a class, the predicted one, or how far one is ahead of another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Target:
    """One number per picture, a sum of the model's logits with fixed signs.

    A model with a single logit (a scalar readout) has class 0 only, its logit; `Target()` is that logit as well.

    Attributes:
        classes: The class whose logit is explained: one for all pictures, or one each; empty for the predicted class.
        against: The class whose logit is subtracted, likewise; empty for none.
        negated: Whether the number's sign is turned: what speaks against it.
    """

    classes: tuple[int, ...] = ()
    against: tuple[int, ...] = ()
    negated: bool = False

    def weights(self, logits: Tensor) -> Tensor:
        """The signs w with which this target is sum_m w_m logits_m, (N, M); the predicted class is that of `logits`.

        Args:
            logits: The model's output for the pictures themselves, (N, M).

        Raises:
            ValueError: If a class does not exist, both are the same, or there is not one class for each picture.
        """
        positive = _numbers(self.classes, logits, "classes") if self.classes else logits.argmax(dim=1)
        weights = torch.zeros_like(logits).scatter_(1, positive[:, None], 1.0)
        if self.against:
            negative = _numbers(self.against, logits, "against")
            if bool((positive == negative).any()):
                raise ValueError(
                    f"The difference of a class with itself is always zero; got {self.classes or 'the predicted class'}"
                    f" against {self.against}. Name another class."
                )
            weights = weights.scatter_(1, negative[:, None], -1.0)
        return -weights if self.negated else weights

    def of_row(self, row: int) -> Target:
        """The same for one picture alone."""
        one, other = (kept if len(kept) < 2 else kept[row : row + 1] for kept in (self.classes, self.against))
        return Target(one, other, self.negated)


PREDICTED = Target()


def as_target(value: Target | str | int | Sequence[int]) -> Target:
    """A target from its short forms: `"predicted"`, 3, or a class for each picture, [3, 8, 3].

    Raises:
        ValueError: If it is none of them.
    """
    if isinstance(value, Target):
        return value
    if isinstance(value, str):
        if value != "predicted":
            raise ValueError(f"target should be 'predicted', the number of a class, or a Target; got {value!r}.")
        return PREDICTED
    if isinstance(value, int) and not isinstance(value, bool):
        return Target((value,))
    if isinstance(value, Sequence) and value and all(isinstance(number, int) for number in value):
        return Target(tuple(int(number) for number in value))
    raise ValueError(f"target should be 'predicted', the number of a class, one for each picture, or a Target; "
                     f"got {value!r}.")  # fmt: skip


def as_logits(output: object, count: int) -> Tensor:
    """A model's output as (N, M) float32: a scalar readout, (N,) or (N, 1), counts as one class.

    Raises:
        ValueError: If it is no tensor with a row for each of the `count` pictures.
    """
    if isinstance(output, Tensor) and output.shape == (count,):
        output = output[:, None]
    if not isinstance(output, Tensor) or output.ndim != 2 or len(output) != count:
        shape = tuple(output.shape) if isinstance(output, Tensor) else type(output).__name__
        raise ValueError(f"The model should return logits (N, M) or one number a picture, (N,); got {shape} for "
                         f"{count} pictures.")  # fmt: skip
    return output.float()


def score(logits: Tensor, weights: Tensor) -> Tensor:
    """The explained numbers, (N,), from logits and a target's signs, (N, M) each."""
    return (logits * weights).sum(dim=1)


def probability(logits: Tensor, weights: Tensor, probabilities: Tensor) -> Tensor:
    """How likely the model finds the target, (N,): of one output as the model says; of one class rather than another.

    Args:
        logits: (N, M).
        weights: The target's signs, (N, M).
        probabilities: The model's own of its outputs, (N, M).
    """
    chosen = (probabilities * weights.abs()).sum(dim=1)
    chosen = torch.where(weights.sum(dim=1) < 0, 1 - chosen, chosen)
    single = (weights != 0).sum(dim=1) == 1
    return torch.where(single, chosen, torch.sigmoid(score(logits, weights)))


def _numbers(numbers: tuple[int, ...], logits: Tensor, name: str) -> Tensor:
    count, classes = logits.shape
    if len(numbers) not in (1, count):
        raise ValueError(f"{name} should name one class for all {count} pictures or one each; got {len(numbers)}.")
    wrong = [number for number in numbers if not 0 <= number < classes]
    if wrong:
        raise ValueError(f"{name} should be numbers from 0 to {classes - 1}; got {wrong[0]}.")
    return torch.tensor(numbers, device=logits.device).expand(count)
