"""What a classifier says of a generator's pictures, one number each: the gauges that hypotheses are about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from torch import Tensor

from engine.interfaces import Readout, Space
from engine.models.adapted_pictures import adapted, check_channels
from engine.models.predictions import probabilities_of
from engine.registry import unknown

_PROBABILITY = Readout(name="", unit="", low=0.0, high=1.0, center=0.5)


class Outputs(Protocol):
    """A classifier of pictures, loaded or not; `readout`, `probabilities_of` and `id` are used where it has them."""

    classes: tuple[str, ...]
    space: Space

    def logits(self, x: Tensor) -> Tensor:
        """(N, C, H, W) in [0, 1] -> (N, M)."""
        ...


@dataclass(frozen=True, kw_only=True)
class Gauge:
    """One scalar reading of a classifier on a generator's pictures; differentiable in them.

    Attributes:
        classifier: Its id.
        output: The class, attribute or readout that is read, by its own name: `Smiling`, `age`.
        name: For the eye: `P(Smiling)`, `age`.
        unit: `years`, `log-odds`, ...; empty for a probability.
        low: Lower end of the range worth drawing.
        high: Upper end.
        center: The value that speaks for neither side, the middle of a diverging colour scale; None where the scale has
            none (years): draw it in one direction.
        note: A sentence where pictures are adapted to the classifier, empty otherwise.
        column: Which of the panel's columns it is.
        panel: Everything the same classifier says: reading many gauges through it costs one pass.
    """

    classifier: str
    output: str
    name: str
    unit: str
    low: float
    high: float
    center: float | None
    note: str
    column: int
    panel: Panel = field(repr=False, compare=False)

    def __call__(self, x: Tensor) -> Tensor:
        """Pictures of the generator, (N, C, H, W) in [0, 1] -> (N,) float32, on the device of x."""
        return self.panel(x)[:, self.column]


class Panel:
    """All outputs of a classifier at once, on pictures of another size or number of channels too.

    Args:
        classifier: Reads pictures; in evaluation mode.
        space: What the generator draws.

    Attributes:
        id: The classifier's id, empty where it has none.
        note: A sentence where pictures are adapted, empty otherwise.

    Raises:
        ValueError: If the generator draws no pictures, or channels are neither grey nor colour.
    """

    def __init__(self, classifier: Outputs, space: Space) -> None:
        self.id: str = getattr(classifier, "id", "")
        if space.kind != "image" or classifier.space.kind != "image":
            raise ValueError(
                f"{self.id or 'The classifier'} reads pictures, and this model draws a {space.kind} of shape "
                f"{space.shape}. Choose a model that draws pictures."
            )
        self._classifier, self._space = classifier, space
        self.note = _note(space.shape, classifier.space.shape, self.id or "the classifier")

    def __call__(self, x: Tensor) -> Tensor:
        """(N, C, H, W) in [0, 1] -> (N, M) float32 on the device of x: probabilities, or a readout on its own scale.

        Raises:
            ValueError: If x is not a batch of the generator's pictures.
        """
        if x.ndim != 4 or x.shape[1:] != self._space.shape:
            raise ValueError(f"x should be pictures of shape (N, {', '.join(map(str, self._space.shape))}); "
                             f"got {tuple(x.shape)}.")  # fmt: skip
        home = getattr(self._classifier, "device", x.device)
        logits = self._classifier.logits(adapted(x.to(home), self._classifier.space.shape))
        own_scale = getattr(self._classifier, "readout", None) is not None
        return (logits if own_scale else probabilities_of(self._classifier, logits)).float().to(x.device)

    @property
    def gauges(self) -> tuple[Gauge, ...]:
        """One a column."""
        readout: Readout | None = getattr(self._classifier, "readout", None)
        scale = readout or _PROBABILITY
        names = (readout.name,) if readout else tuple(self._classifier.classes)
        return tuple(
            Gauge(
                classifier=self.id,
                output=name,
                name=name if readout else f"P({name})",
                unit=scale.unit,
                low=scale.low,
                high=scale.high,
                center=scale.center,
                note=self.note,
                column=column,
                panel=self,
            )
            for column, name in enumerate(names)
        )


def gauges(classifier: Any, space: Space) -> tuple[Gauge, ...]:  # noqa: ANN401 - `Outputs`, or any loaded model
    """What can be read of a generator's pictures: one gauge a class or attribute, or the classifier's own readout.

    Args:
        classifier: As `engine.load` returns one.
        space: What the generator draws; other sizes and numbers of channels than the classifier's are adapted.

    Raises:
        ValueError: If it is no classifier, the generator draws no pictures, or channels are neither grey nor colour.
    """
    if not hasattr(classifier, "logits") or not getattr(classifier, "classes", ()):
        raise ValueError(f"{getattr(classifier, 'id', type(classifier).__name__)} is no classifier: it has no classes "
                         "to read. Choose one such as mnist/digits.")  # fmt: skip
    return Panel(classifier, space).gauges


def gauge_named(found: Sequence[Gauge], output: str) -> Gauge:
    """The gauge of that output.

    Raises:
        ValueError: If there is none; names neighbours.
    """
    for gauge in found:
        if gauge.output == output:
            return gauge
    raise ValueError(unknown("output", output, [gauge.output for gauge in found]))


def _note(drawn: tuple[int, ...], read: tuple[int, ...], reader: str) -> str:
    check_channels(drawn[0], read[0])
    done = []
    if drawn[0] != read[0]:
        done.append("turned into grey" if read[0] == 1 else "given three equal colours")
    if drawn[1:] != read[1:]:
        done.append(f"resized from {drawn[2]} x {drawn[1]} to {read[2]} x {read[1]} pixels with antialiasing")
    return f"Pictures are {' and '.join(done)} for {reader}." if done else ""
