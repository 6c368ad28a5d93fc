"""Pictures to codes by optimisation with a schedule, as StyleGAN2's projector has it: explored first, then refined."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import Generator, Tensor

from engine.explain.progress import Progress, ShouldStop, check
from engine.explain.projection.adam import Adam
from engine.explain.projection.kept import picture_keys
from engine.explain.projection.likeness import Likeness, Unlike, likeness_for
from engine.explain.projection.quick import check_examples, known_codes
from engine.explain.projection.typicality import Typicality
from engine.explain.projection.unknowns import Unknowns, Where, resolve, unknowns
from engine.interfaces import LatentModel, Space

if TYPE_CHECKING:
    from engine.explain.heatmaps.cache import HeatmapCache


@dataclass(frozen=True, kw_only=True)
class Inversion:
    """All that decides what is found.

    Attributes:
        where: `w` for one style, `w+` for one a layer, `code` for codes of other models; `auto` for the first that
            the model has.
        steps: Updates.
        starts: Searches a picture; the best is kept.
        rate: Adam's largest learning rate.
        noise: Exploration at the start, as a share of how far plausible codes lie from their middle.
        pull: Weight of what keeps the layers' styles together in `w+`.
        likeness: `discriminator`, `classifier`, `colours` or `auto`; see `likeness_for`.
        seed: Chance starts from here.
    """

    where: Where = "auto"
    steps: int = 500
    starts: int = 1
    rate: float = 0.1
    noise: float = 0.05
    pull: float = 1e-3
    likeness: str = "auto"
    seed: int = 0

    def __post_init__(self) -> None:
        if min(self.steps, self.starts) < 1 or not self.rate > 0 or min(self.noise, self.pull, self.seed) < 0:
            raise ValueError(
                "A search takes at least 1 step and 1 start, a rate above 0, and noise, pull and seed of 0 or more; "
                f"got {self}."
            )


@dataclass(frozen=True, kw_only=True, eq=False)
class Inverted:
    """Codes of pictures and how good they are.

    Attributes:
        codes: (N, D), on the CPU.
        x_hat: What they draw, (N, *space.shape).
        psnr: Peak signal-to-noise ratio to the pictures, in dB, (N,).
        distances: How far the codes lie from those the model draws, (N,).
        percentiles: How many of 100 codes the model draws lie less far out, (N,).
        where: Where they were searched: `w`, `w+` or `code`.
        likeness: What was compared, in words.
        distance: What the distance is, in words.
        cached: Which were found before, (N,).
    """

    codes: Tensor
    x_hat: Tensor
    psnr: Tensor
    distances: Tensor
    percentiles: Tensor
    where: str
    likeness: str
    distance: str
    cached: tuple[bool, ...]


def invert(
    model: LatentModel,
    x: Tensor,
    how: Inversion | None = None,
    *,
    classifier: Any | None = None,  # noqa: ANN401 - as `engine.load` returns one
    cache: HeatmapCache | None = None,
    chunk_size: int = 8,
    on_progress: Progress = lambda done, total: None,
    should_stop: ShouldStop | None = None,
) -> Inverted:
    """Searches the code of each picture, the noise of a StyleGAN2 left as it draws.

    Karras et al. (2020), appendix D, https://arxiv.org/abs/1912.04958, with styles alone as unknowns: noise that is
    fitted and then thrown away only helps on paper. All pictures see the same random numbers, so that a result depends
    neither on its neighbours nor on the chunk size, up to rounding.

    Args:
        model: Any decoder that is differentiable in its code.
        x: Pictures or series of its space, (N, *space.shape).
        how: What decides the result.
        classifier: For a likeness by a classifier's features.
        cache: Where codes are kept, once a picture (`default_cache`); None keeps none.
        chunk_size: Searches that go through the model at once, at most.
        on_progress: Told how many updates are done, and of how many.
        should_stop: Asked before every update.

    Raises:
        ValueError: If x does not fit the model's space, or the model cannot be searched that way.
        CancelledError: If `should_stop` says so; chunks that are complete are in the cache.
    """
    how = replace(how or Inversion(), where=resolve(model, (how or Inversion()).where))
    known = known_codes(model)
    check_examples(model, x, known)
    likeness = likeness_for(model, how.likeness, classifier=classifier)
    typicality = Typicality(model)
    keys = picture_keys(model, x, how, likeness, classifier, known) if cache is not None else []
    before = [cache.get(key) for key in keys] if cache is not None else [None] * len(x)
    codes = [None if kept is None or kept.values.shape != (model.latent_dim,) else kept.values for kept in before]
    missing = [row for row, code in enumerate(codes) if code is None]
    at_once = max(1, chunk_size // how.starts)
    total = -(-len(missing) // at_once) * how.steps
    for number in range(0, len(missing), at_once):
        rows, done = missing[number : number + at_once], number // at_once * how.steps
        told = partial(_told, on_progress, done, total)
        found = _search(model, x[rows], how, likeness, typicality, told, should_stop).cpu()
        for row, code in zip(rows, found, strict=True):
            codes[row] = code
            if cache is not None:
                cache.put(keys[row], code, (likeness.name,))
    every = torch.stack([code for code in codes if code is not None]) if codes else known[:0].cpu()
    return _judged(model, x, every, how, likeness, typicality, tuple(row not in missing for row in range(len(x))))


def learning_rate(t: float, rate: float) -> float:
    """Of step t in [0, 1]: up within a twentieth, down as a cosine over the last quarter."""
    down = min(1.0, (1 - t) / 0.25)
    return rate * (0.5 - 0.5 * math.cos(math.pi * down)) * min(1.0, t / 0.05)


def exploration(t: float, noise: float) -> float:
    """Deviation of the noise at step t in [0, 1]: a falling square, none in the last quarter."""
    return noise * max(0.0, 1 - t / 0.75) ** 2


def psnr(x_hat: Tensor, x: Tensor, space: Space) -> Tensor:
    """Peak signal-to-noise ratio in dB, (N,): the peak is 1 for images, the drawn range for series; at most 100."""
    low, high = (0.0, 1.0) if space.kind == "image" else space.limits or (float(x.min()), float(x.max()))
    error = (x_hat - x).flatten(1).double().square().mean(dim=1)
    return 10 * torch.log10((high - low) ** 2 / error.clamp_min(1e-10 * (high - low) ** 2))


def _told(on_progress: Progress, before: int, total: int, step: int) -> None:
    on_progress(before + step, total)


def _search(
    model: LatentModel,
    x: Tensor,
    how: Inversion,
    likeness: Likeness,
    typicality: Typicality,
    told: Callable[[int], None],
    should_stop: ShouldStop | None,
) -> Tensor:
    """The best code of each picture, (N, D)."""
    with torch.inference_mode(False), torch.enable_grad():
        x = x.detach().to(getattr(model, "device", x.device)).clone()
        places = unknowns(model, x, how.where, how.starts, typicality=typicality, seed=how.seed).to(x)
        count = len(places.base) // len(x)
        unlike = likeness.to(x.repeat_interleave(count, dim=0))
        first = places.codes(torch.zeros_like(places.base))
        last = places.codes(_descend(model, places, unlike, how, count, told, should_stop))
        with torch.no_grad():  # a search may end worse than it began
            found = torch.stack([first, last], dim=1).detach()  # (N count, 2, D)
            losses = torch.stack([_loss(model, places, unlike, how, codes) for codes in found.unbind(1)], dim=1)
    best = losses.reshape(len(x), -1).argmin(dim=1)
    return found.reshape(len(x), -1, found.shape[2])[torch.arange(len(x), device=x.device), best]


def _descend(
    model: LatentModel,
    places: Unknowns,
    unlike: Unlike,
    how: Inversion,
    count: int,
    told: Callable[[int], None],
    should_stop: ShouldStop | None,
) -> Tensor:
    """Steps away from the starts, (N count, K)."""
    steps, generator = torch.zeros_like(places.base), Generator().manual_seed(how.seed)
    adam, width = Adam(steps), places.base.shape[1]
    for number in range(how.steps):
        check(should_stop)
        t = number / how.steps
        noise = torch.randn(count, width, generator=generator).to(steps).repeat(len(steps) // count, 1)
        steps.requires_grad_()
        codes = places.codes(steps + exploration(t, how.noise * places.reach) * noise)
        (gradient,) = torch.autograd.grad(_loss(model, places, unlike, how, codes).sum(), steps)
        steps = steps.detach() - learning_rate(t, how.rate) * adam.move(gradient)
        told(number + 1)
    return steps


def _loss(model: LatentModel, places: Unknowns, unlike: Unlike, how: Inversion, codes: Tensor) -> Tensor:
    return unlike(model.decode(codes)) + how.pull * places.penalty(codes)


@torch.no_grad()
def _judged(
    model: LatentModel,
    x: Tensor,
    codes: Tensor,
    how: Inversion,
    likeness: Likeness,
    typicality: Typicality,
    cached: tuple[bool, ...],
) -> Inverted:
    home = getattr(model, "device", codes.device)
    x_hat = torch.cat([model.decode(part.to(home)).float().cpu() for part in codes.split(64)])
    return Inverted(
        codes=codes,
        x_hat=x_hat,
        psnr=psnr(x_hat, x.cpu(), model.space),
        distances=typicality.distances(codes),
        percentiles=typicality.percentiles(codes),
        where=how.where,
        likeness=likeness.name,
        distance=typicality.name,
        cached=cached,
    )
