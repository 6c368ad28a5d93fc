"""A view of codes as slots: which standardised values belong to which, and mixing two codes slot by slot."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Protocol

import torch
from torch import Tensor

from engine.interfaces import Slot
from engine.models.slots.weights import weights


class SlotSpace(Protocol):
    """The standardised space that slots index, as in `interfaces.Slotted`."""

    def to_values(self, codes: Tensor) -> Tensor:
        """(N, D) -> (N, V)."""
        ...

    def to_codes(self, values: Tensor) -> Tensor:
        """(N, V) -> (N, D)."""
        ...


@dataclass(frozen=True, eq=False)
class Slots:
    """A model's exchangeable parts.

    Attributes:
        slots: In the order to show; no two hold the same value.
        space: Codes to values and back.
        base: Values of what no slot holds, (V,), and of every other slot beside a single step along a direction.
        note: One sentence the user should know of mixes, such as that they leave the data; empty for none.
        key: What decides the space beside the model and the slots' own words, for names of what is made with it.
    """

    slots: tuple[Slot, ...]
    space: SlotSpace
    base: Tensor
    note: str = ""
    key: str = ""

    def __post_init__(self) -> None:
        held = list(chain.from_iterable(slot.indices for slot in self.slots))
        empty = [slot.name for slot in self.slots if not slot.indices]
        if not held or empty or len(set(held)) < len(held) or not 0 <= min(held) <= max(held) < len(self.base):
            raise ValueError(
                f"Slots should hold different values from 0 to {len(self.base) - 1}, each at least one; got "
                f"{[(slot.name, slot.indices[:4]) for slot in self.slots]}."
            )

    def __len__(self) -> int:
        return len(self.slots)

    @cached_property
    def owner(self) -> Tensor:
        """The slot that holds each value, (V,) int64; -1 for none."""
        owner = torch.full((len(self.base),), -1)
        for number, slot in enumerate(self.slots):
            owner[list(slot.indices)] = number
        return owner

    def to_values(self, codes: Tensor) -> Tensor:
        """Codes (N, D) as standardised values, (N, V)."""
        return self.space.to_values(codes)

    def to_codes(self, values: Tensor) -> Tensor:
        """Standardised values (N, V) as codes, (N, D)."""
        return self.space.to_codes(values)

    def anchors(self, codes: Tensor) -> Tensor:
        """The values to mix: each slot's part of its own codes; steps from minus to plus its amplitude for a direction.

        Args:
            codes: S codes for each slot, (C, S, D), or the same for all, (1, S, D).

        Returns:
            (S, V).
        """
        slots, styles, _ = codes.shape
        every = self.to_values(codes.flatten(0, 1)).unflatten(0, (slots, styles))  # (C, S, V)
        if slots > 1:
            owner = self.owner.clamp_min(0).to(every.device)
            values = every[owner, :, torch.arange(len(owner), device=every.device)].T
        else:
            values = every[0]
        values = values.clone()
        for slot in self.slots:
            if slot.amplitude:
                values[:, slot.indices[0]] = torch.linspace(-slot.amplitude, slot.amplitude, styles).to(values)
        return values

    def mix(self, anchors: Tensor, first: Tensor, second: Tensor, share: Tensor) -> Tensor:
        """Mixes two anchors in every slot.

        A pure slot is exactly the anchor's part, and a mix of an anchor with itself is that anchor.

        Args:
            anchors: Values of the styles, (S, V); see `anchors`.
            first: Which style each slot takes `share` of, (N, C) int64.
            second: Which style it takes the rest of, (N, C) int64.
            share: (N, C) in [0, 1].

        Returns:
            Values, (N, V).
        """
        device = anchors.device
        first, second, share = first.to(device), second.to(device), share.to(anchors)
        owner = self.owner.to(device)
        place, entries = owner.clamp_min(0), torch.arange(len(owner), device=device)
        a, b = anchors[first[:, place], entries], anchors[second[:, place], entries]  # (N, V)
        of_a, of_b = weights([slot.mixing for slot in self.slots], owner, a, b, first, second, share)
        mixed = of_a[:, place] * a + of_b[:, place] * b
        return torch.where(owner >= 0, mixed, self.base.to(mixed))
