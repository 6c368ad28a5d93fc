"""The style-mix grid of StyleGAN: each row's picture with some slots taken from each column's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.explain.batches import decode_in_batches
from engine.interfaces import LatentModel
from engine.models.slots import Slots

MOST_CELLS = 400


@dataclass(frozen=True, eq=False)
class MixGrid:
    """Pictures of a style-mix grid.

    Attributes:
        rows: The pictures on the left, (R, *space.shape).
        columns: Those on top, (K, *space.shape).
        cells: (R, K, *space.shape): each row's picture with the replaced slots of the column's.
    """

    rows: Tensor
    columns: Tensor
    cells: Tensor


@torch.no_grad()
def mix_grid(
    model: LatentModel, slots: Slots, row_seeds: Sequence[int], column_seeds: Sequence[int], replaced: Sequence[int]
) -> MixGrid:
    """Draws a grid by seeds; the same seed is the same picture everywhere.

    Args:
        model: The model.
        slots: Its slots; as many columns as layers to choose layers one by one.
        row_seeds: Of the pictures on the left.
        column_seeds: Of those on top.
        replaced: Numbers of the slots taken from the column's picture, such as `coarse(slots)`.

    Raises:
        ValueError: If there are no seeds, too many, or no such slots.
    """
    if not 1 <= len(row_seeds) * len(column_seeds) <= MOST_CELLS:
        raise ValueError(f"A grid has 1 to {MOST_CELLS} cells; got {len(row_seeds)} rows of {len(column_seeds)}.")
    if not replaced or not all(0 <= slot < len(slots) for slot in replaced):
        raise ValueError(f"Name slots to replace, from 0 to {len(slots) - 1}; got {list(replaced)}.")
    codes = torch.cat([by_seed(model, row_seeds), by_seed(model, column_seeds)])
    of_row = torch.arange(len(row_seeds)).repeat_interleave(len(column_seeds))
    of_column = len(row_seeds) + torch.arange(len(column_seeds)).repeat(len(row_seeds))
    first = of_row[:, None].repeat(1, len(slots))  # (R K, C)
    first[:, list(replaced)] = of_column[:, None]
    mixed = slots.to_codes(slots.mix(slots.to_values(codes), first, first, torch.ones(first.shape)))
    x = decode_in_batches(model, torch.cat([codes, mixed])).x
    rows, columns, cells = x.split([len(row_seeds), len(column_seeds), len(mixed)])
    return MixGrid(rows, columns, cells.unflatten(0, (len(row_seeds), len(column_seeds))))


def coarse(slots: Slots) -> tuple[int, ...]:
    """The slots that the published tool replaces: the first 7 of 18 layers, and that share of any other number."""
    return tuple(range(max(1, round(len(slots) * 7 / 18))))


def by_seed(model: LatentModel, seeds: Sequence[int]) -> Tensor:
    """The code of every seed, (N, D): the same alone and in company."""
    return torch.cat([model.sample(1, generator=torch.Generator().manual_seed(seed)) for seed in seeds])
