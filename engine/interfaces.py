"""The words and protocols every stage shares: spaces, code layouts, axes, decoders, encoders, classifiers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from torch import Generator, Tensor


@dataclass(frozen=True, kw_only=True)
class Space:
    """What `decode` returns: an image in [0, 1] or a series in natural units.

    Attributes:
        kind: `image` or `series`.
        shape: (C, H, W) of an image, (T,) of a series.
        grid: First and last position of a series on its own axis; None for images.
        limits: Lowest and highest value worth drawing of a series; None for images.
    """

    kind: Literal["image", "series"]
    shape: tuple[int, ...]
    grid: tuple[float, float] | None = None
    limits: tuple[float, float] | None = None

    @property
    def size(self) -> int:
        """Number of values in one example."""
        size = 1
        for length in self.shape:
            size *= length
        return size


@dataclass(frozen=True)
class Part:
    """One part of a flat code, in order: some continuous latents, a one-hot category, or one layer's style."""

    name: str
    size: int
    kind: Literal["continuous", "onehot", "layer"] = "continuous"


Layout = tuple[Part, ...]

Mixing = Literal["linear", "spherical", "snap"]


@dataclass(frozen=True)
class Slot:
    """One exchangeable part of a code: the styles of some layers, a latent, a category, a block of an own space.

    Attributes:
        name: What a user reads above its column.
        indices: The entries it holds, among a code's standardised values (see `Slotted`).
        mixing: How two values of it mix: along the line between them, along the arc (which keeps their length), or not
            at all, where the one with the larger share is taken, as of categories.
        amplitude: Above zero for a direction: its styles are steps along it, from minus to plus this, instead of parts
            of known codes.
    """

    name: str
    indices: tuple[int, ...]
    mixing: Mixing = "linear"
    amplitude: float = 0.0


# The percentiles of encoded data that every axis carries: those of the interactive reconstruction study.
PERCENTILES = (0, 1, 2, 5, 25, 33, 45, 48, 50, 52, 55, 67, 75, 95, 98, 99, 100)


def part_slices(layout: Layout) -> tuple[slice, ...]:
    """Where each part of `layout` lies in a flat code."""
    slices, start = [], 0
    for part in layout:
        slices.append(slice(start, start + part.size))
        start += part.size
    return tuple(slices)


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One thing a user can move: a view on a code that carries the entries it moves, so sorting axes permutes nothing.

    Attributes:
        name: What a user reads beside the slider.
        kind: A latent dimension (`continuous`), a one-hot block (`category`) or a learned `direction`.
        indices: The entries of the code it moves.
        low: 0.5th percentile of encoded data, the slider's lower end.
        high: 99.5th percentile, the upper end.
        center: Median of encoded data, or the number of its most common option: where a double click returns to.
        minimum: Smallest encoded value, the lower end in the published study.
        maximum: Largest encoded value.
        effect: Mean absolute change of the output, per value, between `low` and `high` (see `models/axes.py`).
        collapsed: Whether moving it changes next to nothing.
        percentiles: Values of encoded data at `PERCENTILES`; empty for a category.
        options: The categories' names; empty for continuous axes.
        direction: Unit vector over `indices` for a `direction`; empty otherwise.
    """

    name: str
    kind: Literal["continuous", "category", "direction"]
    indices: tuple[int, ...]
    low: float
    high: float
    center: float
    minimum: float
    maximum: float
    effect: float
    collapsed: bool = False
    percentiles: tuple[float, ...] = ()
    options: tuple[str, ...] = ()
    direction: tuple[float, ...] = ()


@runtime_checkable
class Decoder(Protocol):
    """Codes to data: networks, flows and plain formulas alike."""

    latent_dim: int
    layout: Layout
    space: Space

    def decode(self, z: Tensor) -> Tensor:
        """(N, D) -> (N, *space.shape); images in [0, 1], series in natural units."""
        ...


@runtime_checkable
class Encoder(Protocol):
    """Data to codes."""

    def encode(self, x: Tensor) -> Tensor:
        """(N, *space.shape) -> (N, D), the most plausible code of each example."""
        ...


@runtime_checkable
class LatentModel(Decoder, Protocol):
    """A decoder with axes a user can move, a code in their middle and a way to draw others."""

    id: str
    axes: tuple[Axis, ...]

    @property
    def mean_code(self) -> Tensor:
        """The code in the middle of the data, (D,), where pages start (see `models/middle.py`)."""
        ...

    def sample(self, n: int, *, generator: Generator) -> Tensor:
        """Draws n plausible codes, (n, D)."""
        ...


@runtime_checkable
class Slotted(Protocol):
    """A model that knows its exchangeable parts: factors of an invertible network, causal and other blocks.

    All other models get theirs from their layout (`models/slots.py`).
    """

    slots: tuple[Slot, ...]

    def to_values(self, codes: Tensor) -> Tensor:
        """Codes (N, D) as values the slots index, (N, V), each about zero with a spread of about one."""
        ...

    def to_codes(self, values: Tensor) -> Tensor:
        """Values (N, V) as codes, (N, D)."""
        ...


@dataclass(frozen=True, kw_only=True)
class Readout:
    """What the only output of a classifier measures, where that is not simply how likely a class is.

    Attributes:
        name: What it measures: `age`.
        unit: `years`; `log-odds`, which alone have a probability, their sigmoid; `logit`, which has none by itself.
        low: Lower end of the range worth drawing.
        high: Upper end.
        center: The value that speaks for neither side; None where the scale has no such value.
    """

    name: str
    unit: str
    low: float
    high: float
    center: float | None


@runtime_checkable
class Classifier(Protocol):
    """Data to probabilities; pre-processing lives inside it.

    Attributes:
        classes: Names of the outputs: of classes, or of attributes that a picture has or has not.
        exclusive: Whether every picture belongs to one class, so that probabilities sum to one; else every output is a
            question of its own.
    """

    classes: tuple[str, ...]
    exclusive: bool

    def probabilities(self, x: Tensor) -> Tensor:
        """(N, C, H, W) in [0, 1] -> (N, M); rows sum to one where the classes exclude each other."""
        ...
