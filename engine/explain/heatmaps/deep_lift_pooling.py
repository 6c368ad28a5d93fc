"""Max-pooling with DeepLIFT's rule as its gradient; windows may overlap."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_EPSILON = 1e-10  # differences below it take the ordinary gradient, as Captum's


class DeepLiftMaxPool(nn.Module):
    """Pools a batch whose second half are the baselines of the first.

    Captum's own rule places shares with `max_unpool2d`, which keeps one of those that overlapping windows give to the
    same pixel, and takes the gradient of the batch's first picture where pixels do not differ.

    Args:
        pool: The layer it stands for.
    """

    def __init__(self, pool: nn.MaxPool2d) -> None:
        super().__init__()
        self.pool = (pool.kernel_size, pool.stride, pool.padding, pool.dilation, pool.ceil_mode)

    def forward(self, x: Tensor) -> Tensor:
        """(2 N, C, H, W) -> (2 N, C, h, w)."""
        return _Rule.apply(x, self.pool)


class _Rule(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, pool: tuple[Any, ...]) -> Tensor:  # noqa: ANN401 - torch's own
        out, places = F.max_pool2d(x, *pool, return_indices=True)
        ctx.save_for_backward(x, out, places)
        return out

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:  # noqa: ANN401
        """Shrikumar et al. (2017), appendix: the larger of both maxima parts what either side has to answer for."""
        x, out, places = ctx.saved_tensors
        (own, start), (own_out, start_out) = x.chunk(2), out.chunk(2)
        larger = torch.maximum(own_out, start_out)
        shares = _placed(gradient * torch.cat([larger - start_out, own_out - larger]), places, x)
        difference, (one, other) = own - start, shares.chunk(2)
        rule = torch.cat([(one + other) / difference] * 2)
        same = torch.cat([difference.abs() < _EPSILON] * 2)
        return torch.where(same, _placed(gradient, places, x), rule), None


def _placed(values: Tensor, places: Tensor, x: Tensor) -> Tensor:
    """Adds what windows hold to the pixels they took it from: (N, C, h, w) -> the shape of x."""
    return torch.zeros_like(x).flatten(2).scatter_add(2, places.flatten(2), values.flatten(2)).reshape(x.shape)
