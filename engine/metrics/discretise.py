"""Continuous columns to bin numbers: equal width as the study counts, or equal numbers of rows."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np

from engine.metrics.tables import Floats, Ints, Table, as_table

Binning: TypeAlias = Literal["width", "quantile"]


def discretise(table: Table, *, num_bins: int = 20, binning: Binning = "width") -> Ints:
    """The bin of every value, column by column.

    Args:
        table: (N, D).
        num_bins: Bins per column.
        binning: `width` cuts each column's own range from minimum to maximum into bins of equal width, as
            `numpy.histogram2d` does. `quantile` puts about equally many rows in each bin, which heavy tails and
            outliers do not spoil; a column of at most `num_bins` distinct values gets one bin for each.

    Returns:
        Integers in [0, num_bins), (N, D); a constant column is all zeros.

    Raises:
        ValueError: If num_bins is below 1, the binning is unknown or the table is not one.
    """
    if num_bins < 1:
        raise ValueError(f"num_bins should be at least 1; got {num_bins}. The study uses 20.")
    if binning not in _EDGES:
        raise ValueError(f"No binning {binning!r}; choose one of {sorted(_EDGES)}.")
    columns = as_table(table, "table").T
    bins = [np.searchsorted(_EDGES[binning](column, num_bins), column, side="right") for column in columns]
    return np.stack(bins, axis=1)


def _width_edges(column: Floats, num_bins: int) -> Floats:
    """Edges between bins; the outer two are left out, so the maximum falls into the last bin."""
    low, high = column.min(), column.max()
    # a constant column has no range to cut: without edges all its rows fall into one bin
    return np.linspace(low, high, num_bins + 1)[1:-1] if high > low else np.empty(0)


def _quantile_edges(column: Floats, num_bins: int) -> Floats:
    values = np.unique(column)
    if len(values) <= num_bins:
        return values[1:]
    return np.unique(np.quantile(column, np.arange(1, num_bins) / num_bins))


_EDGES = {"width": _width_edges, "quantile": _quantile_edges}
