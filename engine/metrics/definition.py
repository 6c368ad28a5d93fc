"""The record a measured metric is kept as, and what is said of it beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Value: TypeAlias = "float | tuple[float, ...] | tuple[tuple[float, ...], ...]"


@dataclass(frozen=True)
class Definition:
    """One row of the table.

    Attributes:
        title: Name on pages and axes.
        unit: What it counts in; empty for a plain number.
        definition: One sentence.
        higher_is_better: None where neither direction is better.
    """

    title: str
    unit: str
    definition: str
    higher_is_better: bool | None

    @property
    def heading(self) -> str:
        """The title over a column of bare numbers: with the unit where it is per cent."""
        return f"{self.title}, %" if self.unit == "%" else self.title


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A measured value with all that is needed to read it.

    Attributes:
        value: A number, or a vector or matrix as nested tuples.
        unit: What it counts in; empty for a plain number.
        definition: One sentence.
        paper_value: The published figure, where there is one.
        higher_is_better: None where neither direction is better.
        interval: Ends of its 95 % interval, where it has one.
    """

    value: Value
    unit: str
    definition: str
    paper_value: float | None = None
    higher_is_better: bool | None = None
    interval: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", _frozen(self.value))  # JSON brings lists: a stored metric equals its origin
        if self.interval is not None:
            object.__setattr__(self, "interval", _frozen(self.interval))


def _frozen(value: Value) -> Value:
    if isinstance(value, list | tuple):
        return tuple(_frozen(item) for item in value)  # type: ignore[return-value] # two levels at most
    return float(value)
