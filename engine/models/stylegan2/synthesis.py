"""StyleGAN2's synthesis network: a style for every layer to a picture (Karras et al., 2020, section 2)."""

from __future__ import annotations

import math
from typing import Any, Literal

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from engine.models.stylegan2.primitives import GAINS, Activation, Convolution, FullyConnected, clamped, rectify
from engine.models.stylegan2.resampling import convolve, upsample

Architecture = Literal["skip", "resnet", "orig"]
Noise = Literal["const", "random", "none"]


class SynthesisLayer(nn.Module):
    """A 3 x 3 convolution whose input channels are scaled by the style and whose outputs are scaled back, then noise.

    Scaling values before and after one shared convolution equals a convolution with weights of each example's own.
    """

    noise_const: Tensor

    def __init__(
        self,
        inputs: int,
        outputs: int,
        w_dim: int,
        *,
        resolution: int,
        up: bool,
        use_noise: bool,
        activation: Activation,
        clamp: float | None,
    ) -> None:
        super().__init__()
        self.resolution, self.up, self.use_noise = resolution, up, use_noise
        self.activation, self.clamp = activation, clamp
        self.affine = FullyConnected(w_dim, inputs, bias_start=1.0)
        self.weight = nn.Parameter(torch.empty(outputs, inputs, 3, 3))
        self.bias = nn.Parameter(torch.empty(outputs))
        if use_noise:
            self.register_buffer("noise_const", torch.zeros(resolution, resolution))
            self.noise_strength = nn.Parameter(torch.zeros(()))

    def forward(
        self, x: Tensor, w: Tensor, *, noise: Noise = "const", generator: Generator | None = None, gain: float = 1.0
    ) -> Tensor:
        """Values (N, inputs, H, W), styles (N, w_dim) -> (N, outputs, H', W')."""
        full = gain * GAINS[self.activation]
        style = self.affine(w)  # (N, inputs)
        weight: Tensor = self.weight
        if x.dtype == torch.float16:  # keeps products in half precision's range; demodulation undoes both
            weight = weight / (weight.abs().amax(dim=(1, 2, 3), keepdim=True) * math.sqrt(weight[0].numel()))
            style = style / style.abs().amax(dim=1, keepdim=True)
        norm = (style.square() @ weight.square().sum(dim=(2, 3)).T + 1e-8).rsqrt() * full  # (N, outputs)
        y = convolve(x * style.to(x.dtype)[..., None, None], weight, up=self.up)
        y = y * norm.to(y.dtype)[..., None, None]
        y = y + (self.bias * full).to(y.dtype)[:, None, None]
        if self.use_noise and noise != "none":
            y = y + (self._noise(len(y), noise, generator).to(y.device) * (self.noise_strength * full)).to(y.dtype)
        return clamped(rectify(y, self.activation), self.clamp, gain)

    def _noise(self, count: int, noise: Noise, generator: Generator | None) -> Tensor:
        if noise == "const":
            return self.noise_const
        return torch.randn(count, 1, self.resolution, self.resolution, generator=generator)

    @torch.no_grad()
    def reset_parameters(self, generator: Generator) -> None:
        """Standard normal weights and constant noise; nothing is added at first."""
        self.affine.reset_parameters(generator)
        self.weight.normal_(generator=generator)
        self.bias.zero_()
        if self.use_noise:
            self.noise_const.normal_(generator=generator)
            self.noise_strength.zero_()


class ToRGB(nn.Module):
    """A 1 x 1 convolution to colours, its input channels scaled by the style and not scaled back."""

    def __init__(self, inputs: int, channels: int, w_dim: int, *, clamp: float | None) -> None:
        super().__init__()
        self.clamp = clamp
        self.affine = FullyConnected(w_dim, inputs, bias_start=1.0)
        self.weight = nn.Parameter(torch.empty(channels, inputs, 1, 1))
        self.bias = nn.Parameter(torch.empty(channels))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """Values (N, inputs, H, W), styles (N, w_dim) -> (N, channels, H, W), in the weights' precision."""
        style = self.affine(w) / math.sqrt(self.weight.shape[1])
        y = functional.conv2d(x * style.to(x.dtype)[..., None, None], self.weight)
        return clamped(y + self.bias.to(y.dtype)[:, None, None], self.clamp).to(self.weight.dtype)

    @torch.no_grad()
    def reset_parameters(self, generator: Generator) -> None:
        """Standard normal weights, zero biases."""
        self.affine.reset_parameters(generator)
        self.weight.normal_(generator=generator)
        self.bias.zero_()


