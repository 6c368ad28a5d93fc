"""Adam by hand: torch.optim's first use loads the compiler, seconds that a user waits for."""

from __future__ import annotations

import torch
from torch import Tensor


class Adam:
    """Updates of one tensor, entry by entry (Kingma & Ba, 2015, https://arxiv.org/abs/1412.6980).

    Rows of a batch do not influence each other.

    Args:
        like: Of the tensor's shape.
        betas: Decay of the running mean and of the running square.
    """

    def __init__(self, like: Tensor, *, betas: tuple[float, float] = (0.9, 0.999)) -> None:
        self._betas, self._step = betas, 0
        self._mean, self._square = torch.zeros_like(like), torch.zeros_like(like)

    def move(self, gradient: Tensor) -> Tensor:
        """What to take off, in units of the learning rate."""
        self._step += 1
        first, second = self._betas
        self._mean = torch.lerp(gradient, self._mean, first)
        self._square = torch.lerp(gradient.square(), self._square, second)
        size = (self._square / (1 - second**self._step)).sqrt() + 1e-8
        return self._mean / (1 - first**self._step) / size
