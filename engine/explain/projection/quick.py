"""Codes for examples in a second: gradient descent on the squared error from the nearest of many known codes."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from engine.explain.projection.adam import Adam
from engine.interfaces import Decoder, Encoder, LatentModel, part_slices

_CHUNK = 32  # examples compared with all known codes at once


@dataclass(frozen=True)
class Projection:
    """Codes found for examples.

    Attributes:
        codes: (N, D).
        errors: Summed squared error of what they draw, (N,).
    """

    codes: Tensor
    errors: Tensor


def codes_of(model: LatentModel, x: Tensor) -> Tensor:
    """Codes of examples, (N, D): by the model's encoder, else by `project`, started at its own examples."""
    if isinstance(model, Encoder):
        return model.encode(x)
    return project(model, x, starts=known_codes(model).to(x.device)).codes


def known_codes(model: LatentModel) -> Tensor:
    """Plausible codes to start from, (M, D): those of the model's examples, else 512 draws."""
    codes: Tensor | None = getattr(getattr(model, "examples", None), "codes", None)
    return model.sample(512, generator=torch.Generator().manual_seed(0)) if codes is None else codes


def project(
    model: Decoder, x: Tensor, *, starts: Tensor, num_starts: int = 4, steps: int = 120, rate: float = 0.05
) -> Projection:
    """Searches the code of each example: Adam on the squared error from the best of many known codes.

    Continuous entries move in units of their spread among `starts`, within its range; categories keep the option of the
    start they belong to.

    Args:
        model: Any decoder that is differentiable in its code.
        x: Examples, (N, *space.shape).
        starts: Plausible codes, (M, D), such as those of the model's examples.
        num_starts: How many of them are improved for each example; the best result is kept.
        steps: Updates.
        rate: Adam's learning rate, in units of the spread.

    Raises:
        ValueError: If x does not fit the model's space or there are no starts.
    """
    check_examples(model, x, starts)
    x, starts = x.detach(), starts.detach().to(x.device)
    count = min(num_starts, len(starts))
    begin = starts[closest(model, x, starts, count)].flatten(0, 1)  # (N count, D)
    codes = _improve(model, x.repeat_interleave(count, dim=0), begin, starts, steps, rate)
    errors = _errors(model, codes, x.repeat_interleave(count, dim=0)).reshape(len(x), count)
    best = errors.argmin(dim=1)
    rows = torch.arange(len(x), device=x.device)
    return Projection(codes.reshape(len(x), count, -1)[rows, best], errors[rows, best])


def check_examples(model: Decoder, x: Tensor, starts: Tensor) -> None:
    """Refuses what cannot be searched for.

    Raises:
        ValueError: If x does not fit the model's space or there are no starts.
    """
    if tuple(x.shape[1:]) != tuple(model.space.shape) or not len(starts):
        raise ValueError(
            f"x should be (N, {', '.join(map(str, model.space.shape))}) with at least one start; "
            f"got {tuple(x.shape)} and {len(starts)} starts."
        )


@torch.no_grad()
def closest(model: Decoder, x: Tensor, starts: Tensor, count: int) -> Tensor:
    """Rows of the starts whose outputs are nearest to each example, nearest first, (N, count)."""
    drawn = torch.cat([model.decode(part) for part in torch.split(starts, 256)]).flatten(1)
    rows = [torch.cdist(part.flatten(1), drawn).topk(count, largest=False).indices for part in torch.split(x, _CHUNK)]
    return torch.cat(rows)


def room(model: Decoder, starts: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Smallest and largest known value of each entry, and the length of its steps: none for categories, (D,) each."""
    low, high = starts.min(dim=0).values, starts.max(dim=0).values
    scale = (high - low).clamp_min(1e-6) / 4
    for part, place in zip(model.layout, part_slices(model.layout), strict=True):
        if part.kind == "onehot":
            scale[place] = 0.0
    return low, high, scale


def _improve(model: Decoder, x: Tensor, begin: Tensor, starts: Tensor, steps: int, rate: float) -> Tensor:
    low, high, scale = room(model, starts)
    with torch.inference_mode(False), torch.enable_grad():
        begin, x, low, high, scale = (value.clone() for value in (begin, x, low, high, scale))
        shift, adam = torch.zeros_like(begin, requires_grad=True), Adam(begin)
        best, least = begin, torch.full((len(begin),), torch.inf, device=x.device)
        for step in range(1, steps + 2):
            codes = torch.minimum(torch.maximum(begin + shift * scale, low), high)
            errors = (model.decode(codes) - x).flatten(1).square().sum(dim=1)
            better = errors.detach() < least
            least = torch.where(better, errors.detach(), least)
            best = torch.where(better[:, None], codes.detach(), best)
            if step > steps:
                break
            (gradient,) = torch.autograd.grad(errors.sum(), shift)
            shift = (shift.detach() - rate * adam.move(gradient)).requires_grad_()
    return best


@torch.no_grad()
def _errors(model: Decoder, codes: Tensor, x: Tensor) -> Tensor:
    return (model.decode(codes) - x).flatten(1).square().sum(dim=1)
