"""The slider history of one question as the original study logged it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.study.measuring.yardsticks import Dial
from engine.study.original_log.logged_events import MalformedError, number, numbers
from engine.study.response import History

_CLOCK_MS = 1e11  # above this a time is counted from 1970, below it from the question's start
_EARLY_MS = 1000.0  # the first entry is logged when the page is built, shortly before the question begins


@dataclass(frozen=True, kw_only=True)
class LoggedHistory:
    """A history and what had to be done for it.

    Attributes:
        history: In our words; slide distances follow from its codes, not from the log's own, which lack dials.
        start: The first code; empty if nothing was logged.
        mended: What was left out or repaired.
    """

    history: History
    start: tuple[float, ...]
    mended: tuple[str, ...]


def read_history(
    entries: Sequence[Any], began_ms: float, latent_dim: int, dials: Sequence[Dial] | None = None
) -> LoggedHistory:
    """Reads `errorHistory`.

    Args:
        entries: As logged: t, z, dim, dir, xAgg, xMse.
        began_ms: When the question began, milliseconds since 1970.
        latent_dim: Length D of a code.
        dials: The model's dials; without them a dial keeps the log's number, which counts continuous ones only.
    """
    mended: list[str] = []
    rows: list[tuple[float, tuple[float, ...], int, int, float, float]] = []
    for place, entry in enumerate(entries):
        try:
            row = _row(entry, began_ms, latent_dim, dials)
        except MalformedError as error:
            mended.append(f"errorHistory[{place}] is left out: {error}")
            continue
        earliest = rows[-1][0] if rows else 0.0
        if row[0] < earliest:
            if rows or row[0] < -_EARLY_MS:
                mended.append(f"errorHistory[{place}] lies {earliest - row[0]:g} ms too early; it is moved")
            row = (earliest, *row[1:])
        rows.append(row)
    if not rows:
        mended.append("the history is empty, so the start is not known")
        return LoggedHistory(history=History(), start=(), mended=tuple(mended))
    if rows[0][2] >= 0:
        mended.append("the first entry of the history follows a move; its code stands for the start")
    names = ("t_ms", "code", "axis", "direction", "agreement", "error")
    history = History(**dict(zip(names, map(tuple, zip(*rows, strict=True)), strict=True)))
    return LoggedHistory(history=history, start=rows[0][1], mended=tuple(mended))


def _row(
    entry: object, began_ms: float, latent_dim: int, dials: Sequence[Dial] | None
) -> tuple[float, tuple[float, ...], int, int, float, float]:
    if not isinstance(entry, Mapping):
        raise MalformedError("it is no object")
    t, z = number(entry, "t"), numbers(entry, "z")
    if len(z) != latent_dim:
        raise MalformedError(f"z has {len(z)} numbers, zTarget {latent_dim}")
    direction = 0 if entry.get("dir") is None else number(entry, "dir")
    if direction not in (-1, 0, 1):
        raise MalformedError(f"dir should be -1, 0 or 1; got {direction:g}")
    axis = -1 if entry.get("dim") is None else _axis(number(entry, "dim"), dials)
    since = t - began_ms if t > _CLOCK_MS else t
    return since, z, axis, int(direction), number(entry, "xAgg"), number(entry, "xMse")


def _axis(dim: float, dials: Sequence[Dial] | None) -> int:
    if dim != int(dim) or dim < 0:
        raise MalformedError(f"dim should be the number of a dial; got {dim:g}")
    if dials is None:
        return int(dim)
    # The log counts continuous dials in the order of the code; our axes may be sorted and begin with a category.
    places = sorted((dial.indices[0], place) for place, dial in enumerate(dials) if dial.kind == "continuous")
    if dim >= len(places):
        raise MalformedError(f"dim is {dim:g}, but the model has {len(places)} continuous dials")
    return places[int(dim)][1]
