"""Codes to learn directions from: draws of the model, as many different ones as asked for."""

from __future__ import annotations

from typing import Any

import torch
from torch import Generator, Tensor

from engine.explain.directions.truncation import truncated
from engine.interfaces import LatentModel, part_slices


def draw_codes(model: LatentModel, n: int, *, psi: float | None = None, generator: Generator) -> Tensor:
    """Draws n plausible codes, (n, D).

    A model that knows no prior draws its examples' codes, of which there are few: these are spread by the kernel
    of Scott's rule (Scott, 1992), so that no two are the same and what is held out was not seen.

    Args:
        model: Any latent model.
        n: How many.
        psi: Truncation, 1 for none; by default the model's own.
        generator: On the CPU.
    """
    network: Any = getattr(model, "network", model)
    if hasattr(network, "w_mean"):
        codes: Tensor = network.sample(n, generator=generator, psi=psi)
        return codes
    codes = model.sample(n, generator=generator)
    if getattr(model, "prior", None) == "empirical":
        codes = _spread(model, codes, generator)
    return codes if psi is None else truncated(codes, model.mean_code.to(codes), psi, model.layout)


def _spread(model: LatentModel, codes: Tensor, generator: Generator) -> Tensor:
    known: Tensor = model.examples.codes  # type: ignore[attr-defined] # what an empirical prior draws from
    width = known.std(dim=0) * len(known) ** (-1 / (4 + known.shape[1]))
    for part, place in zip(model.layout, part_slices(model.layout), strict=True):
        if part.kind == "onehot":
            width[place] = 0
    noise = torch.randn(codes.shape, generator=generator, device=generator.device)
    return codes + noise.to(codes) * width.to(codes)
