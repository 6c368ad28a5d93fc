"""Codes for examples where a model has no encoder: the code whose output is nearest is searched by gradient descent."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

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
    examples = getattr(model, "examples", None)
    codes = None if examples is None else examples.codes
    if codes is None:
        codes = model.sample(512, generator=torch.Generator().manual_seed(0)).to(x.device)
    return project(model, x, starts=codes).codes


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
    if tuple(x.shape[1:]) != tuple(model.space.shape) or not len(starts):
        raise ValueError(
            f"x should be (N, {', '.join(map(str, model.space.shape))}) with at least one start; "
            f"got {tuple(x.shape)} and {len(starts)} starts."
        )
    x, starts = x.detach(), starts.detach().to(x.device)
    count = min(num_starts, len(starts))
    begin = starts[_closest(model, x, starts, count)].flatten(0, 1)  # (N count, D)
    codes = _improve(model, x.repeat_interleave(count, dim=0), begin, starts, steps, rate)
    errors = _errors(model, codes, x.repeat_interleave(count, dim=0)).reshape(len(x), count)
    best = errors.argmin(dim=1)
    rows = torch.arange(len(x), device=x.device)
    return Projection(codes.reshape(len(x), count, -1)[rows, best], errors[rows, best])


@torch.no_grad()
def _closest(model: Decoder, x: Tensor, starts: Tensor, count: int) -> Tensor:
    drawn = torch.cat([model.decode(part) for part in torch.split(starts, 256)]).flatten(1)
    rows = [torch.cdist(part.flatten(1), drawn).topk(count, largest=False).indices for part in torch.split(x, _CHUNK)]
    return torch.cat(rows)  # (N, count)


def _improve(model: Decoder, x: Tensor, begin: Tensor, starts: Tensor, steps: int, rate: float) -> Tensor:
    low, high, scale = _room(model, starts)
    with torch.inference_mode(False), torch.enable_grad():
        begin, x, low, high, scale = (value.clone() for value in (begin, x, low, high, scale))
        shift = torch.zeros_like(begin, requires_grad=True)
        momentum, energy, best = torch.zeros_like(begin), torch.zeros_like(begin), begin
        least = torch.full((len(begin),), torch.inf, device=x.device)
        for step in range(1, steps + 2):
            codes = torch.minimum(torch.maximum(begin + shift * scale, low), high)
            errors = (model.decode(codes) - x).flatten(1).square().sum(dim=1)
            better = errors.detach() < least
            least = torch.where(better, errors.detach(), least)
            best = torch.where(better[:, None], codes.detach(), best)
            if step > steps:
                break
            (gradient,) = torch.autograd.grad(errors.sum(), shift)
            # Adam by hand: torch.optim's first use loads the compiler, seconds that a user waits for.
            momentum = torch.lerp(gradient, momentum, 0.9)
            energy = torch.lerp(gradient.square(), energy, 0.999)
            move = momentum / (1 - 0.9**step) / ((energy / (1 - 0.999**step)).sqrt() + 1e-8)
            shift = (shift.detach() - rate * move).requires_grad_()
    return best


def _room(model: Decoder, starts: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Smallest and largest known value of each entry, and the length of its steps: none for categories, (D,) each."""
    low, high = starts.min(dim=0).values, starts.max(dim=0).values
    scale = (high - low).clamp_min(1e-6) / 4
    for part, place in zip(model.layout, part_slices(model.layout), strict=True):
        if part.kind == "onehot":
            scale[place] = 0.0
    return low, high, scale


@torch.no_grad()
def _errors(model: Decoder, codes: Tensor, x: Tensor) -> Tensor:
    return (model.decode(codes) - x).flatten(1).square().sum(dim=1)
