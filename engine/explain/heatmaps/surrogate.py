"""Simple models of what happens when parts of the picture are missing: KernelSHAP, LIME, sampled Shapley values."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from engine.data.baselines import BASELINES, baseline
from engine.explain.heatmaps.coalitions import answers, painted
from engine.explain.heatmaps.method import HEATMAPS, Method
from engine.explain.heatmaps.options import option
from engine.explain.heatmaps.perturbation import COVER_HELP, NUMBER_HELP, REGIONS_HELP
from engine.explain.heatmaps.regions import REGION_KINDS, num_regions, regions
from engine.explain.heatmaps.sampling import generator
from engine.explain.heatmaps.subject import Subject

_SAMPLES_HELP = "Random sets of parts shown to the model; at least twice the number of parts, more are steadier."


@dataclass(frozen=True, kw_only=True)
class _OnParts(Method):
    regions: str = option("superpixels", REGIONS_HELP, choices=REGION_KINDS)
    number: int = option(36, NUMBER_HELP, low=4, high=400, step=1)
    baseline: str = option("black", COVER_HELP, choices=tuple(BASELINES))

    def parts(self, subject: Subject) -> int:
        """How many parts there are."""
        return num_regions(subject.x.shape[2], subject.x.shape[3], self.number)

    def ask(self, subject: Subject, coalitions: Tensor) -> tuple[Tensor, Tensor]:
        """The model's answers, (N, S) float64 on the CPU, and the parts, (N, 1, H, W)."""
        pieces = regions(subject.x, self.regions, self.number)
        said = answers(subject, pieces, baseline(subject.x, self.baseline), coalitions)
        return said.double().cpu(), pieces

    def paint(self, subject: Subject, values: Tensor, pieces: Tensor) -> Tensor:
        """Values of parts, (N, F), on their pixels, (N, C, H, W)."""
        return painted(values.to(subject.x.device), pieces, subject.x.shape[1])


@HEATMAPS.register("kernel-shap")
@dataclass(frozen=True, kw_only=True)
class KernelShap(_OnParts):
    """Shapley values of the parts by weighted regression; they add up to the change from the baseline."""

    title = "KernelSHAP"
    paper = "Lundberg & Lee (2017), https://arxiv.org/abs/1705.07874"
    samples: int = option(150, _SAMPLES_HELP, low=10, high=2000, step=10)

    def rows(self, subject: Subject) -> int:
        """One pass a set, the whole picture and the empty one."""
        return self.samples + 2

    def maps(self, subject: Subject) -> Tensor:
        """Shapley values, (N, C, H, W), in logits: every pixel carries its part's."""
        shown = kernel_coalitions(self.parts(subject), self.samples, subject.seed)
        said, pieces = self.ask(subject, shown)
        return self.paint(subject, kernel_values(shown.double(), said), pieces)


@HEATMAPS.register("lime")
@dataclass(frozen=True, kw_only=True)
class Lime(_OnParts):
    """A linear model of the target near the picture: the weights of its parts."""

    title = "LIME"
    paper = "Ribeiro et al. (2016), https://arxiv.org/abs/1602.04938"
    samples: int = option(150, _SAMPLES_HELP, low=10, high=2000, step=10)
    kernel_width: float = option(
        0.25, "How near to the whole picture a set must be to count.", low=0.05, high=2.0, step=0.05
    )
    ridge: float = option(1.0, "Pulls weights towards zero.", low=0.0, high=100.0, step=0.1)

    def rows(self, subject: Subject) -> int:
        """One pass a set."""
        return self.samples

    def maps(self, subject: Subject) -> Tensor:
        """Weights, (N, C, H, W), in logits: every pixel carries its part's."""
        shown = lime_coalitions(self.parts(subject), self.samples, subject.seed)
        said, pieces = self.ask(subject, shown)
        near = lime_similarity(shown.double(), self.kernel_width)
        return self.paint(subject, _ridge(shown.double(), said, near, self.ridge), pieces)


