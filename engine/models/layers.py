"""Initialisations by explicit generator, as the published networks use them."""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor, nn

Layer = nn.Linear | nn.Conv2d | nn.ConvTranspose2d


def layers(module: nn.Module) -> list[Layer]:
    """Every linear, convolution and transposed convolution of a network, in order."""
    return [m for m in module.modules() if isinstance(m, nn.Linear | nn.Conv2d | nn.ConvTranspose2d)]


def fan_in_out(layer: Layer) -> tuple[int, int]:
    """Inputs and outputs that meet in one unit: channels times kernel area."""
    if isinstance(layer, nn.Linear):
        return layer.in_features, layer.out_features
    area = math.prod(layer.kernel_size)
    return layer.in_channels * area, layer.out_channels * area


@torch.no_grad()
def uniform_fan_in(module: nn.Module, generator: Generator) -> None:
    """Weights and biases from U(-d, d), d = 1 / sqrt(fan_in), with the input channels counted in every layer."""
    for layer in layers(module):
        bound = 1 / math.sqrt(fan_in_out(layer)[0])
        for parameter in (layer.weight, layer.bias):
            if parameter is not None:
                parameter.uniform_(-bound, bound, generator=generator)


@torch.no_grad()
def torch_uniform(module: nn.Module, generator: Generator) -> None:
    """As torch itself starts: transposed convolutions count their output channels, so they start louder."""
    for layer in layers(module):
        bound = 1 / math.sqrt(layer.weight[0].numel())
        for parameter in (layer.weight, layer.bias):
            if parameter is not None:
                parameter.uniform_(-bound, bound, generator=generator)


@torch.no_grad()
def glorot_uniform(module: nn.Module, generator: Generator) -> None:
    """Weights from U(-d, d), d = sqrt(6 / (fan_in + fan_out)); zero biases (Glorot & Bengio, 2010)."""
    for layer in layers(module):
        bound = math.sqrt(6 / sum(fan_in_out(layer)))
        layer.weight.uniform_(-bound, bound, generator=generator)
        if layer.bias is not None:
            layer.bias.zero_()


@torch.no_grad()
def truncated_normal(module: nn.Module, generator: Generator, std: float = 0.02) -> None:
    """Weights from N(0, std) cut at two standard deviations; zero biases."""
    for layer in layers(module):
        nn.init.trunc_normal_(layer.weight, std=std, a=-2 * std, b=2 * std, generator=generator)
        if layer.bias is not None:
            layer.bias.zero_()


def one_hot(labels: Tensor, num_classes: int) -> Tensor:
    """(N,) integers -> (N, num_classes) float32."""
    return nn.functional.one_hot(labels, num_classes).float()
