"""The numbers directions are looked for in: a style where all layers share one, else a code's continuous entries."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.interfaces import Layout, part_slices


def movable(layout: Layout) -> tuple[int, ...]:
    """Numbers of the parts a direction moves: all layers, or all that is continuous.

    Raises:
        ValueError: If there are none.
    """
    kinds = ("layer",) if is_layered(layout) else ("continuous",)
    parts = tuple(number for number, part in enumerate(layout) if part.kind in kinds)
    if not parts:
        names = [part.name for part in layout]
        raise ValueError(f"No direction leads through a code of categories alone; got {names}.")
    return parts


def is_layered(layout: Layout) -> bool:
    """Whether a code is made of the styles of layers."""
    return any(part.kind == "layer" for part in layout)


def coordinates(codes: Tensor, layout: Layout, parts: tuple[int, ...] = ()) -> Tensor:
    """Codes (N, D) as points, (N, K): the mean style of these layers, or these entries one after another.

    Args:
        codes: Of that layout.
        layout: The model's.
        parts: Numbers of the parts to look at; by default all `movable` ones.
    """
    places = part_slices(layout)
    values = [codes[:, places[number]] for number in parts or movable(layout)]
    return torch.stack(values).mean(dim=0) if is_layered(layout) else torch.cat(values, dim=1)


def categories(codes: Tensor, layout: Layout) -> Tensor:
    """The one-hot entries of codes (N, D), (N, C): what a direction does not move but an attribute may depend on."""
    places = [place for part, place in zip(layout, part_slices(layout), strict=True) if part.kind == "onehot"]
    return torch.cat([codes[:, place] for place in places] or [codes[:, :0]], dim=1)
