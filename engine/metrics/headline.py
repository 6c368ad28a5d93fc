"""Which numbers speak for a model, and how a number is written: the same in tables, lists and documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

M = TypeVar("M")

# What a table of models opens with, in this order, where a model has them.
HEADLINES = ("mse", "nll", "mig", "bot_solved", "dci_disentanglement", "accuracy", "category_purity", "classifier_fid")
_ONLY_COMPARED = ("bot_solved",)  # stands in tables, but speaks for no model alone


def headline(metrics: Mapping[str, M]) -> tuple[str, M] | None:
    """Name and record of the metric that says best how good a model is; None where it has none of that kind.

    Args:
        metrics: By name, in whatever form: as measured, as stored or as the catalogue lists them.
    """
    return next(((name, metrics[name]) for name in HEADLINES if name in metrics and name not in _ONLY_COMPARED), None)


def interval_of(metric: Mapping[str, Any]) -> tuple[float, float] | None:
    """The ends of a stored metric's 95 % interval; None where it has none that can be read."""
    match metric.get("interval"):
        case [int() | float() as low, int() | float() as high]:
            return float(low), float(high)
    return None


def ranged(value: float, interval: tuple[float, float] | None) -> str:
    """A number with its interval in brackets, where there is one."""
    return number(value) + (f" ({number(interval[0])} to {number(interval[1])})" if interval else "")


def number(value: float | None) -> str:
    """Three significant digits, or a dash for what is not known."""
    if value is None:
        return "\N{EN DASH}"
    if value and not 1e-3 <= abs(value) < 1e4:
        return f"{value:.2e}"
    digits = f"{value:.3g}"
    if "e" in digits:
        digits = f"{value:.0f}"
    elif abs(value) < 1000 and value != int(value):
        digits = f"{value:#.3g}".rstrip(".")
    return digits.replace("-", "\N{MINUS SIGN}")
