"""Softmax with DeepLIFT's rule as its gradient, for each picture by itself."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

_EPSILON = 1e-6  # differences below it take the ordinary gradient


class DeepLiftSoftmax(nn.Module):
    """Softmax of a batch whose second half are the baselines of the first.

    Captum's own rule subtracts a mean over the whole batch, so that maps depend on their neighbours and do not add up.

    Args:
        dim: The axis that adds up to one.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        """(2 N, ...) -> (2 N, ...)."""
        return _Rule.apply(x, self.dim)


class _Rule(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, dim: int) -> Tensor:  # noqa: ANN401 - torch's own
        ctx.save_for_backward(x)
        ctx.dim = dim
        return torch.softmax(x, dim)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:  # noqa: ANN401
        """The rescale rule for y = exp(x - log s), s = sum of exp(x): each step's slope is that of its chord."""
        (x,) = ctx.saved_tensors
        own, start = x.double().chunk(2)
        top = torch.maximum(own, start).amax(ctx.dim, keepdim=True)  # a common shift, so that nothing overflows
        own, start = own - top, start - top
        log_s, log_s0 = own.logsumexp(ctx.dim, keepdim=True), start.logsumexp(ctx.dim, keepdim=True)
        slope = torch.cat([_chord(own - log_s, start - log_s0)] * 2)  # of y over log y
        shares = torch.cat([_chord(own, start) / _chord(log_s, log_s0)] * 2)  # of log s over x
        passed = gradient.double() * slope
        return (passed - shares * passed.sum(ctx.dim, keepdim=True)).to(gradient.dtype), None


def _chord(a: Tensor, b: Tensor) -> Tensor:
    """(exp(a) - exp(b)) / (a - b)."""
    same = (a - b).abs() < _EPSILON
    return torch.where(same, a.exp(), (a.exp() - b.exp()) / torch.where(same, 1.0, a - b))
