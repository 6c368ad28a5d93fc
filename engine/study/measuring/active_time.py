"""Active time: how long somebody worked on a question, pauses of three seconds or more left out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

PAUSE_MS = 3000.0  # as published


def active_s(t_ms: npt.ArrayLike | Sequence[float]) -> float:
    """Active seconds of one question: the sum of the gaps shorter than `PAUSE_MS` between entries of its history.

    The first gap runs from the question's start to the first entry; after the last entry nothing counts.

    Args:
        t_ms: Milliseconds since the question was shown, never falling, (K,).
    """
    times = np.asarray(t_ms, dtype=np.float64)
    return float(active_gaps_ms(np.diff(times, prepend=0.0)).sum() / 1000)


def active_gaps_ms(gaps_ms: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """What of each gap counts: all of it below `PAUSE_MS`, else nothing; nor does a clock that went back."""
    return np.where((gaps_ms >= 0) & (gaps_ms < PAUSE_MS), gaps_ms, 0.0)
