"""What a way of finding directions is given and gives; each files itself in `DIRECTIONS` from its own module."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from torch import Tensor

from engine.checkpoints import Direction
from engine.interfaces import Layout
from engine.registry import Registry


@dataclass(frozen=True, kw_only=True, eq=False)
class Latents:
    """Codes a model drew and what a classifier said of their pictures.

    Attributes:
        codes: (N, D).
        layout: Of the codes.
        log_odds: What the classifier says, (N, M); M is 0 without one.
        outputs: Names of its M classes or attributes.
        exclusive: Whether a picture belongs to one of them, so that a direction leads from others to it.
        held_out: How many of the last rows are kept for judging.
    """

    codes: Tensor
    layout: Layout
    log_odds: Tensor
    outputs: tuple[str, ...] = ()
    exclusive: bool = False
    held_out: int = 0


class Finder(Protocol):
    """A way of finding directions, with its options as fields."""

    def check(self, layout: Layout, outputs: tuple[str, ...]) -> None:
        """Refuses what cannot be found, before thousands of codes are drawn for it.

        Raises:
            ValueError: If the code or the classifier's outputs do not have what is asked for.
        """
        ...

    def find(self, latents: Latents) -> tuple[Direction, ...]:
        """The directions, in the order to show."""
        ...


DIRECTIONS: Registry[Callable[..., Any]] = Registry("way of finding directions")
