"""Plausible codes in two streams that never meet: one to search hypotheses on, one to test them."""

from __future__ import annotations

import hashlib

import torch
from torch import Generator, Tensor

from engine.interfaces import LatentModel

_DRAWS = 2048


class Codes:
    """A model's plausible codes.

    Most models draw new codes without end, and the two streams are draws from different seeds. Others, such as plain
    autoencoders, only know the codes of their examples: then half of these are for searching and half for testing, the
    same halves whatever the seed.

    Args:
        model: Whose `sample` draws.

    Attributes:
        plausible: Codes that scales and distances are measured on, (M, D), on the CPU.
        known: How many different codes there are, None for no end.
    """

    def __init__(self, model: LatentModel) -> None:
        self._model = model
        self.plausible = self._draw("plausible", 0, _DRAWS)
        different = torch.unique(self.plausible, dim=0)
        # Draws from a continuum do not repeat; a single repetition tells that codes come from a list.
        self.known = len(different) if len(different) < _DRAWS else None
        order = torch.randperm(len(different), generator=stream("halves", 0))
        self._halves = different[order].tensor_split(2)

    def to_search(self, count: int, *, seed: int) -> Tensor:
        """Codes to look for hypotheses on, (N, D) on the CPU; fewer than `count` where there are no more."""
        return self._take("search", 0, count, seed)

    def to_test(self, count: int, *, seed: int) -> Tensor:
        """Codes that no search ever saw, (N, D) on the CPU; fewer than `count` where there are no more."""
        return self._take("test", 1, count, seed)

    def note(self, count: int, found: int) -> str:
        """A sentence where fewer codes were found than asked for, else empty."""
        if found >= count:
            return ""
        return (
            f"{found} codes instead of {count}: this model knows the codes of {self.known} examples, half of which are "
            "for searching and half for testing."
        )

    def _take(self, name: str, half: int, count: int, seed: int) -> Tensor:
        if count < 1:
            raise ValueError(f"At least one code is needed; got {count}.")
        if self.known is None:
            return self._draw(name, seed, count)
        rows = self._halves[half]
        return rows[torch.randperm(len(rows), generator=stream(name, seed))[:count]]

    @torch.inference_mode()
    def _draw(self, name: str, seed: int, count: int) -> Tensor:
        return self._model.sample(count, generator=stream(name, seed)).detach().float().cpu().clone()


def share_rows(a: Tensor, b: Tensor) -> bool:
    """Whether any row of a, (N, D), is also one of b, (M, D)."""
    together = torch.cat([torch.unique(a, dim=0), torch.unique(b, dim=0)])
    return len(torch.unique(together, dim=0)) < len(together)


def stream(name: str, seed: int) -> Generator:
    """A generator for one purpose: the same seed under another name draws other numbers."""
    digest = hashlib.sha256(f"{name} {seed}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))
