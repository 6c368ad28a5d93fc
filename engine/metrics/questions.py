"""One number of a classifier, asked of many altered copies of a few pictures, a chunk at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from engine.models.predictions import probabilities_of
from engine.models.private_copy import device_of, private_copy
from engine.models.target import Target, as_logits, as_target, probability, score

Measure = Literal["probability", "logit"]


class Questions:
    """A classifier, pictures, and the number that is asked for.

    Args:
        model: A classifier whose forward maps pictures in [0, 1] to logits.
        x: The pictures as they are, (N, C, H, W); they decide which class is the predicted one.
        target: As in `engine.models.target.as_target`.
        measure: `probability`, or the `logit` itself.
        chunk_size: Pictures that go through the model at once, at most.

    Attributes:
        x: The pictures on the model's device.
        measure: What is asked: the logit of a readout on a scale of its own, such as years, whatever was wished for.
    """

    def __init__(
        self,
        model: nn.Module,
        x: Tensor,
        target: Target | str | int | Sequence[int],
        *,
        measure: Measure = "probability",
        chunk_size: int = 64,
    ) -> None:
        if x.ndim != 4 or not len(x) or chunk_size < 1:
            raise ValueError(f"x should be pictures (N, C, H, W) and chunk_size at least 1; got {tuple(x.shape)} and "
                             f"{chunk_size}.")  # fmt: skip
        if measure not in ("probability", "logit"):
            raise ValueError(f"measure should be 'probability' or 'logit'; got {measure!r}.")
        self.network, self.chunk_size = private_copy(model), chunk_size
        self.x = x.detach().to(device_of(model), torch.float32)
        self.measure: Measure = measure if _has_probability(model) else "logit"
        with torch.no_grad():
            logits = torch.cat([as_logits(self.network(part), len(part)) for part in self.x.split(chunk_size)])
        self.weights = as_target(target).weights(logits)

    @torch.no_grad()
    def ask(self, each: int, altered: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
        """The number for `each` altered copies of every picture, (N, each), on the CPU.

        Args:
            each: Copies of a picture.
            altered: Given pictures' and copies' numbers, (R,) each, returns those copies, (R, C, H, W).
        """
        rows = torch.arange(len(self.x) * each, device=self.x.device)
        said = []
        for part in rows.split(self.chunk_size):
            pictures = part // each
            logits = as_logits(self.network(altered(pictures, part % each)), len(part))
            said.append(self._number(logits, self.weights[pictures]))
        return torch.cat(said).reshape(len(self.x), each).cpu()

    def _number(self, logits: Tensor, weights: Tensor) -> Tensor:
        if self.measure == "logit":
            return score(logits, weights)
        return probability(logits, weights, probabilities_of(self.network, logits))


def pixel_values(maps: Tensor, x: Tensor) -> Tensor:
    """Attributions summed over colours, one number a pixel, (N, H W) on the pictures' device.

    Raises:
        ValueError: If the maps do not fit the pictures.
    """
    if maps.ndim != 4 or len(maps) != len(x) or maps.shape[2:] != x.shape[2:]:
        raise ValueError(f"maps should be (N, C, H, W) like the pictures {tuple(x.shape)}; got {tuple(maps.shape)}.")
    return maps.detach().to(x.device).float().sum(dim=1).flatten(1)


def _has_probability(model: nn.Module) -> bool:
    readout = getattr(model, "readout", None)
    return readout is None or readout.unit == "log-odds"
