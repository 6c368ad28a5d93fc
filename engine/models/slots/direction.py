"""One more slot beside a model's own: steps along a direction, such as that of a classifier's attribute."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from engine.interfaces import Slot
from engine.models.slots.slots import Slots, SlotSpace


def with_direction(slots: Slots, name: str, direction: Tensor, *, amplitude: float, relative: bool) -> Slots:
    """Adds a slot whose styles are steps from minus to plus `amplitude` along a direction.

    Args:
        slots: A model's.
        name: What a user reads above the column: `Smiling`.
        direction: In code space, (D,), of any length but zero.
        amplitude: The longest step.
        relative: In units of the length of the code that is moved, as the published sweeps of styles w are (amplitude
            0.09); otherwise in standard deviations.

    Raises:
        ValueError: If the direction is none or the amplitude is not positive.
    """
    code = slots.to_codes(slots.base[None])
    if direction.shape != code.shape[1:] or not bool(direction.abs().sum() > 0) or amplitude <= 0:
        raise ValueError(
            f"A direction slot takes a direction of shape {tuple(code.shape[1:])} that is not zero and an amplitude "
            f"above 0; got shape {tuple(direction.shape)} and {amplitude}."
        )
    step = direction.detach().to(code) / direction.norm().to(code)
    if not relative:
        step = step / (slots.to_values(code + step) - slots.base.to(code)).norm()
    digest = hashlib.sha256(direction.detach().cpu().float().contiguous().numpy().tobytes()).hexdigest()
    return replace(
        slots,
        slots=(*slots.slots, Slot(name, (len(slots.base),), amplitude=amplitude)),
        space=_Along(slots.space, step, relative),
        base=torch.cat([slots.base, slots.base.new_zeros(1)]),
        key=f"{slots.key} {digest} {relative}",
    )


@dataclass(frozen=True, eq=False)
class _Along:
    inner: SlotSpace
    step: Tensor  # (D,)
    relative: bool

    def to_values(self, codes: Tensor) -> Tensor:
        values = self.inner.to_values(codes)
        return torch.cat([values, values.new_zeros(len(values), 1)], dim=1)

    def to_codes(self, values: Tensor) -> Tensor:
        codes = self.inner.to_codes(values[:, :-1])
        length = codes.norm(dim=1, keepdim=True) if self.relative else 1.0
        return codes + values[:, -1:] * length * self.step.to(codes)
