"""What a readout says of configurations: one number each, asked once and kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import torch
from torch import Tensor

from engine.explain.progress import Progress, ShouldStop
from engine.explain.style_matrix.bank import Bank
from engine.explain.style_matrix.byte_cache import ByteCache
from engine.explain.style_matrix.configuration import STEP, Configuration
from engine.explain.style_matrix.rendering import Renderer, normal_in

_MEMORY = 2**24  # bytes: sixteen thousand numbers with their keys


class Rating(Protocol):
    """A number per picture on a scale of its own; equal ratings say the same, as those of `engine.explain.readouts`."""

    @property
    def name(self) -> str:
        """For the eye: `P(Smiling)`."""
        ...

    @property
    def low(self) -> float:
        """Lower end of the range worth drawing."""
        ...

    @property
    def high(self) -> float:
        """Upper end."""
        ...

    @property
    def center(self) -> float | None:
        """The value that speaks for neither side; None where there is none."""
        ...

    def __call__(self, x: Tensor) -> Tensor:
        """(N, *space.shape) -> (N,)."""
        ...


class Rater:
    """Rates configurations through a renderer, whose pictures it shares.

    Args:
        renderer: Draws them.
    """

    def __init__(self, renderer: Renderer) -> None:
        self.renderer = renderer
        self._cache = ByteCache(_MEMORY)

    def ratings(
        self,
        bank: Bank,
        configurations: Sequence[Configuration],
        rating: Rating,
        *,
        step: float = STEP,
        progress: Progress | None = None,
        should_stop: ShouldStop | None = None,
    ) -> Tensor:
        """The rating of each configuration's full picture, (N,) float32 on the CPU; arguments as of the renderer's.

        Raises:
            ValueError: If the rating gives other than one finite number a picture.
            CancelledError: If `should_stop` said so.
        """
        wanted = [normal_in(bank, one, step) for one in configurations]
        found = {one: kept for one in wanted if (kept := self._cache.get((bank.id, one, rating))) is not None}
        missing = [one for one in dict.fromkeys(wanted) if one not in found]
        size = self.renderer.batch_size
        for start in range(0, len(missing), size):
            batch = missing[start : start + size]
            x = self.renderer.pictures(bank, batch, step=step, should_stop=should_stop)
            for one, value in zip(batch, rated(rating, x), strict=True):
                found[one] = value
                self._cache.put((bank.id, one, rating), value)
            if progress is not None:
                progress(len(found), len(found) + len(missing) - start - len(batch))
        return torch.stack([found[one] for one in wanted]) if wanted else torch.empty(0)


@torch.inference_mode()
def rated(rating: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """What a rating says of pictures, (N,) float32 on the CPU.

    Raises:
        ValueError: If it gives other than one finite number a picture.
    """
    values = rating(x).detach().float().cpu()
    if values.shape != (len(x),) or not bool(torch.isfinite(values).all()):
        name = getattr(rating, "name", "The rating")
        found = "NaN or infinity" if values.shape == (len(x),) else f"shape {tuple(values.shape)}"
        raise ValueError(f"{name} should give one finite number for each of {len(x)} pictures; got {found}.")
    return values
