"""Weights that a run starts from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Start:
    """Trained weights for all but the head of a new network.

    Attributes:
        name: Where they are from, `owner/repo@commit`; the run's state and its checkpoint's card keep it.
        tensors: By the names of the network's `start_from(tensors)`.
    """

    name: str
    tensors: Mapping[str, Tensor]
