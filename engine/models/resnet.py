"""Residual networks of basic blocks (He et al., 2016, https://arxiv.org/abs/1512.03385), as classifiers of pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Generator, Tensor, nn

from engine.interfaces import Space
from engine.models.classifier import ImageClassifier
from engine.models.normalise_pictures import NormalisePictures
from engine.models.registry import MODELS


class ResNet(nn.Module):
    """Four or fewer stages of basic blocks, an average over positions and a dense layer.

    Parameters bear torchvision's names and, at its widths, have its shapes, so that its weights load. Every activation
    is a module of its own, called once and never in place, as the rules of DeepLIFT and others need.

    Args:
        num_outputs: Entries of the output.
        layers: Blocks of each stage: (2, 2, 2, 2) for ResNet-18, (3, 4, 6, 3) for ResNet-34.
        width: Filters of the first stage; each further stage halves the side and doubles the filters.
        in_channels: Channels of the pictures.
        stem: `imagenet`, a 7 x 7 convolution and a max-pool, each of stride 2; or `small`, a 3 x 3 convolution of
            stride 1 for pictures of about 32 pixels a side.
    """

    def __init__(
        self,
        num_outputs: int,
        *,
        layers: tuple[int, ...] = (2, 2, 2, 2),
        width: int = 64,
        in_channels: int = 3,
        stem: Literal["imagenet", "small"] = "imagenet",
    ) -> None:
        super().__init__()
        large = stem == "imagenet"
        self.conv1 = nn.Conv2d(in_channels, width, 7 if large else 3, 2 if large else 1, 3 if large else 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU()
        self.maxpool = nn.MaxPool2d(3, 2, 1) if large else nn.Identity()
        self.num_stages = len(layers)
        before = width
        for stage, blocks in enumerate(layers):
            after = width * 2**stage
            self.add_module(f"layer{stage + 1}", _stage(before, after, blocks, stride=1 if stage == 0 else 2))
            before = after
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(before, num_outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W), normalised -> (N, M)."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        for stage in range(self.num_stages):
            x = self.get_submodule(f"layer{stage + 1}")(x)
        return self.fc(torch.flatten(self.avgpool(x), 1))


class BasicBlock(nn.Module):
    """Two 3 x 3 convolutions beside a shortcut.

    Args:
        before: Filters that come in.
        after: Filters that go out.
        stride: Of the first convolution and the shortcut.
    """

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, after, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(after)
        self.relu = nn.ReLU()
        self.conv2 = nn.Conv2d(after, after, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(after)
        self.downsample = (
            nn.Identity()
            if stride == 1 and before == after
            else nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))
        )
        self.relu2 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """(N, before, H, W) -> (N, after, H / stride, W / stride)."""
        y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        return self.relu2(y + self.downsample(x))


@MODELS.register("resnet-classifier")
class ResNetClassifier(ImageClassifier):
    """A residual network for square pictures; those of another size are resized inside.

    Args:
        classes: Names of the outputs, in their order.
        size: Pixels a side that the network reads.
        exclusive: Whether the outputs are classes of which one applies, or attributes.
        layers: Blocks of each stage.
        width: Filters of the first stage.
        stem: `imagenet` or `small`.
    """

    def __init__(
        self,
        classes: tuple[str, ...],
        size: int = 256,
        exclusive: bool = True,
        layers: tuple[int, ...] = (2, 2, 2, 2),
        width: int = 64,
        stem: Literal["imagenet", "small"] = "imagenet",
    ) -> None:
        body = ResNet(len(classes), layers=layers, width=width, stem=stem)
        space = Space(kind="image", shape=(3, size, size))
        super().__init__(
            nn.Sequential(NormalisePictures(size), body), classes=classes, space=space, exclusive=exclusive
        )

    @property
    def body(self) -> ResNet:
        """The network behind the pre-processing, with torchvision's names."""
        body = self.network[1]  # type: ignore[index] # a Sequential
        assert isinstance(body, ResNet)
        return body

    @property
    def head(self) -> nn.Module:
        """The last layer, which alone learns while the rest is frozen."""
        return self.body.fc

    def start_from(self, weights: Mapping[str, Tensor]) -> None:
        """Takes all but the head from a network of the same sizes, under torchvision's names.

        Raises:
            ValueError: If a tensor is missing or has another shape.
        """
        own = {name: value for name, value in self.body.state_dict().items() if not name.startswith("fc.")}
        wrong = [n for n, value in own.items() if n not in weights or weights[n].shape != value.shape]
        if wrong:
            raise ValueError(
                f"The weights to start from lack {wrong[0]} of shape {tuple(own[wrong[0]].shape)}, or have it in "
                "another shape. Choose a network of the same depth and width."
            )
        self.body.load_state_dict({name: weights[name] for name in own}, strict=False)

    @torch.no_grad()
    def reset_parameters(self, generator: Generator) -> None:
        """As torchvision starts: kernels from N(0, 2 / fan_out), the identity for batch norm, torch's dense layer."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu", generator=generator)
        bound = self.body.fc.in_features**-0.5
        self.body.fc.weight.uniform_(-bound, bound, generator=generator)
        self.body.fc.bias.uniform_(-bound, bound, generator=generator)


def _stage(before: int, after: int, blocks: int, *, stride: int) -> nn.Sequential:
    first = BasicBlock(before, after, stride)
    return nn.Sequential(first, *(BasicBlock(after, after, 1) for _ in range(blocks - 1)))
