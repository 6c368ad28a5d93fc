"""Bilinear sampling that can be differentiated as often as one likes with respect to the picture."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.autograd.function import BackwardCFunction, Function
from torch.nn import functional


def sample_bilinear(x: Tensor, grid: Tensor) -> Tensor:
    """`grid_sample` with half-pixel centres and zeros outside, whose second derivative exists on any device.

    Sampling is linear in x, so its derivative is the transposed map and the derivative of that is sampling again.
    torch itself has learned to differentiate `grid_sample` twice only of late.

    Args:
        x: (N, C, H, W).
        grid: (N, rows, columns, 2), x and y, [-1, 1] from edge to edge; a constant.

    Returns:
        (N, C, rows, columns).
    """
    return _Sample.apply(x, grid)


class _Sample(Function):
    """From pictures to samples."""

    @staticmethod
    def forward(ctx: BackwardCFunction, x: Tensor, grid: Tensor) -> Tensor:
        ctx.save_for_backward(x, grid)
        return functional.grid_sample(x, grid, mode="bilinear", padding_mode="zeros", align_corners=False)

    @staticmethod
    def backward(ctx: BackwardCFunction, *gradients: Tensor) -> tuple[Tensor, None]:
        x, grid = list(ctx.saved_tensors)
        return _Spread.apply(gradients[0], x.detach(), grid), None


class _Spread(Function):
    """From samples back to pictures of the shape of `like`: the transposed map."""

    @staticmethod
    def forward(ctx: BackwardCFunction, samples: Tensor, like: Tensor, grid: Tensor) -> Tensor:
        ctx.save_for_backward(grid)
        bilinear, zeros, align_corners = 0, 0, False
        return torch.ops.aten.grid_sampler_2d_backward(
            samples, like, grid, bilinear, zeros, align_corners, [True, False]
        )[0]

    @staticmethod
    def backward(ctx: BackwardCFunction, *gradients: Tensor) -> tuple[Tensor, None, None]:
        return _Sample.apply(gradients[0], ctx.saved_tensors[0]), None, None
