"""What all autoencoders share: an encoder, a decoder, a posterior, codes with or without a category."""

from __future__ import annotations

import torch
from torch import Generator, Tensor, nn

from engine.interfaces import Layout, Part, Space
from engine.models.exact_linear import ExactLinear
from engine.models.layers import one_hot


class Autoencoder(nn.Module):
    """An encoder and a decoder around a flat code; variational and conditional by its arguments.

    A conditional model's code is [one-hot category, latents]: the decoder is told the category, the encoder
    never sees it.

    Args:
        encoder: (N, *space.shape) -> (N, features).
        decoder: (N, num_classes + num_latents) -> (N, *space.shape); logits for images, values for series.
        features: Width of the encoder's output.
        num_latents: Continuous latents K.
        space: What the decoder draws.
        variational: Whether there is a log-variance head.
        num_classes: Categories the decoder is told; 0 for none.
    """

    def __init__(
        self,
        encoder: nn.Module,
        decoder: nn.Module,
        *,
        features: int,
        num_latents: int,
        space: Space,
        variational: bool,
        num_classes: int = 0,
    ) -> None:
        super().__init__()
        self.encoder, self.decoder = encoder, decoder
        self.mean = ExactLinear(features, num_latents)
        self.log_var = ExactLinear(features, num_latents) if variational else None
        self.space, self.variational = space, variational
        self.num_latents, self.num_classes = num_latents, num_classes
        category = (Part("category", num_classes, "onehot"),) if num_classes else ()
        self.layout: Layout = (*category, Part("latent", num_latents))
        self.latent_dim = num_classes + num_latents

    @property
    def prior(self) -> str:
        """Where new codes come from: the standard normal, or the codes of real examples where there is no prior."""
        return "normal" if self.variational else "empirical"

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """Mean and log-variance of q(z | x), each (N, K); the latter is None for a plain autoencoder."""
        features = self.encoder(x)
        return self.mean(features), None if self.log_var is None else self.log_var(features)

    def logits(self, z: Tensor) -> Tensor:
        """(N, D) -> (N, *space.shape): the decoder's output before the sigmoid (images) or as it is (series)."""
        return self.decoder(z)

    def decode(self, z: Tensor) -> Tensor:
        """(N, D) -> (N, *space.shape); images in [0, 1], series in natural units."""
        x_hat = self.logits(z)
        return torch.sigmoid(x_hat) if self.space.kind == "image" else x_hat

    def encode(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """The posterior mean of each example, (N, D).

        Args:
            x: Examples, (N, *space.shape).
            labels: True categories, (N,), for conditional models. Without them the category whose
                reconstruction is nearest in squared error is taken.
        """
        mean, _ = self.posterior(x)
        if not self.num_classes:
            return mean
        if labels is None:
            labels = self._nearest_category(x, mean)
        return torch.cat([one_hot(labels, self.num_classes).to(mean), mean], dim=1)

    def _nearest_category(self, x: Tensor, mean: Tensor) -> Tensor:
        n, k = len(x), self.num_classes
        categories = torch.eye(k, device=mean.device, dtype=mean.dtype).repeat(n, 1)  # (N k, k)
        x_hat = self.decode(torch.cat([categories, mean.repeat_interleave(k, dim=0)], dim=1))
        errors = (x_hat.reshape(n, k, -1) - x.reshape(n, 1, -1)).square().sum(dim=2)
        return errors.argmin(dim=1)

    def reset_parameters(self, generator: Generator) -> None:
        """Draws all weights anew; each family says how."""
        raise NotImplementedError(f"{type(self).__name__} should say how its weights are drawn.")


def reparameterise(mean: Tensor, log_var: Tensor | None, *, generator: Generator) -> Tensor:
    """One sample of N(mean, exp(log_var)), (N, K); the mean itself where log_var is None (Kingma & Welling, 2014)."""
    if log_var is None:
        return mean
    noise = torch.randn(mean.shape, generator=generator, device=generator.device).to(mean)
    return mean + torch.exp(0.5 * log_var) * noise
