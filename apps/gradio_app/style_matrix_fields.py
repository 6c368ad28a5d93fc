"""What requests about the style matrix say, read field by field; every wrong one is named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from apps import fields as read
from apps.plain_numbers import short
from apps.refusals import RefusedError
from engine.explain.style_matrix import BankSettings
from engine.explain.style_matrix.bank import MOST_SLOTS, MOST_STYLES

MOST_SEED = 2**31 - 1
SIZE = (16, 1024)  # pixels of a longer side that may be asked for

Fields = Mapping[str, Any]


def read_settings(fields: Fields) -> BankSettings:
    """A bank's `styles`, `columns` (or null), `shared` and `seed`.

    Raises:
        RefusedError: If one is not what it should be.
    """
    shared = fields.get("shared", True)
    if not isinstance(shared, bool):
        raise RefusedError(f"shared should be true or false; got {short(shared)}.")
    return BankSettings(
        styles=read.whole(fields, "styles", 2, MOST_STYLES, default=8),
        columns=read_columns(fields, "columns"),
        shared=shared,
        seed=read.whole(fields, "seed", 0, MOST_SEED, default=0),
    )


def read_columns(fields: Fields, name: str) -> int | None:
    """A number of columns, or None for the model's own."""
    return None if fields.get(name) is None else read.whole(fields, name, 1, MOST_SLOTS)


def read_view(fields: Fields) -> Any:  # noqa: ANN401 - View, by its options
    """`view`: `style` or `result`."""
    return read.text(fields, "view", options=("style", "result"))


def read_size(fields: Fields) -> int | None:
    """`size`: pixels of a longer side, or None for pictures as they are."""
    return None if fields.get("size") is None else read.whole(fields, "size", *SIZE)


def read_step(fields: Fields) -> float:
    """`step`: what shares are counted in."""
    step = fields.get("step", 0.01)
    if isinstance(step, bool) or not isinstance(step, int | float) or not 1e-6 < step <= 1:
        raise RefusedError(f"step should be a number above 0 and up to 1; got {short(step)}.")
    return float(step)


def chance(seed: int) -> torch.Generator:
    """Chance that starts from a seed."""
    return torch.Generator().manual_seed(seed)
