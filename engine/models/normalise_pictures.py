"""What published image classifiers do before their first layer: resize, and centre and scale each colour."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class NormalisePictures(nn.Module):
    """Pictures in [0, 1] of any size as a network reads them.

    Args:
        size: Pixels a side; pictures of another size are resized bilinearly, with antialiasing when they shrink.
        mean: Of each colour, subtracted; ImageNet's by default.
        std: Of each colour, divided by.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self, size: int, mean: tuple[float, ...] = IMAGENET_MEAN, std: tuple[float, ...] = IMAGENET_STD
    ) -> None:
        super().__init__()
        self.size = size
        # Constants of the network's form, not weights: they are written in code and stay out of the file.
        self.register_buffer("mean", torch.tensor(mean)[:, None, None], persistent=False)
        self.register_buffer("std", torch.tensor(std)[:, None, None], persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) in [0, 1] -> (N, C, size, size), about centred."""
        if x.shape[-2:] != (self.size, self.size):
            x = functional.interpolate(x, (self.size, self.size), mode="bilinear", antialias=True, align_corners=False)
        return (x - self.mean) / self.std

    def extra_repr(self) -> str:
        """What its tensors do not tell."""
        return f"size={self.size}"
