"""A classifier at work on a batch of pictures: in chunks that fit, with progress, until it is done or told to stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

import torch
from torch import Tensor, nn

from engine.explain.progress import Progress, ShouldStop, check
from engine.models.private_copy import device_of, private_copy
from engine.models.target import Target, as_logits, score

Precision = Literal["fp32", "bf16"]


class UnsuitableModelError(ValueError):
    """A method cannot explain this model; the message says why and what to do."""


class Scored(nn.Module):
    """Pictures (N, C, H, W) and the signs of their target (N, M) -> the explained number of each, (N,).

    What Captum attributes: it repeats the signs along with the pictures, so every row keeps its own target.

    Args:
        network: (N, C, H, W) in [0, 1] -> logits.
        watch: Called with the number of rows before each pass; it may raise.
        precision: `bf16` runs the network under autocast.
    """

    def __init__(self, network: nn.Module, watch: Callable[[int], None], precision: Precision) -> None:
        super().__init__()
        self.network, self.watch, self.precision = network, watch, precision

    def forward(self, x: Tensor, weights: Tensor) -> Tensor:
        """The explained numbers."""
        return score(self.logits(x), weights)

    def logits(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, M) float32."""
        self.watch(len(x))
        with torch.autocast(x.device.type, dtype=torch.bfloat16, enabled=self.precision == "bf16"):
            return as_logits(self.network(x), len(x))


class Subject:
    """What a method is given.

    The network is a private copy: methods may hook it, and the caller's model, which others may use, is left alone.

    Args:
        model: Classifier with a forward from pictures in [0, 1] to logits.
        x: Pictures, (N, C, H, W), values in [0, 1].
        target: What is explained.
        seed: Chance starts from here.
        chunk_size: Rows that go through the model at once, at most; memory grows with it and not with N.
        precision: `fp32` or `bf16`.
        background: Pictures to compare with, (B, C, H, W), for the methods that average over some.
        progress: Called after each pass with (rows done, rows in all).
        should_stop: Asked before each pass.

    Attributes:
        logits: The model's output for the pictures, (N, M).
        weights: The target's signs, (N, M).
        notes: What the user should know of how maps were made; methods add to it.
        total: Rows in all, for progress.
    """

    def __init__(
        self,
        model: nn.Module,
        x: Tensor,
        *,
        target: Target,
        seed: int = 0,
        chunk_size: int = 32,
        precision: Precision = "fp32",
        background: Tensor | None = None,
        progress: Progress | None = None,
        should_stop: ShouldStop | None = None,
    ) -> None:
        self.seed, self.chunk_size, self.precision = seed, chunk_size, precision
        self.notes: list[str] = []
        self.done, self.total = 0, 0
        self._progress, self._should_stop = progress, should_stop
        device = device_of(model)
        self.network = private_copy(model)
        self.x = x.detach().to(device, torch.float32).clone()
        self.background = None if background is None else background.detach().to(device, torch.float32).clone()
        self.scored = self.attach(self.network)
        with torch.no_grad():
            first_look = Scored(self.network, self._check, precision)  # not part of the work that progress counts
            self.logits = torch.cat([first_look.logits(part) for part in self.x.split(chunk_size)])
        self.weights = target.weights(self.logits)

    def attach(self, network: nn.Module) -> Scored:
        """A form of the network (rewired, for instance) in the place of `scored`: counted and cancellable as well."""
        return Scored(network, self._watch, self.precision).eval()

    def gradient(self, x: Tensor, weights: Tensor) -> Tensor:
        """Gradients of the explained numbers at x, (n, C, H, W), for rows with these signs, (n, M)."""
        x = x.detach().requires_grad_()
        with torch.enable_grad():
            score = self.scored(x, weights).sum()  # rows do not mix, so one backward pass serves all
            return torch.autograd.grad(score, x)[0]

    def score(self, x: Tensor, weights: Tensor) -> Tensor:
        """The explained numbers at x, (n,), without gradients."""
        with torch.no_grad():
            return self.scored(x, weights)

    def groups(self, rows: int = 1) -> Iterator[slice]:
        """Runs of pictures that fill a chunk when each takes `rows` rows; at least one picture each."""
        size = max(1, self.chunk_size // rows)
        for start in range(0, len(self.x), size):
            yield slice(start, min(start + size, len(self.x)))

    def finish(self) -> None:
        """Reports that all is done."""
        if self._progress is not None and self.total:
            self._progress(self.total, self.total)

    def _check(self, _: int) -> None:
        check(self._should_stop)

    def _watch(self, rows: int) -> None:
        self._check(rows)
        if self._progress is not None and self.total:
            self._progress(min(self.done, self.total), self.total)
        self.done += rows
