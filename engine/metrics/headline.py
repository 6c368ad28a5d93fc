"""Which numbers speak for a model, and how a number is written: the same in tables, lists and documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

M = TypeVar("M")

# What a table of models opens with, in this order, where a model has them.
HEADLINES = ("mse", "nll", "mig", "dci_disentanglement", "accuracy", "category_purity")


def headline(metrics: Mapping[str, M]) -> tuple[str, M] | None:
    """Name and record of the metric to show first; None where none of `HEADLINES` was measured.

    Args:
        metrics: By name, in whatever form: as measured, as stored or as the catalogue lists them.
    """
    return next(((name, metrics[name]) for name in HEADLINES if name in metrics), None)


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
