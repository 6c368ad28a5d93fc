"""Whole codes of a history: of long codes the page says only which dial came to stand where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from engine.interfaces import Axis
from engine.study.measuring.yardsticks import Dial
from engine.study.response import History

Floats = npt.NDArray[np.float64]


def whole_codes(start: Sequence[float], history: History, dials: Sequence[Axis | Dial]) -> Iterator[Floats]:
    """Where the sliders stood at every entry, K codes (D,).

    What was drawn comes back exactly, in all 32 bits: the page does the same sums in the same order (`writeAxis` in
    apps/canvas/canvas.js) and records a whole code wherever they would lead elsewhere (apps/quiz/page/recorder.js).

    Args:
        start: Where the sliders stood before the first entry, D numbers.
        history: Of a question that began there.
        dials: The model's, in the order of its axes.

    Raises:
        ValueError: If an entry is neither a whole code nor one number for one of the dials.
    """
    if len(history.code) != len(history.axis):
        lengths = f"{len(history.code)} codes and {len(history.axis)} dials"
        raise ValueError(f"history should be lists of one length; got {lengths}.")
    code = np.array(start, dtype=np.float64)
    for at, (given, axis) in enumerate(zip(history.code, history.axis, strict=True)):
        if len(given) == len(code):
            code = np.array(given, dtype=np.float64)
        elif len(given) == 1 and 0 <= axis < len(dials):
            code = _turned(dials[axis], code, given[0])
        else:
            raise ValueError(
                f"Entry {at} of the history should be a code of {len(code)} numbers, or one number for one of "
                f"{len(dials)} dials; got {len(given)} for dial {axis}."
            )
        yield code


def _turned(dial: Axis | Dial, code: Floats, value: float) -> Floats:
    turned, places = code.copy(), list(dial.indices)
    if dial.kind == "category":
        turned[places] = np.arange(len(places)) == value
    elif len(places) == 1 and not dial.direction:
        turned[places[0]] = value
    else:
        along = np.array(dial.direction or (1.0,) * len(places))
        # Sums one after the other, as the page's: numpy's own pairs, and BLAS, end in other last bits.
        stood = np.cumsum(code[places] * along)[-1] / np.cumsum(along * along)[-1]
        turned[places] += (value - stood) * along
    return turned
