"""What the training loop asks of an objective, and the registries of objectives and loss terms."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from torch import Generator, Tensor, nn

from engine.data import Batch
from engine.registry import Registry

OBJECTIVES: Registry[Callable[..., Any]] = Registry("objective")
TERMS: Registry[Callable[..., Any]] = Registry("loss term")


@dataclass(frozen=True)
class Lazy:
    """A regulariser as a player that plays now and then, with another player's parameters and optimiser.

    Attributes:
        of: That other player; its rate and moments are corrected for the additional steps (Karras et al., 2020,
            appendix B).
        every: Updates from one of its steps to the next.
    """

    of: str
    every: int


class Objective(Protocol):
    """One or more players, each with its parameters and its loss; a frozen dataclass.

    Further parts, for objectives that need them:

    - `standing_on(models)`: of a recipe that `needs` other checkpoints; given the loaded models by id, it returns the
      objective that uses them.
    - `rates`: learning rates by player, in units of the recipe's.
    - `lazy`: players that play only now and then, as `Lazy` by name.
    - `before_update(parameters)`: called between a player's gradients and its update.
    - `after_update(model, batch)`: called when all have played.
    """

    @property
    def players(self) -> tuple[str, ...]:
        """Who plays in one step, in order."""
        ...

    def parameters(self, model: Any, player: str) -> Iterable[nn.Parameter]:  # noqa: ANN401 - each knows its own networks
        """What this player may move."""
        ...

    def losses(
        self,
        model: Any,  # noqa: ANN401
        batch: Batch,
        player: str,
        *,
        generator: Generator,
    ) -> dict[str, Tensor]:
        """Scalars to log; the one named `loss` is minimised."""
        ...


@dataclass(frozen=True)
class Pass:
    """One batch through an autoencoder.

    Attributes:
        x: Examples, (N, *shape).
        logits: The decoder's output before the sigmoid (images) or as it is (series), (N, *shape).
        z: Sampled latents, (N, K).
        mean: Posterior mean, (N, K).
        log_var: Posterior log-variance, (N, K); None for a plain autoencoder.
    """

    x: Tensor
    logits: Tensor
    z: Tensor
    mean: Tensor
    log_var: Tensor | None


class Term(Protocol):
    """A loss term on one pass, averaged over the batch; a frozen dataclass with its own weight."""

    name: str

    def __call__(self, step: Pass) -> Tensor:
        """The weighted term, a scalar."""
        ...
