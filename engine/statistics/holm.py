"""Holm's step-down correction: the chance of any false finding among the declared tests stays below the level."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def holm(p: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Adjusted p-values, Holm (1979), https://www.jstor.org/stable/4615733.

    A declared test that could not be made (NaN) still counts: which tests were possible is known only after the study.

    Args:
        p: Of all declared tests, (T,), in [0, 1]; NaN for those that could not be made.

    Returns:
        (T,), in [0, 1]; NaN where p is.
    """
    values = np.asarray(p, dtype=np.float64)
    order = np.argsort(values)  # NaN last
    raised = values[order] * np.arange(len(values), 0, -1)
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(np.maximum.accumulate(raised), 1.0)
    return adjusted
