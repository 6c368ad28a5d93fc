"""The dense layer on either side of a code."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ExactLinear(nn.Linear):
    """A dense layer that computes with its weights' precision where autocast would round to bfloat16.

    Eight significant bits are too few for a code: near 3 they stand 1/64 apart, wider than many a posterior.
    """

    def forward(self, x: Tensor) -> Tensor:
        """(N, in_features) -> (N, out_features)."""
        with torch.autocast(x.device.type, enabled=False):
            return super().forward(x.to(self.weight.dtype))
