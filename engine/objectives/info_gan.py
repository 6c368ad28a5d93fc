"""The game of InfoGAN (Chen et al., 2016, https://arxiv.org/abs/1606.03657)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from engine.data import Batch
from engine.models.info_gan import InfoGAN28
from engine.objectives.objective import OBJECTIVES


def mutual_information_bound(category: Tensor, category_logits: Tensor, codes: Tensor, code_means: Tensor) -> Tensor:
    """Lower bound in nats on I(codes; picture), for a uniform category and unit-variance Gaussian Q.

    log M + 2 * 0.5 * log(2 pi e) per two codes, minus the mean negative log-likelihood of category and codes under
    Q: the study's training code, spec of the MNIST InfoGAN; the codes' constant is a Gaussian's entropy.

    Args:
        category: True categories, (N,).
        category_logits: Q's logits, (N, M).
        codes: True continuous codes, (N, C).
        code_means: Q's means, (N, C).
    """
    entropy = math.log(category_logits.shape[1]) + codes.shape[1] * 0.5 * math.log(2 * math.pi * math.e)
    categorical = functional.cross_entropy(category_logits, category)
    gaussian = (0.5 * (codes - code_means).square() + 0.5 * math.log(2 * math.pi)).sum(dim=1).mean()
    return entropy - categorical - gaussian


@OBJECTIVES.register("info-gan")
@dataclass(frozen=True)
class InfoGAN:
    """Non-saturating GAN losses, each minus the information bound; one generator step, then one discriminator step.

    Attributes:
        information: Weight of the bound.
        generator_scale: The generator's gradient is multiplied by this (next to nothing under Adam).
        generator_rate: The generator's learning rate, in units of the recipe's; 5 in the original InfoGAN.
    """

    information: float = 1.0
    generator_scale: float = 5.0
    generator_rate: float = 1.0

    players = ("generator", "discriminator")

    @property
    def rates(self) -> dict[str, float]:
        """Learning rates of the players, in units of the recipe's."""
        return {"generator": self.generator_rate}

    def parameters(self, model: InfoGAN28, player: str) -> Iterable[nn.Parameter]:
        """The generator's weights, or those of trunk, realness and Q."""
        if player == "generator":
            return model.generator.parameters()
        return itertools.chain(model.trunk.parameters(), model.realness.parameters(), model.q_head.parameters())

    def losses(self, model: InfoGAN28, batch: Batch, player: str, *, generator: Generator) -> dict[str, Tensor]:
        """The player's loss and its parts; the discriminator sees real and fake batches apart."""
        code = model.sample(len(batch.x), generator=generator).to(batch.x)
        fake = model.decode(code)
        realness, category_logits, code_means = (part.float() for part in model.discriminate(fake))
        first, last = model.num_classes, model.num_classes + model.num_codes
        information = mutual_information_bound(
            code[:, :first].argmax(dim=1), category_logits, code[:, first:last], code_means
        )
        if player == "generator":
            fooled = functional.binary_cross_entropy_with_logits(realness, torch.ones_like(realness))
            loss = self.generator_scale * (fooled - self.information * information)
            return {"loss": loss, "generator": fooled, "information": information}
        real = model.discriminate(batch.x)[0].float()
        told_apart = 0.5 * functional.binary_cross_entropy_with_logits(
            real, torch.ones_like(real)
        ) + 0.5 * functional.binary_cross_entropy_with_logits(realness, torch.zeros_like(realness))
        return {"loss": told_apart - self.information * information, "discriminator": told_apart}
