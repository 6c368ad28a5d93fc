"""The plane a scatter of codes is seen in: two entries of the code, or its first two principal components."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from torch import Tensor

_PRINCIPAL = 2


@dataclass(frozen=True)
class Plane:
    """Where codes fall in two dimensions.

    Attributes:
        points: (N, 2), float64.
        x_title: What the first column is.
        y_title: What the second column is.
    """

    points: npt.NDArray[np.float64]
    x_title: str
    y_title: str


def plane(
    codes: Tensor | npt.ArrayLike, axes: tuple[int, int] | Literal["pca"] = "pca", *, names: Sequence[str] = ()
) -> Plane:
    """Looks at codes from one side.

    Principal components are those of the centred, unscaled codes; the sign of each is chosen so that its largest entry
    is positive, which makes the picture the same on every machine. A code of one entry gets a second column of zeros.

    Args:
        codes: (N, D).
        axes: Two entries of the code, or `pca`.
        names: Names of the entries; by default z1, z2, ...

    Raises:
        ValueError: If there are no codes, they are not finite, or the code has no such entry.
    """
    table = codes.detach().cpu().numpy() if isinstance(codes, Tensor) else np.asarray(codes)
    table = table.astype(np.float64)
    if table.ndim != 2 or not table.size or not np.isfinite(table).all():
        raise ValueError(f"codes should be finite numbers (N, D); got shape {table.shape}. Encode some examples first.")
    if axes == "pca":
        return _principal(table)
    titles = list(names) or [f"z{k + 1}" for k in range(table.shape[1])]
    outside = [axis for axis in axes if not 0 <= axis < table.shape[1]]
    if outside or len(titles) != table.shape[1]:
        raise ValueError(
            f"The code has the entries 0 to {table.shape[1] - 1}; asked for {list(axes)} with {len(titles)} names."
        )
    return Plane(table[:, list(axes)], titles[axes[0]], titles[axes[1]])


def _principal(table: npt.NDArray[np.float64]) -> Plane:
    centred = table - table.mean(axis=0)
    _, scales, directions = np.linalg.svd(centred, full_matrices=False)
    directions = directions[:_PRINCIPAL]
    largest = np.take_along_axis(directions, np.abs(directions).argmax(axis=1)[:, None], axis=1)
    points = centred @ (directions * np.where(largest < 0, -1.0, 1.0)).T
    shares = np.zeros(_PRINCIPAL)
    explained = scales[:_PRINCIPAL] ** 2 / max(float((scales**2).sum()), 1e-30)
    shares[: len(explained)] = explained
    if points.shape[1] < _PRINCIPAL:
        points = np.pad(points, ((0, 0), (0, _PRINCIPAL - points.shape[1])))
    first, second = (f"component {k + 1} ({100 * share:.0f} % of variance)" for k, share in enumerate(shares))
    return Plane(points, first, second)
