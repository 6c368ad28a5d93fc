"""Pictures of one model as another takes them: other sizes and numbers of channels."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

_LUMA = (0.299, 0.587, 0.114)  # of red, green and blue in grey: ITU-R BT.601, as picture files are read elsewhere


def adapted(x: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Pictures (N, C, H, W) with other channels and size: grey to colour and back, resized with antialiasing.

    Args:
        x: Values in [0, 1], which they do not leave.
        shape: (C, H, W) to return.

    Raises:
        ValueError: If channels have to change and are neither one (grey) nor three (colour).
    """
    channels, height, width = shape
    check_channels(x.shape[1], channels)
    if x.shape[1] > channels:
        x = (x * x.new_tensor(_LUMA)[:, None, None]).sum(dim=1, keepdim=True)
    elif x.shape[1] < channels:
        x = x.expand(-1, channels, -1, -1)
    if x.shape[2:] != (height, width):
        x = functional.interpolate(x, (height, width), mode="bilinear", antialias=True, align_corners=False)
    return x


def check_channels(drawn: int, read: int) -> None:
    """Refuses numbers of channels that cannot be turned into each other.

    Raises:
        ValueError: If they differ and are not one (grey) and three (colour).
    """
    if drawn != read and {drawn, read} != {1, 3}:
        raise ValueError(f"Pictures of {drawn} channels cannot be shown to a classifier of {read}: only grey (1) and "
                         "colour (3) are turned into each other.")  # fmt: skip
