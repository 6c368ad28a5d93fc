"""Maps by chance: what every other method should beat."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.explain.heatmaps.method import HEATMAPS, Method
from engine.explain.heatmaps.sampling import generator
from engine.explain.heatmaps.subject import Subject


@HEATMAPS.register("random")
@dataclass(frozen=True, kw_only=True)
class RandomMap(Method):
    """Random numbers, the baseline of every comparison."""

    title = "Random"
    paper = "a baseline; no paper"

    def rows(self, subject: Subject) -> int:
        """None: the model is not asked."""
        return 0

    def maps(self, subject: Subject) -> Tensor:
        """Standard normal numbers, (N, C, H, W); they follow from the seed and the picture's own content."""
        drawn = [torch.randn(x.shape, generator=generator(subject.seed, "random", _content(x))) for x in subject.x]
        return torch.stack(drawn).to(subject.x.device)


def _content(x: Tensor) -> str:
    return hashlib.sha256(x.cpu().contiguous().numpy().tobytes()).hexdigest()
