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


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A measured value with all that is needed to read it.

    Attributes:
        value: A number, or a vector or matrix as nested tuples.
        unit: What it counts in; empty for a plain number.
        definition: One sentence.
        paper_value: The published figure, where there is one.
        higher_is_better: None where neither direction is better.
    """

    value: Value
    unit: str
    definition: str
    paper_value: float | None = None
    higher_is_better: bool | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", _frozen(self.value))  # JSON brings lists: a stored metric equals its origin


def _frozen(value: Value) -> Value:
    if isinstance(value, list | tuple):
        return tuple(_frozen(item) for item in value)  # type: ignore[return-value] # two levels at most
    return float(value)
