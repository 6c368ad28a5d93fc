"""What the target loses when a part of the picture is covered: occlusion and feature ablation."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from engine.data.baselines import BASELINES, baseline
from engine.explain.heatmaps.captum_library import captum_attr
from engine.explain.heatmaps.method import HEATMAPS, Method
from engine.explain.heatmaps.options import option
from engine.explain.heatmaps.regions import REGION_KINDS, num_regions, regions
from engine.explain.heatmaps.subject import Subject

COVER_HELP = "What covers a part of the picture."
REGIONS_HELP = "Parts that follow the picture's colours, or a grid of patches."
NUMBER_HELP = "About how many parts; more are slower and finer."


@HEATMAPS.register("occlusion")
@dataclass(frozen=True, kw_only=True)
class Occlusion(Method):
    """A window slides over the picture: what the target loses while a pixel is covered, on average."""

    title = "Occlusion"
    paper = "Zeiler & Fergus (2014), https://arxiv.org/abs/1311.2901"
    window: float = option(0.2, "Width of the window, as a share of the shorter side.", low=0.02, high=0.9, step=0.01)
    stride: float = option(0.5, "Step from window to window, as a share of its width.", low=0.1, high=1.0, step=0.05)
    baseline: str = option("black", COVER_HELP, choices=tuple(BASELINES))

    def sizes(self, height: int, width: int) -> tuple[int, int]:
        """Window and step in pixels."""
        window = max(1, round(self.window * min(height, width)))
        return window, max(1, round(self.stride * window))

    def rows(self, subject: Subject) -> int:
        """One pass a window, and the whole picture."""
        height, width = subject.x.shape[2:]
        window, step = self.sizes(height, width)
        down, across = (math.ceil((side - window) / step) + 1 for side in (height, width))
        return down * across + 1

    def maps(self, subject: Subject) -> Tensor:
        """Mean loss, (N, C, H, W), in logits."""
        window, step = self.sizes(*subject.x.shape[2:])
        channels = subject.x.shape[1]
        return _ablated(
            subject,
            captum_attr().Occlusion(subject.scored),
            self.baseline,
            self.rows(subject) - 1,
            {"sliding_window_shapes": (channels, window, window), "strides": (channels, step, step)},
        )


@HEATMAPS.register("feature-ablation")
@dataclass(frozen=True, kw_only=True)
class FeatureAblation(Method):
    """Each part of the picture is covered once: what the target loses without it."""

    title = "Feature ablation"
    paper = "Merrick (2019), https://arxiv.org/abs/1903.07822"
    regions: str = option("superpixels", REGIONS_HELP, choices=REGION_KINDS)
    number: int = option(49, NUMBER_HELP, low=4, high=400, step=1)
    baseline: str = option("black", COVER_HELP, choices=tuple(BASELINES))

    def rows(self, subject: Subject) -> int:
        """One pass a part, and the whole picture."""
        return num_regions(subject.x.shape[2], subject.x.shape[3], self.number) + 1

    def maps(self, subject: Subject) -> Tensor:
        """Losses, (N, C, H, W), in logits: every pixel carries its part's."""
        pieces = regions(subject.x, self.regions, self.number)
        ablation = captum_attr().FeatureAblation(subject.scored)
        return _ablated(subject, ablation, self.baseline, self.rows(subject) - 1, {}, pieces)


def _ablated(
    subject: Subject,
    captum: Any,  # noqa: ANN401 - Captum ships no types
    kind: str,
    passes: int,
    settings: dict[str, Any],
    pieces: Tensor | None = None,
) -> Tensor:
    start, done = baseline(subject.x, kind), []
    together = min(passes, subject.chunk_size)
    for rows in subject.groups(together):
        given = dict(settings) if pieces is None else {"feature_mask": pieces[rows], **settings}
        done.append(
            captum.attribute(
                subject.x[rows],
                baselines=start[rows],
                additional_forward_args=(subject.weights[rows],),
                perturbations_per_eval=max(1, subject.chunk_size // (rows.stop - rows.start)),
                **given,
            ).float()
        )
    return torch.cat(done)
