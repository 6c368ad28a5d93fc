"""Changes of a code: along an axis, to another category, of a slot's style, and two of these together."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor

from engine.explain.hypotheses.ground import Ground

LARGEST = 100.0  # sd; beyond it nothing can be meant


@dataclass(frozen=True, kw_only=True)
class Shift:
    """Along an axis, a latent dimension or a direction.

    Attributes:
        axis: Its name.
        amplitude: In standard deviations of that axis over plausible codes; below zero it is lowered.
        direction: Whether the axis is a learned direction, which a sentence mentions.
    """

    axis: str
    amplitude: float
    direction: bool = False

    def __post_init__(self) -> None:
        if not math.isfinite(self.amplitude) or not 0 < abs(self.amplitude) <= LARGEST:
            raise ValueError(f"An amplitude is a number of sd other than zero, up to {LARGEST:.0f}; "
                             f"got {self.amplitude}.")  # fmt: skip

    @property
    def subject(self) -> str:
        """What is changed."""
        return f"axis {self.axis}"

    def check(self, ground: Ground) -> None:
        """Raises ValueError where the model has no such axis, or one that is no scale."""
        axis = ground.axis(self.axis)
        if axis.kind == "category":
            raise ValueError(f"{self.axis!r} is a category of {ground.id}; switch it from one option to another.")

    def apply(self, ground: Ground, codes: Tensor, amount: float = 1.0) -> Tensor:
        """`amount` times the change, (N, D) -> (N, D)."""
        axis = ground.axis(self.axis)
        entries = torch.tensor(axis.indices, device=codes.device)
        direction = torch.tensor(axis.direction or (1.0,) * len(entries), device=codes.device, dtype=codes.dtype)
        step = amount * self.amplitude * ground.scale(self.axis)
        return codes.index_add(1, entries, (step * direction).expand(len(codes), -1))


@dataclass(frozen=True, kw_only=True)
class Switch:
    """From one option of a category to another.

    Attributes:
        category: The axis' name.
        option: The option after the change.
        start: The option before, which all codes are given first; None for whichever each code has.
    """

    category: str
    option: str
    start: str | None = None

    def __post_init__(self) -> None:
        if self.option == self.start:
            raise ValueError(f"A switch leads to another option; got {self.option!r} on both sides.")

    @property
    def subject(self) -> str:
        """What is changed."""
        return f"axis {self.category}"

    def check(self, ground: Ground) -> None:
        """Raises ValueError where the model has no such category or option."""
        for option in (self.option, self.start):
            if option is not None:
                ground.option(self.category, option)

    def apply(self, ground: Ground, codes: Tensor, amount: float = 1.0) -> Tensor:
        """A category has no middle: from an amount of one half on, the option after; below, the one before."""
        option = self.option if amount >= 0.5 else self.start
        if option is None:
            return codes.clone()
        entries = torch.tensor(ground.axis(self.category).indices, device=codes.device)
        chosen = torch.zeros(len(entries), device=codes.device, dtype=codes.dtype)
        chosen[ground.option(self.category, option)] = 1.0
        return codes.index_copy(1, entries, chosen.expand(len(codes), -1))


@dataclass(frozen=True, kw_only=True)
class Restyle:
    """A slot, such as some layers of a StyleGAN2, takes a given style.

    Attributes:
        slot: Its name.
        style: The slot's standardised values (`engine.models.slots`), those of another code for instance.
        label: What the style is called.
        share: How much of the style, in (0, 1]; the rest stays the code's own.
        columns: How many slots the code is divided into; None for the model's default.
    """

    slot: str
    style: tuple[float, ...]
    label: str
    share: float = 1.0
    columns: int | None = None

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise ValueError(f"A style's share lies above 0 and up to 1; got {self.share}.")
        if not self.style or not all(map(math.isfinite, self.style)):
            raise ValueError(f"The style {self.label!r} should have finite values, one for each entry of its slot.")

    @property
    def subject(self) -> str:
        """What is changed."""
        return f"slot {self.slot}"

    def check(self, ground: Ground) -> None:
        """Raises ValueError where the model has no such slot, or one of another size."""
        size = len(ground.slots(self.columns).slots[ground.slot(self.slot, self.columns)].indices)
        if size != len(self.style):
            raise ValueError(f"{self.slot} of {ground.id} has {size} values and the style {self.label!r} has "
                             f"{len(self.style)}: styles belong to one model.")  # fmt: skip

    def apply(self, ground: Ground, codes: Tensor, amount: float = 1.0) -> Tensor:
        """`amount` of the change, in [0, 1] of `share`; the slot's own rule mixes. (N, D) -> (N, D)."""
        share = min(max(amount, 0.0), 1.0) * self.share
        if share == 0:
            return codes.clone()
        slots, number = ground.slots(self.columns), ground.slot(self.slot, self.columns)
        values = slots.to_values(codes)
        entries = torch.tensor(slots.slots[number].indices, device=values.device)
        style = values[:1].index_copy(1, entries, torch.tensor([self.style], device=values.device, dtype=values.dtype))
        own = torch.arange(len(codes))[:, None].expand(-1, len(slots.slots))
        first, shares = own.clone(), torch.ones(own.shape)
        first[:, number], shares[:, number] = len(codes), share
        mixed = slots.mix(torch.cat([values, style]), first, own, shares)
        # Only the difference is added: what the slot does not hold keeps its very bits on the way there and back.
        changed = values.index_copy(1, entries, mixed[:, entries])
        return codes + (slots.to_codes(changed) - slots.to_codes(values))


@dataclass(frozen=True, kw_only=True)
class Both:
    """Two changes of different things together.

    Attributes:
        first: One.
        second: The other.
    """

    first: Single
    second: Single

    def __post_init__(self) -> None:
        if self.first.subject == self.second.subject:
            raise ValueError(f"A pair changes two different things; got {self.first.subject} twice.")

    @property
    def subject(self) -> str:
        """What is changed."""
        return " and ".join(sorted((self.first.subject, self.second.subject)))

    def check(self, ground: Ground) -> None:
        """Raises ValueError where the model lacks either."""
        self.first.check(ground)
        self.second.check(ground)

    def apply(self, ground: Ground, codes: Tensor, amount: float = 1.0) -> Tensor:
        """Both by the same amount, (N, D) -> (N, D)."""
        return self.second.apply(ground, self.first.apply(ground, codes, amount), amount)


Single: TypeAlias = Shift | Switch | Restyle
Change: TypeAlias = Single | Both
