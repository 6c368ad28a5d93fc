"""How many pictures a static export needs, and which: every mix in steps, in every slot, with every other."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import combinations, product

from engine.explain.style_matrix.configuration import Configuration, Mix, Mixed, Single, steps_between

LIMIT = 20_000


def export_count(slots: int, styles: int, step: float, *, limit: int = LIMIT) -> int:
    """Pictures of a static export, n^C + S C, where n counts a slot's pure styles and the steps between any two.

    Three slots of three styles in steps of 0.2: n = 3 + 4 * 3 = 15, so 15^3 + 9 = 3384.

    Args:
        slots: Columns C.
        styles: Styles S of each.
        step: Of the shares.
        limit: More are refused.

    Raises:
        ValueError: If there are more than `limit`, or the step is not in (0, 1].
    """
    a_slot = styles + steps_between(step) * math.comb(styles, 2)
    count = a_slot**slots + styles * slots
    if count > limit:
        raise ValueError(
            f"A static export of {slots} slots of {styles} styles in steps of {step:g} has {count:,} pictures; at most "
            f"{limit:,} are made. Take fewer styles or slots, or larger steps."
        )
    return count


def export_configurations(slots: int, styles: int, step: float) -> Iterator[Configuration]:
    """All configurations of a static export, in normal form: every style alone, then every mix with every other."""
    yield from (Single(slot, style) for slot in range(slots) for style in range(styles))
    yield from (Mixed(mixes) for mixes in product(tuple(_mixes(styles, step)), repeat=slots))


def _mixes(styles: int, step: float) -> Iterator[Mix]:
    yield from (Mix(style) for style in range(styles))
    for second, first in combinations(range(styles), 2):
        yield from (Mix(first, second, round(steps * step, 9)) for steps in range(1, steps_between(step) + 1))
