"""Pieces of a picture that are switched on and off together: superpixels, or a grid of patches."""

from __future__ import annotations

import math

import torch
from torch import Tensor

REGION_KINDS = ("superpixels", "grid")
_ROUNDS = 8
_COMPACTNESS = 0.35  # how much a cell's width weighs against the colours' range, from 0 (colour only) up


def regions(x: Tensor, kind: str, count: int) -> Tensor:
    """Numbers every pixel by the piece it belongs to.

    Args:
        x: Pictures, (N, C, H, W), values in [0, 1].
        kind: `superpixels` follow colours; `grid` is the same for every picture.
        count: About how many pieces.

    Returns:
        Piece of each pixel, (N, 1, H, W) int64, from 0 to `num_regions(...) - 1`; a number may stay unused.
    """
    n, _, height, width = x.shape
    rows, columns = _cells(height, width, count)
    down = torch.arange(height, device=x.device) * rows // height
    across = torch.arange(width, device=x.device) * columns // width
    grid = (down[:, None] * columns + across).expand(n, 1, height, width)
    if kind == "grid":
        return grid.clone()
    return torch.stack([_superpixels(one, start, rows * columns) for one, start in zip(x, grid, strict=True)])


def num_regions(height: int, width: int, count: int) -> int:
    """How many pieces `regions` makes when asked for about `count`."""
    rows, columns = _cells(height, width, count)
    return rows * columns


def _cells(height: int, width: int, count: int) -> tuple[int, int]:
    rows = min(height, max(1, round(math.sqrt(count * height / width))))
    return rows, min(width, max(1, round(count / rows)))


def _superpixels(x: Tensor, start: Tensor, count: int) -> Tensor:
    """K-means of colour and place from a grid of starts: SLIC (Achanta et al., 2012) without its search windows.

    Every pixel is compared with every centre, (H W, K), which is small for pictures of a few hundred pixels.
    """
    channels, height, width = x.shape
    reach = math.sqrt(height * width / count)  # width of a cell
    y, place = torch.meshgrid(
        torch.arange(height, device=x.device), torch.arange(width, device=x.device), indexing="ij"
    )
    places = torch.stack([y, place]).flatten(1) * (_COMPACTNESS / reach)
    features = torch.cat([x.flatten(1), places]).T.contiguous()  # (H W, C + 2)
    labels = start.flatten()
    for _ in range(_ROUNDS):
        sums = features.new_zeros(count, channels + 2).index_add_(0, labels, features)
        sizes = torch.bincount(labels, minlength=count)
        centres = sums / sizes.clamp_min(1)[:, None]
        centres[sizes == 0] = torch.inf  # a piece that lost its pixels stays empty
        distances = (features.square().sum(dim=1, keepdim=True) - 2 * features @ centres.nan_to_num(posinf=0).T
                     + centres.square().sum(dim=1))  # fmt: skip
        labels = distances.argmin(dim=1)
    return labels.reshape(1, height, width)
