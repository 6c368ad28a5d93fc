"""What StyleGAN2 is made of: weights scaled at run time, activations with a gain (Karras et al., 2020)."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from engine.models.stylegan2.resampling import convolve

Activation = Literal["linear", "lrelu", "relu"]
GAINS = {"linear": 1.0, "lrelu": math.sqrt(2), "relu": math.sqrt(2)}


class FullyConnected(nn.Module):
    """A dense layer whose weights are standard normal and scaled when used, so that all learn at one rate.

    Args:
        inputs: Entries in.
        outputs: Entries out.
        activation: What follows, with its gain.
        bias_start: Value of the biases before training.
        rate: Learning rate in units of the optimiser's; 0.01 in the mapping network.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        activation: Activation = "linear",
        bias_start: float = 0.0,
        rate: float = 1.0,
    ) -> None:
        super().__init__()
        self.activation, self.bias_start, self.rate = activation, bias_start, rate
        self.weight = nn.Parameter(torch.empty(outputs, inputs))
        self.bias = nn.Parameter(torch.empty(outputs))

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs) -> (N, outputs), in the weights' precision: bfloat16 has too few bits for a style."""
        scale = self.rate / math.sqrt(self.weight.shape[1])
        with torch.autocast(x.device.type, enabled=False):
            y = functional.linear(x.to(self.weight.dtype), self.weight * scale, self.bias * self.rate)
            return activate(y, self.activation)

    @torch.no_grad()
    def reset_parameters(self, generator: Generator) -> None:
        """Standard normal weights in units of 1 / rate."""
        self.weight.normal_(generator=generator).div_(self.rate)
        self.bias.fill_(self.bias_start)


class Convolution(nn.Module):
    """A convolution whose weights are standard normal and scaled when used, with activation, gain and clamp.

    Args:
        inputs: Channels in.
        outputs: Channels out.
        kernel: Pixels a side of the kernel.
        down: Whether the result has half the pixels a side.
        up: Whether it has twice as many.
        bias: Whether it has biases.
        activation: What follows, with its gain.
        clamp: Largest absolute value let through; None for any.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        *,
        down: bool = False,
        up: bool = False,
        bias: bool = True,
        activation: Activation = "linear",
        clamp: float | None = None,
    ) -> None:
        super().__init__()
        self.down, self.up, self.activation, self.clamp = down, up, activation, clamp
        self.weight = nn.Parameter(torch.empty(outputs, inputs, kernel, kernel))
        self.bias = nn.Parameter(torch.empty(outputs)) if bias else None

    def forward(self, x: Tensor, gain: float = 1.0) -> Tensor:
        """(N, inputs, H, W) -> (N, outputs, H', W'), times `gain`."""
        # Rectifiers let factors through, so gains are put on the few weights, not on the many values.
        gain = gain * GAINS[self.activation]
        scale = gain / math.sqrt(self.weight[0].numel())
        y = convolve(x, self.weight * scale, up=self.up, down=self.down)
        if self.bias is not None:
            y = y + (self.bias * gain).to(y.dtype)[:, None, None]
        return clamped(rectify(y, self.activation), self.clamp, gain / GAINS[self.activation])

    @torch.no_grad()
    def reset_parameters(self, generator: Generator) -> None:
        """Standard normal weights, zero biases."""
        self.weight.normal_(generator=generator)
        if self.bias is not None:
            self.bias.zero_()


def activate(x: Tensor, activation: Activation) -> Tensor:
    """The activation times the gain that keeps a normal input's second moment."""
    return rectify(x, activation) * GAINS[activation] if activation != "linear" else x


def rectify(x: Tensor, activation: Activation) -> Tensor:
    """The activation without a gain: a leaky slope of 0.2 for `lrelu`."""
    if activation == "lrelu":
        return functional.leaky_relu(x, 0.2)
    return functional.relu(x) if activation == "relu" else x


def clamped(x: Tensor, limit: float | None, gain: float = 1.0) -> Tensor:
    """Values cut at plus and minus limit times gain; all of them without a limit."""
    return x if limit is None else x.clamp(-limit * gain, limit * gain)


def normalised(x: Tensor) -> Tensor:
    """Rows of (N, K) divided by the root of their mean square."""
    return x * (x.square().mean(dim=1, keepdim=True) + 1e-8).rsqrt()
