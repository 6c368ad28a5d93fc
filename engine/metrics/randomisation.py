"""The parameter randomisation test: a map that stays as it was while the model forgets does not explain the model."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Generator, Tensor, nn

from engine.metrics.rank_correlation import spearman
from engine.models.private_copy import private_copy


@dataclass(frozen=True, kw_only=True)
class Randomisation:
    """How alike maps stay while weights are drawn anew, from the output down.

    Attributes:
        layers: The lowest layer that was drawn anew at each depth, from the output down, (L,).
        correlation: Spearman's rank correlation of magnitudes with the trained model's map, (N, L); NaN where a map
            ranks nothing. Near zero is right.
    """

    layers: tuple[str, ...]
    correlation: Tensor

    @property
    def mean(self) -> Tensor:
        """Mean over pictures at each depth, (L,)."""
        return self.correlation.nanmean(dim=0)


def randomisation(
    explain: Callable[[nn.Module, Tensor], Tensor],
    model: nn.Module,
    x: Tensor,
    maps: Tensor,
    *,
    depths: int | None = None,
    seed: int = 0,
) -> Randomisation:
    """Cascading randomisation: Adebayo et al. (2018), https://arxiv.org/abs/1810.03292, section 3.1.

    Args:
        explain: Given a network and pictures, returns maps, (N, C, H, W), of the target that `maps` explain.
        model: The trained network; it is copied and stays as it is.
        x: Pictures, (N, C, H, W), values in [0, 1].
        maps: The trained model's attributions.
        depths: Explain at so many depths, evenly spread, the last with all layers drawn anew; None for every layer.
        seed: Where chance starts.

    Raises:
        ValueError: If the network has no weights or depths is below 1.
    """
    network = private_copy(model, share=False)
    vars(network).pop("card", None)  # these are no longer the weights that a loaded model's card tells of
    layers = weighted_layers(network)[::-1]
    if not layers or (depths is not None and depths < 1):
        raise ValueError(
            f"The network should have weights and depths be 1 or more; got {len(layers)} layers, {depths}."
        )
    generator = torch.Generator().manual_seed(seed)
    count = len(layers) if depths is None else min(depths, len(layers))
    stops = {round((step + 1) * len(layers) / count) - 1 for step in range(count)}
    before = maps.detach().cpu().sum(dim=1).flatten(1).abs()
    seen, names = [], []
    for place, name in enumerate(layers):
        _draw_anew(network.get_submodule(name), generator)
        if place in stops:
            after = explain(network, x).detach().cpu().sum(dim=1).flatten(1).abs()
            seen.append(spearman(before, after))
            names.append(name)
    return Randomisation(layers=tuple(names), correlation=torch.stack(seen, dim=1))


def weighted_layers(network: nn.Module) -> list[str]:
    """Names of modules with weights of their own, in the order they were defined."""
    own = {name: next(module.parameters(recurse=False), None) for name, module in network.named_modules()}
    return [name for name, weight in own.items() if weight is not None]


@torch.no_grad()
def _draw_anew(module: nn.Module, generator: Generator) -> None:
    """PyTorch's own start: U(-d, d) with d = 1 / sqrt(fan_in); norm layers to one and zero."""
    weight = getattr(module, "weight", None)
    if isinstance(weight, Tensor) and weight.ndim > 1:
        bound = 1 / math.sqrt(weight[0].numel())
        for parameter in module.parameters(recurse=False):
            drawn = torch.rand(parameter.shape, generator=generator)
            parameter.copy_((2 * drawn - 1) * bound)
        return
    for name, value in (*module.named_parameters(recurse=False), *module.named_buffers(recurse=False)):
        if value.is_floating_point():
            value.fill_(1.0 if name in ("weight", "running_var") else 0.0)