class SynthesisBlock(nn.Module):
    """All layers of one resolution."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        w_dim: int,
        *,
        resolution: int,
        channels: int,
        last: bool,
        architecture: Architecture,
        use_noise: bool,
        activation: Activation,
        clamp: float | None,
    ) -> None:
        super().__init__()
        self.architecture, self.first = architecture, inputs == 0
        options: dict[str, Any] = {
            "resolution": resolution,
            "use_noise": use_noise,
            "activation": activation,
            "clamp": clamp,
        }
        if self.first:
            self.const = nn.Parameter(torch.empty(outputs, resolution, resolution))
        else:
            self.conv0 = SynthesisLayer(inputs, outputs, w_dim, up=True, **options)
        self.conv1 = SynthesisLayer(outputs, outputs, w_dim, up=False, **options)
        self.convolutions = 1 if self.first else 2
        if last or architecture == "skip":
            self.torgb = ToRGB(outputs, channels, w_dim, clamp=clamp)
        if architecture == "resnet" and not self.first:
            self.skip = Convolution(inputs, outputs, 1, up=True, bias=False)
        self.draws = last or architecture == "skip"

    def forward(
        self, x: Tensor | None, image: Tensor | None, w: Tensor, *, noise: Noise, generator: Generator | None
    ) -> tuple[Tensor, Tensor | None]:
        """Values and picture so far, styles (N, convolutions + 1, w_dim) -> both at this resolution."""
        if x is None:
            y = self.const.expand(len(w), -1, -1, -1).contiguous(memory_format=torch.channels_last)
            y = self.conv1(y, w[:, 0], noise=noise, generator=generator)
        elif self.architecture == "resnet":
            skipped = self.skip(x, gain=math.sqrt(0.5))
            y = self.conv0(x, w[:, 0], noise=noise, generator=generator)
            y = skipped + self.conv1(y, w[:, 1], noise=noise, generator=generator, gain=math.sqrt(0.5))
        else:
            y = self.conv0(x, w[:, 0], noise=noise, generator=generator)
            y = self.conv1(y, w[:, 1], noise=noise, generator=generator)
        if image is not None:
            image = upsample(image)
        if self.draws:
            colours = self.torgb(y, w[:, self.convolutions])
            image = colours if image is None else image + colours
        return y, image

    @torch.no_grad()
    def reset_parameters(self, generator: Generator) -> None:
        """The constant is standard normal; layers reset themselves."""
        if self.first:
            self.const.normal_(generator=generator)


class Synthesis(nn.Module):
    """Styles (N, num_ws, w_dim) to pictures in about [-1, 1].

    A block's colours share their style with the next block's first convolution; the last colours have their own.

    Attributes:
        num_ws: Styles a picture takes, 2 log2(resolution) - 2.
        resolutions: Pixels a side of the blocks: 4, 8, ...
    """

    def __init__(
        self,
        w_dim: int,
        *,
        resolution: int,
        channels: int,
        channel_base: int,
        channel_max: int,
        architecture: Architecture,
        use_noise: bool,
        activation: Activation,
        clamp: float | None,
    ) -> None:
        super().__init__()
        self.resolutions = resolutions(resolution)
        width = {0: 0} | {r: min(channel_base // r, channel_max) for r in self.resolutions}
        for r in self.resolutions:
            block = SynthesisBlock(
                width[r // 2] if r > 4 else 0,
                width[r],
                w_dim,
                resolution=r,
                channels=channels,
                last=r == resolution,
                architecture=architecture,
                use_noise=use_noise,
                activation=activation,
                clamp=clamp,
            )
            self.add_module(f"b{r}", block)
        self.num_ws = 2 * len(self.resolutions)

    def forward(self, ws: Tensor, *, noise: Noise = "const", generator: Generator | None = None) -> Tensor:
        """(N, num_ws, w_dim) -> (N, C, R, R), in the weights' precision."""
        x, image, first = None, None, 0
        for r in self.resolutions:
            block: Any = self.get_submodule(f"b{r}")  # a SynthesisBlock
            taken = block.convolutions + 1
            x, image = block(x, image, ws[:, first : first + taken], noise=noise, generator=generator)
            first += block.convolutions
        assert image is not None  # the last block draws
        return image


def resolutions(resolution: int) -> tuple[int, ...]:
    """Sides of all blocks of a network of `resolution` pixels a side: 4, 8, ...

    Raises:
        ValueError: If it is no power of two from 4.
    """
    if resolution < 4 or resolution & (resolution - 1):
        raise ValueError(f"A StyleGAN2 draws 4, 8, 16, ... pixels a side; got {resolution}.")
    return tuple(2**k for k in range(2, resolution.bit_length()))
