"""How much each slot matters: what changes when its style is swapped, in pixels, in ratings, and in other slots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from engine.explain.progress import Progress, ShouldStop
from engine.explain.style_matrix.bank import Bank
from engine.explain.style_matrix.configuration import Mix, Mixed
from engine.explain.style_matrix.ratings import Rating, rated
from engine.explain.style_matrix.rendering import Renderer
from engine.interfaces import Encoder, LatentModel
from engine.models.slots import Slots

_SWAPS = 64  # a slot


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """What swapping a slot's style changes, on average.

    Attributes:
        pixels: Mean absolute change of a value of the output, (C,).
        ratings: Mean absolute change of each rating, (C, R).
        leakage: Change of slot t as the model reads its own pictures when only slot s was swapped, (C, C): the root
            mean square in standard deviations, of s itself on the diagonal. None for a model without an encoder.
        swaps: How many swaps of each slot were looked at.
    """

    pixels: Tensor
    ratings: Tensor
    leakage: Tensor | None
    swaps: int

    @property
    def order(self) -> tuple[int, ...]:
        """The slots, the one that changes the picture most first."""
        return tuple(self.pixels.argsort(descending=True, stable=True).tolist())


def sensitivity(
    renderer: Renderer,
    bank: Bank,
    ratings: Sequence[Rating] = (),
    *,
    generator: Generator,
    swaps: int = _SWAPS,
    progress: Progress | None = None,
    should_stop: ShouldStop | None = None,
) -> Sensitivity:
    """Swaps a slot's style in pictures of one style each, all slots in the same pictures and to the same styles.

    Args:
        renderer: Draws; no more pictures are held at once than it draws in a batch, and one of every slot.
        bank: The styles.
        ratings: Readouts to look at.
        generator: On the CPU, draws the swaps where there are more than asked for.
        swaps: Of each slot, at most.
        progress: Told how many swaps are done.
        should_stop: Asked between batches.

    Raises:
        ValueError: If not even one swap is asked for.
        CancelledError: If `should_stop` said so.
    """
    if swaps < 1:
        raise ValueError(f"Sensitivity is a mean over at least 1 swap; got {swaps}.")
    slots, styles = len(bank.slots), bank.settings.styles
    every = torch.cartesian_prod(torch.arange(styles), torch.arange(styles))
    every = every[every[:, 0] != every[:, 1]]
    every = every[torch.randperm(len(every), generator=generator)[:swaps]]  # (P, 2): before and after
    sums: list[Tensor] = []
    done = 0
    for pairs in every.split(max(1, renderer.batch_size // (slots + 1))):
        x = renderer.pictures(bank, _swapped(pairs, slots), should_stop=should_stop)
        sums.append(_sums(renderer.model, bank.slots, x, len(pairs), ratings))
        done += len(pairs)
        if progress is not None:
            progress(done, len(every))
    means = torch.stack(sums).sum(dim=0) / len(every)  # (C, 1 + R + C): pixels, ratings, squares of other slots
    return Sensitivity(
        pixels=means[:, 0],
        ratings=means[:, 1 : 1 + len(ratings)],
        leakage=means[:, 1 + len(ratings) :].sqrt() if isinstance(renderer.model, Encoder) else None,
        swaps=len(every),
    )


def _swapped(pairs: Tensor, slots: int) -> list[Mixed]:
    """Pictures of the old styles, then for each slot the same with the new style in it, (1 + C) P."""
    olds, news = ([Mix(style) for style in side] for side in pairs.T.tolist())
    before = [Mixed((old,) * slots) for old in olds]
    after = [one.with_mix(slot, new) for slot in range(slots) for one, new in zip(before, news, strict=True)]
    return [*before, *after]


@torch.inference_mode()
def _sums(model: LatentModel, slots: Slots, x: Tensor, swaps: int, ratings: Sequence[Rating]) -> Tensor:
    """Changes summed over swaps, (C, 1 + R + C): of pixels, ratings and, squared, of slots as they are read."""
    columns = [_change(x.flatten(1), swaps).mean(dim=2).sum(dim=1, keepdim=True)]
    columns += [_change(rated(rating, x)[:, None], swaps).sum(dim=1) for rating in ratings]
    if isinstance(model, Encoder):
        codes = model.encode(x.to(getattr(model, "device", x.device))).cpu()
        squares = _change(slots.to_values(codes), swaps).square().sum(dim=1)  # (C, V)
        kept = slots.owner >= 0
        per_slot = torch.zeros(len(slots), len(slots)).index_add_(1, slots.owner[kept], squares[:, kept])
        columns.append(per_slot / torch.tensor([len(slot.indices) for slot in slots.slots]))
    return torch.cat(columns, dim=1)


def _change(values: Tensor, swaps: int) -> Tensor:
    """Absolute differences of rows after swaps of each slot from those before, (C, P, ...)."""
    return (values[swaps:].unflatten(0, (-1, swaps)) - values[:swaps]).abs()
