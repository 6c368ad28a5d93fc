"""Deletion and insertion of pixels in random order, measured once for a picture and a target and kept beside maps."""

from __future__ import annotations

import hashlib
import inspect
from typing import Any

import torch
from torch import Tensor

from engine.explain.heatmaps import HeatmapCache, RandomMap, Target
from engine.explain.heatmaps.cache import picture_keys
from engine.metrics import PixelCurves, random_order

# Its settings, and what it does with them.
_CODE = hashlib.sha256(inspect.getsource(random_order).encode()).hexdigest()


def random_order_curves(model: Any, x: Tensor, target: Target, maps: HeatmapCache | None) -> PixelCurves:  # noqa: ANN401
    """`engine.metrics.random_order` with its defaults, from the cache where all pictures' curves are there.

    Args:
        model: A LoadedClassifier.
        x: Pictures, (N, C, H, W).
        target: What is explained, with the predicted classes written in.
        maps: Where curves are kept as well.
    """
    if maps is None:
        return random_order(model, x, target=target)
    keys = [f"{_CODE} {key}" for key in picture_keys(model, x, RandomMap(), target, 0, "fp32", None)]
    known = [kept for key in keys if (kept := maps.get(key)) is not None]
    if len(known) == len(keys):
        shares, deletion, insertion = torch.stack([one.values for one in known], dim=1)
        baseline, measure = known[0].notes
        return PixelCurves(
            shares=shares[0],
            deletion=deletion,
            insertion=insertion,
            baseline=baseline,
            measure="probability" if measure == "probability" else "logit",
        )
    found = random_order(model, x, target=target)
    for key, deletion, insertion in zip(keys, found.deletion, found.insertion, strict=True):
        maps.put(key, torch.stack([found.shares, deletion, insertion]), (found.baseline, found.measure))
    return found
