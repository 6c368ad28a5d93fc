"""How well two drawings agree, in [0, 1]: one measure for each kind of data, the same for page and server."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import torch
from torch import Tensor

from engine.interfaces import LatentModel
from engine.registry import Registry

MAX_VALUES = 2**26  # of the pictures kept at a time while a model is looked over: a quarter of a gigabyte


class Agreement(Protocol):
    """A measure of agreement: 1 for equal drawings, symmetric, within [0, 1].

    Attributes:
        name: Under which it is registered.
    """

    name: ClassVar[str]

    @classmethod
    def for_model(cls, model: LatentModel) -> Agreement:
        """The measure with whatever it has to know of a model's data."""
        ...

    def __call__(self, x: Tensor, target: Tensor) -> Tensor:
        """Agreement of every drawing with its target, (N,).

        Args:
            x: Images (N, C, H, W) in [0, 1], compared as they are drawn (`drawn`), or series (N, T).
            target: The same, or one for all (1, ...).
        """
        ...

    def to_json(self) -> dict[str, Any]:
        """Name and parameters, all that a page needs to compute the same."""
        ...


AGREEMENTS: Registry[Callable[..., Agreement]] = Registry("measure of agreement")


def drawn(x: Tensor) -> Tensor:
    """What a screen shows of x: images (N, C, H, W) at the 256 grey levels of 8 bits, series (N, T) as they are.

    The page sees no more than these, so measures that look through this agree in page and server.

    Raises:
        ValueError: If x is neither a batch of images nor of series.
    """
    if x.ndim == 4:
        return x.clamp(0, 1).mul(255).round().div(255)
    if x.ndim == 2:
        return x
    raise ValueError(f"Images (N, C, H, W) or series (N, T) can be compared; got shape {tuple(x.shape)}.")


@AGREEMENTS.register("overlap")
@dataclass(frozen=True, kw_only=True)
class Overlap:
    """The soft Dice overlap of the study's sprites, 1 - sum|x - x*| / (offset + sum|x| + sum|x*|).

    Ross et al. (2021), https://arxiv.org/abs/2102.01264.

    Attributes:
        offset: Keeps empty drawings from dividing by zero.
    """

    offset: float = 0.01
    name: ClassVar[str] = "overlap"

    @classmethod
    def for_model(cls, model: LatentModel) -> Overlap:
        """Nothing of a model is needed."""
        return cls()

    def __call__(self, x: Tensor, target: Tensor) -> Tensor:
        """(N, ...) and (N, ...) -> (N,)."""
        x, target = _both(x, target)
        return 1 - _size(x - target) / (self.offset + _size(x) + _size(target))

    def to_json(self) -> dict[str, Any]:
        """Name and parameters."""
        return {"name": self.name, "offset": self.offset}


@AGREEMENTS.register("tolerance")
@dataclass(frozen=True, kw_only=True)
class Tolerance:
    """The share of values that differ from the target's by less than the width, as in the study of Sinelines.

    Attributes:
        width: In the values' units.
    """

    width: float = 0.5
    name: ClassVar[str] = "tolerance"

    @classmethod
    def for_model(cls, model: LatentModel) -> Tolerance:
        """Nothing of a model is needed."""
        return cls()

    def __call__(self, x: Tensor, target: Tensor) -> Tensor:
        """(N, ...) and (N, ...) -> (N,)."""
        x, target = _both(x, target)
        return ((x - target).abs() < self.width).to(x.dtype).flatten(1).mean(1)

    def to_json(self) -> dict[str, Any]:
        """Name and parameters."""
        return {"name": self.name, "width": self.width}


@AGREEMENTS.register("intersection")
@dataclass(frozen=True, kw_only=True)
class Intersection:
    """Intersection over union of the values from one half on, as in the study of MNIST; 1 where both are empty."""

    name: ClassVar[str] = "intersection"

    @classmethod
    def for_model(cls, model: LatentModel) -> Intersection:
        """Nothing of a model is needed.

        Raises:
            ValueError: If it draws series, which are not black or white.
        """
        if model.space.kind != "image":
            raise ValueError(
                f"'intersection' compares black-and-white images; {model.id} draws a {model.space.kind}. "
                "Choose 'tolerance' or 'distance'."
            )
        return cls()

    def __call__(self, x: Tensor, target: Tensor) -> Tensor:
        """(N, ...) and (N, ...) -> (N,)."""
        x, target = _both(x, target)
        inked, wanted = (x >= 0.5).flatten(1), (target >= 0.5).flatten(1)
        union = (inked | wanted).sum(1)
        share = (inked & wanted).sum(1) / union.clamp_min(1)
        return torch.where(union == 0, 1.0, share).to(x.dtype)

    def to_json(self) -> dict[str, Any]:
        """Name and parameters."""
        return {"name": self.name}


@AGREEMENTS.register("distance")
@dataclass(frozen=True, eq=False, kw_only=True)
class Distance:
    """Nearness by what examples differ among themselves: (D - d) / (D + d), for data of any kind.

    d = sum|x - x*| and D = sum|x - m| + sum|x* - m| + spread / 2, with m the examples' mean and spread their mean
    sum|x - m|. Without the spread two curves near the mean would never agree; 1 - d / D would give half of all random
    pairs more than one half, this a tenth, and it orders pairs the same way.

    Attributes:
        mean: m, (1, *space.shape), as drawn.
        spread: Mean over examples of sum|x - m|.
    """

    mean: Tensor
    spread: float
    name: ClassVar[str] = "distance"

    @classmethod
    def for_model(cls, model: LatentModel) -> Distance:
        """By the model's examples, or what it draws for 256 of its samples where it has none."""
        x = drawn(_examples(model))
        mean = drawn(x.mean(dim=0, keepdim=True))
        return cls(mean=mean, spread=float(_size(x - mean).mean()))

    def __call__(self, x: Tensor, target: Tensor) -> Tensor:
        """(N, ...) and (N, ...) -> (N,)."""
        x, target = _both(x, target)
        mean = self.mean.to(x)
        whole = _size(x - mean) + _size(target - mean) + self.spread / 2
        apart = _size(x - target)
        return torch.where(apart == 0, torch.ones_like(apart), (whole - apart) / (whole + apart)).clamp_min(0)

    def to_json(self) -> dict[str, Any]:
        """Name and parameters; the mean row by row in base64: bytes (C, H, W) of an image, float32 of a series."""
        image = self.mean.ndim == 4
        values = (self.mean * 255).round().to(torch.uint8) if image else self.mean.float()
        data = base64.b64encode(values.cpu().numpy().astype("u1" if image else "<f4").tobytes()).decode("ascii")
        mean = {"shape": list(self.mean.shape[1:]), "dtype": "uint8" if image else "float32", "data": data}
        return {"name": self.name, "spread": self.spread, "mean": mean}


def _both(x: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    if x.shape[1:] != target.shape[1:] or len(target) not in (1, len(x)):
        raise ValueError(
            f"x and target should be batches of one shape, target as long as x or of one row; got {tuple(x.shape)} "
            f"and {tuple(target.shape)}."
        )
    return drawn(x), drawn(target)


def _size(x: Tensor) -> Tensor:
    return x.abs().flatten(1).sum(1)


@torch.inference_mode()
def _examples(model: LatentModel) -> Tensor:
    examples = getattr(model, "examples", None)
    if examples is not None and len(examples.x):
        return examples.x
    codes = model.sample(max(16, min(256, MAX_VALUES // model.space.size)), generator=torch.Generator().manual_seed(0))
    return torch.cat([model.decode(some) for some in codes.split(16)])
