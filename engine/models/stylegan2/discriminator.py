"""StyleGAN2's discriminator (Karras et al., 2020, section 4), with the deviation within a batch as a channel."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from engine.models.stylegan2.mapping import Mapping
from engine.models.stylegan2.primitives import Activation, Convolution, FullyConnected
from engine.models.stylegan2.resampling import downsample
from engine.models.stylegan2.synthesis import Architecture, resolutions


class DiscriminatorBlock(nn.Module):
    """Two convolutions that halve the side."""

    def __init__(
        self,
        width: int,
        outputs: int,
        *,
        channels: int,
        first: bool,
        architecture: Architecture,
        activation: Activation,
        clamp: float | None,
    ) -> None:
        super().__init__()
        self.architecture = architecture
        if first or architecture == "skip":
            self.fromrgb = Convolution(channels, width, 1, activation=activation, clamp=clamp)
        self.sees = first or architecture == "skip"
        self.conv0 = Convolution(width, width, 3, activation=activation, clamp=clamp)
        self.conv1 = Convolution(width, outputs, 3, down=True, activation=activation, clamp=clamp)
        if architecture == "resnet":
            self.skip = Convolution(width, outputs, 1, down=True, bias=False)

    def forward(self, x: Tensor | None, image: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Values so far and the picture, while it is still looked at, to both at half the side."""
        if self.sees:
            assert image is not None  # handed on as long as blocks look at it
            colours = self.fromrgb(image)
            x = colours if x is None else x + colours
            image = downsample(image) if self.architecture == "skip" else None
        assert x is not None  # the first block sees the picture
        if self.architecture == "resnet":
            half = math.sqrt(0.5)
            return self.skip(x, gain=half) + self.conv1(self.conv0(x), gain=half), image
        return self.conv1(self.conv0(x)), image


class DiscriminatorEpilogue(nn.Module):
    """The last 4 x 4 values to one number, or to one for each entry of the class' embedding."""

    def __init__(
        self,
        width: int,
        *,
        outputs: int,
        channels: int,
        architecture: Architecture,
        activation: Activation,
        clamp: float | None,
    ) -> None:
        super().__init__()
        self.architecture = architecture
        if architecture == "skip":
            self.fromrgb = Convolution(channels, width, 1, activation=activation)
        self.conv = Convolution(width + 1, width, 3, activation=activation, clamp=clamp)
        self.fc = FullyConnected(16 * width, width, activation=activation)
        self.out = FullyConnected(width, outputs)

    def forward(self, x: Tensor, image: Tensor | None, group: int | None) -> Tensor:
        """(N, width, 4, 4) -> (N, outputs); in the weights' precision, whatever the blocks were in."""
        with torch.autocast(x.device.type, enabled=False):
            x = x.to(self.out.weight.dtype)
            if self.architecture == "skip":
                assert image is not None  # handed on by every block
                x = x + self.fromrgb(image)
            x = torch.cat([x, batch_deviation(x, group)], dim=1)
            return self.out(self.fc(self.conv(x).flatten(1)))


class Discriminator(nn.Module):
    """Pictures in about [-1, 1] to how real they look.

    Args:
        resolution: Pixels a side.
        channels: Colours.
        c_dim: Classes; 0 for an unconditional network.
        channel_base: Width times resolution.
        channel_max: Largest width.
        group: Pictures whose deviation is taken together; None for the whole batch.
        architecture: `resnet` in the paper, `skip` or `orig`.
        mapping_layers: Dense layers of the class' embedding.
        activation: Of every layer but the last.
        clamp: Largest absolute value in convolutions; None for any.
    """

    def __init__(
        self,
        resolution: int,
        channels: int,
        *,
        c_dim: int,
        channel_base: int,
        channel_max: int,
        group: int | None,
        architecture: Architecture,
        mapping_layers: int = 8,
        activation: Activation = "lrelu",
        clamp: float | None = None,
    ) -> None:
        super().__init__()
        self.resolutions = tuple(reversed(resolutions(resolution)))
        width = {r: min(channel_base // r, channel_max) for r in self.resolutions}
        for r in self.resolutions[:-1]:
            block = DiscriminatorBlock(
                width[r],
                width[r // 2],
                channels=channels,
                first=r == resolution,
                architecture=architecture,
                activation=activation,
                clamp=clamp,
            )
            self.add_module(f"b{r}", block)
        outputs = width[4] if c_dim else 1
        if c_dim:
            self.mapping = Mapping(0, c_dim, outputs, layers=mapping_layers, average=False)
        self.conditional = bool(c_dim)
        self.b4 = DiscriminatorEpilogue(
            width[4],
            outputs=outputs,
            channels=channels,
            architecture=architecture,
            activation=activation,
            clamp=clamp,
        )
        self.group = group

    def forward(self, image: Tensor, c: Tensor | None = None, *, group: int | None = None) -> Tensor:
        """(N, C, R, R), classes (N, c_dim) -> realness logits (N,).

        Args:
            image: Pictures in about [-1, 1].
            c: Classes, of a conditional network.
            group: Pictures compared with one another; by default the network's own number. 1 judges each by itself.
        """
        *_, (x, rest) = self._blocks(image)
        logits = self.b4(x, rest, self.group if group is None else group)
        if not self.conditional:
            return logits[:, 0]
        embedded = self.mapping(None, c)
        return (logits * embedded).sum(dim=1) / math.sqrt(embedded.shape[1])

    def features(self, image: Tensor) -> list[Tensor]:
        """What every block makes of (N, C, R, R), finest first: a measure of how alike pictures look."""
        return [x for x, _ in self._blocks(image)]

    def _blocks(self, image: Tensor) -> list[tuple[Tensor, Tensor | None]]:
        x, rest, found = None, image, []
        for r in self.resolutions[:-1]:
            x, rest = self.get_submodule(f"b{r}")(x, rest)
            found.append((x, rest))
        return found


def batch_deviation(x: Tensor, group: int | None) -> Tensor:
    """How much pictures of a group differ, as one more channel: (N, C, H, W) -> (N, 1, H, W).

    Group g holds pictures g, g + N/G, ...; the biased standard deviation over them, averaged over channels and pixels.
    Where the batch cannot be shared out, groups are as large as it allows: the largest common divisor.

    Args:
        x: Values.
        group: Pictures in a group, G; None for all.
    """
    count = len(x) if group is None else math.gcd(group, len(x))
    y = x.reshape(count, -1, *x.shape[1:])  # (G, N/G, C, H, W)
    deviation = (y.var(dim=0, unbiased=False) + 1e-8).sqrt().mean(dim=(1, 2, 3))  # (N/G,)
    return deviation.repeat(count)[:, None, None, None].expand(-1, 1, *x.shape[2:])
