"""What one model's slides and agreements are measured against: the spans of its dials and the study's threshold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from engine.interfaces import Axis, LatentModel
from engine.study.design import Study
from engine.study.matching.calibration import reached_at
from engine.study.matching.goals import resolve
from engine.study.sessions.dials import Range, ends


@dataclass(frozen=True, kw_only=True)
class Dial:
    """One dial of a model as a participant had it.

    Attributes:
        name: What the model's owner calls it.
        kind: As in `Axis`.
        indices: The entries of the code it moves.
        low: Lower end of its slider.
        high: Upper end.
        direction: Unit vector over `indices` of a direction; empty otherwise.
    """

    name: str
    kind: Literal["continuous", "category", "direction"]
    indices: tuple[int, ...]
    low: float
    high: float
    direction: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Yardstick:
    """What the measures need to know of a model, so that an analysis loads no weights.

    Attributes:
        dials: In the order of the model's axes.
        threshold: Agreement that is asked for; None where it is not known.
    """

    dials: tuple[Dial, ...]
    threshold: float | None = None

    @property
    def reached_at(self) -> float | None:
        """Agreement from which a target was matched in the study, a thousandth less than the threshold."""
        return None if self.threshold is None else reached_at(self.threshold)


Yardsticks = Mapping[str, Yardstick]


def yardstick(model: LatentModel, study: Study) -> Yardstick:
    """The yardstick of a model in a study: sliders as the study's `range` says, the threshold its goal resolves to."""
    return Yardstick(dials=dial_spans(model.axes, study.range), threshold=resolve(study.goal, model).threshold)


def dial_spans(axes: Sequence[Axis], span: Range) -> tuple[Dial, ...]:
    """The dials of some axes, spanning the middle 99 % of encoded data or all of them."""
    return tuple(
        Dial(
            name=axis.name,
            kind=axis.kind,
            indices=axis.indices,
            low=low,
            high=high,
            direction=axis.direction,
        )
        for axis in axes
        for low, high in (ends(axis, span),)
    )