@HEATMAPS.register("shapley-sampling")
@dataclass(frozen=True, kw_only=True)
class ShapleySampling(_OnParts):
    """Parts join one by one in random orders: what each adds when it comes, on average."""

    title = "Shapley sampling"
    paper = "Štrumbelj & Kononenko (2014), https://doi.org/10.1007/s10115-013-0679-x"
    orders: int = option(8, "Random orders; more are slower and steadier.", low=1, high=200, step=1)

    def rows(self, subject: Subject) -> int:
        """One pass a part and order, the whole picture and the empty one."""
        return self.orders * (self.parts(subject) - 1) + 2

    def maps(self, subject: Subject) -> Tensor:
        """Shapley values, (N, C, H, W), in logits: every pixel carries its part's."""
        count = self.parts(subject)
        orders = shapley_orders(count, self.orders, subject.seed)
        place = orders.argsort(dim=1)  # (P, F): when each part comes
        inner = place[:, None, :] < torch.arange(1, count)[None, :, None]  # (P, F - 1, F)
        ends = torch.stack([torch.zeros(count, dtype=torch.bool), torch.ones(count, dtype=torch.bool)])
        said, pieces = self.ask(subject, torch.cat([ends, inner.flatten(0, 1)]))
        chains = said[:, 2:].unflatten(1, (self.orders, count - 1))
        empty, full = (said[:, end, None, None].expand(-1, self.orders, 1) for end in (0, 1))
        steps = torch.cat([empty, chains, full], dim=2).diff(dim=2)  # (N, P, F), in the order of coming
        added = steps.gather(2, place.expand(len(said), -1, -1))
        return self.paint(subject, added.mean(dim=1), pieces)


def kernel_coalitions(count: int, samples: int, seed: int) -> Tensor:
    """Sets of parts, (samples + 2, F) bool: nothing, all, then sizes drawn by the Shapley kernel."""
    draws = generator(seed, "kernel-shap", count)
    sizes = torch.arange(1, count, dtype=torch.float64)
    size = 1 + torch.multinomial(1 / (sizes * (count - sizes)), samples, replacement=True, generator=draws)
    rank = torch.rand(samples, count, generator=draws).argsort(dim=1).argsort(dim=1)
    ends = torch.stack([torch.zeros(count, dtype=torch.bool), torch.ones(count, dtype=torch.bool)])
    return torch.cat([ends, rank < size[:, None]])


def kernel_values(shown: Tensor, said: Tensor) -> Tensor:
    """Least squares that meets the first two rows (nothing, all) exactly: (S, F) and (N, S) -> (N, F)."""
    empty, change = said[:, :1], said[:, 1:2] - said[:, :1]
    last = shown[2:, -1:]  # the last value follows from the others, so it is eliminated
    known = said[:, 2:] - empty - change * last.T
    values = torch.linalg.lstsq(shown[2:, :-1] - last, known.T, driver="gelsd").solution.T
    return torch.cat([values, change - values.sum(dim=1, keepdim=True)], dim=1)


def lime_coalitions(count: int, samples: int, seed: int) -> Tensor:
    """Sets of parts, (samples, F) bool: each part is there with probability one half."""
    return torch.rand(samples, count, generator=generator(seed, "lime", count)) < 0.5


def lime_similarity(shown: Tensor, width: float) -> Tensor:
    """How much each set counts, (S,): a Gaussian of its cosine distance from the whole picture."""
    distance = 1 - (shown.sum(dim=1) / shown.shape[1]).sqrt()  # the cosine of a 0/1 vector with all ones
    return torch.exp(-0.5 * (distance / width).square())


def shapley_orders(count: int, orders: int, seed: int) -> Tensor:
    """Random orders of parts, (P, F) int64."""
    return torch.rand(orders, count, generator=generator(seed, "shapley", count)).argsort(dim=1)


def _ridge(shown: Tensor, said: Tensor, near: Tensor, alpha: float) -> Tensor:
    share = near / near.sum()
    design, response = shown - share @ shown, said - (said @ share)[:, None]  # centred: the constant is free
    weighted = design.T * near
    system = weighted @ design + alpha * torch.eye(shown.shape[1], dtype=shown.dtype)
    return torch.linalg.lstsq(system, (weighted @ response.T), driver="gelsd").solution.T
