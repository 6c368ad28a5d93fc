"""What hypotheses about a model stand on: its axes with their scales, its slots, its plausible codes."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import torch
from torch import Tensor, nn

from engine.explain.hypotheses.codes import Codes
from engine.explain.plausibility import Plausibility
from engine.interfaces import Axis, LatentModel
from engine.models.slots import Slots, slots_of
from engine.registry import unknown


class Ground:
    """A generator, measured once; changes, searches and trials share it.

    Args:
        model: Any latent model.

    Attributes:
        model: The same.
        codes: Its plausible codes.
    """

    def __init__(self, model: LatentModel) -> None:
        self.model, self.codes = model, Codes(model)
        self._axes = {axis.name: axis for axis in model.axes}
        self._scales = {axis.name: _scale(axis, self.codes.plausible) for axis in model.axes}
        self._slots: dict[int | None, Slots] = {}

    @property
    def id(self) -> str:
        """The model's id."""
        return self.model.id

    def axis(self, name: str) -> Axis:
        """The axis of that name.

        Raises:
            ValueError: If the model has none; names neighbours.
        """
        if name not in self._axes:
            raise ValueError(f"{self.id} has no such axis: {unknown('axis', name, self._axes)}")
        return self._axes[name]

    def scale(self, name: str) -> float:
        """Standard deviation of positions on an axis over plausible codes, in the axis' own units."""
        return self._scales[self.axis(name).name]

    def option(self, category: str, option: str) -> int:
        """The number of a category's option.

        Raises:
            ValueError: If the axis is none, or has no such option.
        """
        axis = self.axis(category)
        if axis.kind != "category":
            raise ValueError(f"{category!r} of {self.id} is no category but a scale; shift it by some sd.")
        if option not in axis.options:
            raise ValueError(f"{category!r} of {self.id} has no such option: {unknown('option', option, axis.options)}")
        return axis.options.index(option)

    def slots(self, columns: int | None = None) -> Slots:
        """The model's slots, measured when first asked for."""
        if columns not in self._slots:
            self._slots[columns] = slots_of(self.model, columns=columns)
        return self._slots[columns]

    def slot(self, name: str, columns: int | None = None) -> int:
        """The number of a slot.

        Raises:
            ValueError: If the model has none of that name; names neighbours.
        """
        names = [slot.name for slot in self.slots(columns).slots]
        if name not in names:
            raise ValueError(f"{self.id} has no such slot: {unknown('slot', name, names)}")
        return names.index(name)

    @cached_property
    def plausibility(self) -> Plausibility:
        """How far codes lie from those the model draws itself."""
        return Plausibility(self.codes.plausible, self.model.layout)

    @property
    def realness(self) -> Callable[[Tensor], Tensor] | None:
        """The discriminator's score of pictures, (N, C, H, W) -> (N,), of models that kept theirs.

        None for conditional networks too, whose discriminators judge a picture together with its class.
        """
        network = getattr(self.model, "network", self.model)
        if not hasattr(network, "discriminator") or getattr(network, "num_classes", False):
            return None
        found: Callable[[Tensor], Tensor] | None = getattr(network, "realness", None)
        # InfoGAN's is a module of that name and reads features.
        return None if isinstance(found, nn.Module) else found


def _scale(axis: Axis, codes: Tensor) -> float:
    if axis.kind == "category":
        return 1.0
    direction = torch.tensor(axis.direction or (1.0,) * len(axis.indices), dtype=torch.float64)
    stands = codes[:, list(axis.indices)].double() @ direction / (direction @ direction)
    return float(stands.std())
