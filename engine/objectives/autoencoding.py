"""One player that encodes, samples, decodes and pays the sum of its terms: AE, VAE, beta-TCVAE, conditional VAE."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Generator, Tensor, nn

from engine.data import Batch
from engine.models.autoencoder import Autoencoder, reparameterise
from engine.models.burgess import BurgessDecoder
from engine.models.layers import one_hot
from engine.objectives.objective import OBJECTIVES, Pass, Term


@OBJECTIVES.register("autoencoding")
@dataclass(frozen=True)
class Autoencoding:
    """Sum of terms on one reparameterised sample per example.

    Attributes:
        terms: Loss terms, each with its own weight.
    """

    terms: tuple[Term, ...]

    players = ("autoencoder",)

    def parameters(self, model: nn.Module, player: str) -> Iterable[nn.Parameter]:
        """All of the network."""
        return model.parameters()

    def losses(self, model: Autoencoder, batch: Batch, player: str, *, generator: Generator) -> dict[str, Tensor]:
        """The terms and their sum.

        Raises:
            ValueError: If the model is conditional and the batch has no labels.
        """
        mean, log_var = model.posterior(batch.x)
        z = code = reparameterise(mean, log_var, generator=generator)
        if model.num_classes:
            if batch.labels is None:
                raise ValueError("A conditional model needs a data set with labels.")
            code = torch.cat([one_hot(batch.labels, model.num_classes).to(z), z], dim=1)
        return add_up(self.terms, Pass(batch.x, model.logits(code), z, mean, log_var))


@OBJECTIVES.register("supervised-decoding")
@dataclass(frozen=True)
class SupervisedDecoding:
    """A decoder alone, fed with the true factors.

    Attributes:
        terms: Reconstruction terms.
    """

    terms: tuple[Term, ...]

    players = ("decoder",)

    def parameters(self, model: nn.Module, player: str) -> Iterable[nn.Parameter]:
        """All of the network."""
        return model.parameters()

    def losses(self, model: BurgessDecoder, batch: Batch, player: str, *, generator: Generator) -> dict[str, Tensor]:
        """The terms and their sum.

        Raises:
            ValueError: If the data set has no factors.
        """
        if batch.factors is None:
            raise ValueError("Supervised decoding needs a data set with true factors.")
        factors = batch.factors
        return add_up(self.terms, Pass(batch.x, model.logits(factors), factors, factors, None))


def add_up(terms: tuple[Term, ...], step: Pass) -> dict[str, Tensor]:
    """Each term of a pass by name, and their sum as `loss`."""
    losses = {term.name: term(step) for term in terms}
    return {"loss": torch.stack(list(losses.values())).sum(), **losses}
