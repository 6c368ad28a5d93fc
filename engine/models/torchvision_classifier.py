"""Any image classifier of torchvision, with the pre-processing that its weights were trained for inside."""

from __future__ import annotations

import warnings
from typing import Literal

from torch import Generator, Tensor, nn
from torch.nn import functional

from engine.interfaces import Space
from engine.models.classifier import ImageClassifier
from engine.models.layers import torch_uniform
from engine.models.normalise_pictures import IMAGENET_MEAN, IMAGENET_STD, NormalisePictures
from engine.models.registry import MODELS
from engine.registry import unknown

Interpolation = Literal["bilinear", "bicubic"]
INTERPOLATIONS: tuple[Interpolation, ...] = ("bilinear", "bicubic")


@MODELS.register("torchvision-classifier")
class TorchvisionClassifier(ImageClassifier):
    """A network of torchvision under its own parameter names, for square colour pictures of any size.

    Args:
        architecture: A name of `architectures()`, such as `resnet50`.
        classes: Names of the outputs, in their order.
        size: Pixels a side that pictures are resized to.
        crop: Pixels a side of the middle that the network reads; all by default.
        mean: Of each colour, subtracted; ImageNet's by default.
        std: Of each colour, divided by.
        interpolation: How pictures are resized, with antialiasing; unlike in 8-bit pictures, bicubic values may leave
            [0, 1] a little.
        exclusive: Whether the outputs are classes of which one applies, or attributes.

    Raises:
        ValueError: If torchvision has no such classifier, or a size makes no sense.
    """

    def __init__(
        self,
        architecture: str,
        classes: tuple[str, ...],
        size: int = 224,
        crop: int | None = None,
        mean: tuple[float, ...] = IMAGENET_MEAN,
        std: tuple[float, ...] = IMAGENET_STD,
        interpolation: Interpolation = "bilinear",
        exclusive: bool = True,
    ) -> None:
        from torchvision import models

        if architecture not in architectures():
            raise ValueError(unknown("classifier of torchvision", architecture, architectures()))
        crop = size if crop is None else crop
        if not 1 <= crop <= size:
            raise ValueError(f"crop should be from 1 to size, which is {size}; got {crop}.")
        with warnings.catch_warnings():  # about how weights start, which are loaded
            warnings.simplefilter("ignore", FutureWarning)
            body = models.get_model(architecture, weights=None, num_classes=len(classes))
        network = nn.Sequential(ResizeAndCrop(size, crop, interpolation), NormalisePictures(crop, mean, std), body)
        space = Space(kind="image", shape=(3, size, size))
        super().__init__(network, classes=classes, space=space, exclusive=exclusive)

    @property
    def body(self) -> nn.Module:
        """The network behind the pre-processing, with torchvision's names."""
        body = self.network[-1]  # type: ignore[index] # a Sequential
        assert isinstance(body, nn.Module)
        return body

    def reset_parameters(self, generator: Generator) -> None:
        """PyTorch's default for dense layers and convolutions."""
        torch_uniform(self, generator)


class ResizeAndCrop(nn.Module):
    """Square pictures resized, and the middle of them.

    Args:
        size: Pixels a side after resizing.
        crop: Pixels a side of the middle.
        interpolation: `bilinear` or `bicubic`.
    """

    def __init__(self, size: int, crop: int, interpolation: Interpolation) -> None:
        super().__init__()
        self.size, self.crop, self.interpolation = size, crop, interpolation

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, crop, crop)."""
        if x.shape[-2:] != (self.size, self.size):
            x = functional.interpolate(
                x, (self.size, self.size), mode=self.interpolation, antialias=True, align_corners=False
            )
        edge = round((self.size - self.crop) / 2)
        return x[..., edge : edge + self.crop, edge : edge + self.crop]

    def extra_repr(self) -> str:
        """What tells it from others, as it has no tensors."""
        return f"size={self.size}, crop={self.crop}, interpolation={self.interpolation}"


def architectures() -> tuple[str, ...]:
    """Names of torchvision's image classifiers."""
    from torchvision import models

    return tuple(models.list_models(module=models))


def imagenet_classes() -> tuple[str, ...]:
    """The thousand classes of ImageNet in the order of published networks, in English."""
    from torchvision import models

    return tuple(models.get_weight("ResNet18_Weights.IMAGENET1K_V1").meta["categories"])
