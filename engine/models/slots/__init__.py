"""The exchangeable parts of a code, for every latent model, and how two codes mix part by part.

    slots = slots_of(model)                                       # from its layout, or those it brings
    values = slots.to_values(codes)                               # (S, D) -> (S, V), standardised
    slots.to_codes(slots.mix(values, first, second, share))       # (N, C) each -> (N, D)

slots.py       `Slots`: which entries belong to which slot, and mixing
weights.py     what either value of a pair counts: linear, spherical, snap
affine.py      the standardised space of models that bring none of their own
defaults.py    `slots_of`
direction.py   one more slot: steps along a direction
"""

from __future__ import annotations

from engine.models.slots.defaults import group_sizes, slots_of
from engine.models.slots.direction import with_direction
from engine.models.slots.slots import Slots, SlotSpace

__all__ = ["SlotSpace", "Slots", "group_sizes", "slots_of", "with_direction"]
