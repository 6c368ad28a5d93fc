"""Muon: momentum whose steps are made orthogonal, for weight matrices; Adam for every other parameter.

Jordan et al. (2024), https://kellerjordan.github.io/posts/muon; steps as long as Adam's after Liu et al. (2025),
https://arxiv.org/abs/2502.16982, section 2.2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

_QUINTIC = (3.4445, -4.7750, 2.0315)  # a x + b x^3 + c x^5 sends the singular values of (0, 1] near 1 in five rounds
_ROUNDS = 5
_LENGTH = 0.2  # Adam's usual root mean square of an entry of its step, in units of the learning rate


class Muon(torch.optim.Optimizer):
    """Muon for kernels with several inputs and outputs, flattened to (out, in), and Adam for all else.

    `torch.optim.Muon` takes matrices only; this one also takes the kernels of convolutions, in one optimiser with what
    is left, so that a run has one state to keep.

    Args:
        parameters: What to move.
        lr: Learning rate of both.
        momentum: Decay of Muon's moment, applied as Nesterov's.
        betas: Decay of Adam's two moments.
        eps: Added to Adam's denominator.
        dense: Whether the kernels of dense layers are Muon's as well as those of convolutions.
    """

    def __init__(
        self,
        parameters: Iterable[nn.Parameter],
        *,
        lr: float,
        momentum: float = 0.95,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        dense: bool = True,
    ) -> None:
        options = {"lr": lr, "momentum": momentum, "betas": betas, "eps": eps, "dense": dense}
        super().__init__(list(parameters), options)

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """Moves every parameter that has a gradient."""
        loss = None if closure is None else torch.enable_grad()(closure)()
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    is_kernel = parameter.ndim >= (2 if group["dense"] else 3) and min(parameter.shape[:2]) > 1
                    move = _muon if is_kernel else _adam
                    move(parameter, parameter.grad, self.state[parameter], group)
        return loss


def orthogonal(matrix: Tensor) -> Tensor:
    """A matrix with the same singular vectors and all singular values near 1, by Newton-Schulz rounds.

    Args:
        matrix: (M, N).

    Returns:
        (M, N), float32, computed in bfloat16.
    """
    a, b, c = _QUINTIC
    x = matrix.bfloat16()
    tall = x.shape[0] > x.shape[1]
    x = x.T if tall else x
    x = x / x.norm().clamp_min(1e-7)
    for _ in range(_ROUNDS):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return (x.T if tall else x).float()


def _muon(parameter: Tensor, gradient: Tensor, state: dict[str, Tensor], group: dict[str, Any]) -> None:
    if not state:
        state["momentum"] = torch.zeros_like(parameter)
    moment = state["momentum"].lerp_(gradient, 1 - group["momentum"])
    matrix = gradient.lerp(moment, group["momentum"]).flatten(1)
    step = orthogonal(matrix).view(parameter.shape)
    parameter.add_(step, alpha=-group["lr"] * _LENGTH * max(matrix.shape) ** 0.5)


def _adam(parameter: Tensor, gradient: Tensor, state: dict[str, Tensor], group: dict[str, Any]) -> None:
    if not state:
        state["step"] = torch.zeros(())
        state["mean"], state["square"] = torch.zeros_like(parameter), torch.zeros_like(parameter)
    first, second = group["betas"]
    state["step"] += 1
    count = float(state["step"])
    mean = state["mean"].lerp_(gradient, 1 - first) / (1 - first**count)
    square = state["square"].lerp_(gradient.square(), 1 - second) / (1 - second**count)
    parameter.addcdiv_(mean, square.sqrt().add_(group["eps"]), value=-group["lr"])
