"""Pictures of configurations: each decoded once, in batches, kept while there is room, stopped when asked."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from engine.explain.batches import decode_in_batches
from engine.explain.progress import Progress, ShouldStop, check
from engine.explain.style_matrix.bank import Bank
from engine.explain.style_matrix.byte_cache import ByteCache
from engine.explain.style_matrix.configuration import STEP, Configuration, Single
from engine.interfaces import LatentModel

_MEMORY = 2**28  # bytes
_BATCH = 64


class Renderer:
    """Draws what banks of one model make.

    Args:
        model: The model.
        memory: Bytes of pictures it keeps.
        batch_size: Pictures decoded at once; between batches it may be stopped.
    """

    def __init__(self, model: LatentModel, *, memory: int = _MEMORY, batch_size: int = _BATCH) -> None:
        self.model, self.batch_size = model, batch_size
        self.cache = ByteCache(memory)

    def pictures(
        self,
        bank: Bank,
        configurations: Sequence[Configuration],
        *,
        step: float = STEP,
        size: int | None = None,
        progress: Progress | None = None,
        should_stop: ShouldStop | None = None,
    ) -> Tensor:
        """What the model draws for each configuration, (N, *space.shape), on the CPU.

        Args:
            bank: Of this model.
            configurations: In any form; equal ones are the same picture.
            step: What shares are counted in.
            size: Pixels of the longer side of a preview, averaged over areas; None for pictures as they are.
            progress: Told after each batch how many pictures are there.
            should_stop: Asked before each batch.

        Raises:
            CancelledError: If `should_stop` said so; what was drawn before is kept for the next time.
        """
        wanted = [normal_in(bank, one, step) for one in configurations]
        found: dict[Configuration, Tensor] = {}
        for one in dict.fromkeys(wanted):
            kept = self.cache.get((bank.id, one, size))
            if kept is None and size is not None and (whole := self.cache.get((bank.id, one, None))) is not None:
                kept = reduced(whole[None], size)[0]
            if kept is not None:
                found[one] = kept
        missing = [one for one in dict.fromkeys(wanted) if one not in found]
        for start in range(0, len(missing), self.batch_size):
            check(should_stop)
            batch = missing[start : start + self.batch_size]
            x = decode_in_batches(self.model, bank.codes_of(batch), batch_size=self.batch_size).x
            for one, picture in zip(batch, reduced(x, size), strict=True):
                found[one] = picture
                self.cache.put((bank.id, one, size), picture)
            if progress is not None:
                progress(len(found), len(found) + len(missing) - start - len(batch))
        if not wanted:
            return reduced(torch.empty(0, *self.model.space.shape), size)
        return torch.stack([found[one] for one in wanted])


def normal_in(bank: Bank, configuration: Configuration, step: float) -> Configuration:
    """The one form of all configurations that are the same picture of a bank: its key wherever things are kept."""
    return bank.canonical(configuration) if isinstance(configuration, Single) else configuration.normal(step)


def reduced(x: Tensor, size: int | None) -> Tensor:
    """Pictures (N, C, H, W) of at most `size` pixels a side, each pixel the mean of an area; series as they are."""
    if size is None or x.ndim != 4 or max(x.shape[2:]) <= size:
        return x
    height, width = x.shape[2:]
    scale = size / max(height, width)
    shape = (max(1, round(height * scale)), max(1, round(width * scale)))
    return functional.interpolate(x, shape, mode="area") if len(x) else x.new_empty(0, x.shape[1], *shape)
