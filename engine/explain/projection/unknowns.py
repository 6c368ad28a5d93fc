"""What is searched for: one style for all layers (W), one a layer (W+) or a code as it is; from where, and how far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Generator, Tensor

from engine.explain.directions.coordinates import is_layered
from engine.explain.projection.quick import closest, known_codes, room
from engine.explain.projection.typicality import Typicality
from engine.interfaces import Encoder, LatentModel

Where = Literal["auto", "w", "w+", "code"]
_CANDIDATES = 256


@dataclass(frozen=True, kw_only=True, eq=False)
class Unknowns:
    """A search for N examples from S starts each, over K numbers.

    Attributes:
        where: `w`, `w+` or `code`.
        base: Where each search starts, (N S, K).
        scale: What one step of size one changes each number by, (K,); none for categories.
        low: Least value of each number, (K,).
        high: Largest.
        reach: Distance, in steps, from the middle of plausible codes to one of them: what exploration is a share of.
        layers: How often the K numbers are repeated to make a code.
        apart: Layers whose styles are pulled together; 0 for none.
    """

    where: Literal["w", "w+", "code"]
    base: Tensor
    scale: Tensor
    low: Tensor
    high: Tensor
    reach: float
    layers: int = 1
    apart: int = 0

    def codes(self, steps: Tensor) -> Tensor:
        """Steps away from the starts, (N S, K) -> codes, (N S, D)."""
        points = torch.minimum(torch.maximum(self.base + steps * self.scale, self.low), self.high)
        return points.repeat(1, self.layers)

    def penalty(self, codes: Tensor) -> Tensor:
        """Mean squared distance of the layers' styles from their mean, (N S, D) -> (N S,); 0 where they are one."""
        if not self.apart:
            return codes.new_zeros(len(codes))
        ws = codes.unflatten(1, (self.apart, -1))
        return (ws - ws.mean(dim=1, keepdim=True)).square().sum(dim=2).mean(dim=1)

    def to(self, rows: Tensor) -> Unknowns:
        """The same as plain tensors that gradients may flow through, in inference mode too."""
        moved = {name: getattr(self, name).to(rows.device).clone() for name in ("base", "scale", "low", "high")}
        return Unknowns(where=self.where, reach=self.reach, layers=self.layers, apart=self.apart, **moved)


def resolve(model: LatentModel, where: Where) -> Literal["w", "w+", "code"]:
    """Where codes of this model are searched; by default one style of a layered model, else the code as it is.

    Raises:
        ValueError: If the model has no styles, or the name is another.
    """
    layered = is_layered(model.layout)
    if where == "auto":
        return "w" if layered else "code"
    if where not in ("w", "w+", "code") or (where != "code") != layered:
        able = ("w", "w+") if layered else ("code",)
        raise ValueError(f"The code of this model is searched in {' or '.join(able)}; got {where!r}.")
    return where


def unknowns(
    model: LatentModel, x: Tensor, where: Where, starts: int, *, typicality: Typicality, seed: int
) -> Unknowns:
    """Where to search codes of examples, (N, *space.shape).

    Styles start at the mean style, and then at the drawn ones whose pictures are nearest; other codes at what the
    encoder says, where there is one, and then at the nearest known ones.
    """
    place = resolve(model, where)
    return _code(model, x, starts) if place == "code" else _styles(model, x, place, starts, typicality, seed)


def _styles(
    model: LatentModel, x: Tensor, where: Literal["w", "w+"], starts: int, typicality: Typicality, seed: int
) -> Unknowns:
    network: Any = getattr(model, "network", model)
    layers = len(model.layout)
    mean = typicality.mean.to(x.device)
    first = mean.repeat(layers).expand(len(x), 1, -1)
    if starts > 1:
        drawn = network.sample(_CANDIDATES, generator=Generator().manual_seed(seed), psi=1.0).detach().to(x.device)
        first = torch.cat([first, drawn[closest(model, x, drawn, starts - 1)]], dim=1)
    size = len(mean) if where == "w" else model.latent_dim
    return Unknowns(
        where=where,
        base=first[..., :size].flatten(0, 1),
        scale=mean.new_ones(size),
        low=mean.new_full((size,), -torch.inf),
        high=mean.new_full((size,), torch.inf),
        reach=typicality.rms,
        layers=layers if where == "w" else 1,
        apart=0 if where == "w" else layers,
    )


@torch.no_grad()
def _code(model: LatentModel, x: Tensor, starts: int) -> Unknowns:
    known = known_codes(model).detach().to(x.device)
    low, high, scale = room(model, known)
    if getattr(model, "prior", None) == "normal":  # codes of examples are a sample: others lie farther out
        low, high = low - 2 * scale, high + 2 * scale
    encoded = [model.encode(x)[:, None]] if isinstance(model, Encoder) else []
    more = min(starts - len(encoded), len(known))
    if more:
        encoded.append(known[closest(model, x, known, more)])
    base = torch.cat(encoded, dim=1).flatten(0, 1)
    low, high = torch.minimum(low, base.min(dim=0).values), torch.maximum(high, base.max(dim=0).values)
    return Unknowns(
        where="code", base=base, scale=scale, low=low, high=high, reach=float((scale > 0).sum()) ** 0.5
    )
