"""The middle of a model: the one code that pages, pictures and jumps start from."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from engine.interfaces import Axis
from engine.models.walk import walk


def middle(axes: Sequence[Axis], rest: Tensor) -> Tensor:
    """The code, (D,), with every axis at its centre: medians of encoded data, and the most common categories.

    Args:
        axes: The model's axes.
        rest: A code, (D,), for entries that no axis moves and for what lies across a direction, such as the medians of
            examples' codes.
    """
    code = rest
    for axis in axes:
        code = walk(axis, code, torch.tensor([axis.center])).codes[0]
    return code
