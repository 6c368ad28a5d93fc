"""InfoGAN for 28 x 28 digits (Chen et al., 2016, https://arxiv.org/abs/1606.03657)."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Generator, Tensor, nn

from engine.interfaces import Layout, Part, Space
from engine.models.exact_linear import ExactLinear
from engine.models.layers import one_hot, torch_uniform, truncated_normal
from engine.models.registry import MODELS


@MODELS.register("info-gan-28")
class InfoGAN28(nn.Module):
    """Code [one-hot category, continuous codes, noise] to a digit, and back through the shared trunk's Q head.

    All continuous entries are uniform on [-1, 1]; only the category and the continuous codes are recovered by Q.

    Args:
        num_classes: Categories.
        num_codes: Continuous codes whose mutual information with the picture is maximised.
        num_noise: Noise entries, free of that term.
        width: Filters of the outer convolution; the inner one has twice as many.
        hidden: Units of the dense layers.
        discriminator: Whether it has trunk, realness and Q head; a generator that is only used needs none.
        initialisation: `normal`, the published weights of standard deviation 0.02, or `torch`, torch's own, under which
            the first pictures have contrast; a narrower network without it learned no digits.

    Attributes:
        code_limits: Range of each continuous entry, those of the prior.
        discovers_categories: Nobody tells it what its categories are, so a classifier has to say what they mean.
        judged: A classifier looks at its samples.
    """

    prior = "uniform"
    discovers_categories = True
    judged = True

    def __init__(
        self,
        num_classes: int = 10,
        num_codes: int = 2,
        num_noise: int = 3,
        width: int = 64,
        hidden: int = 1024,
        discriminator: bool = True,
        initialisation: Literal["normal", "torch"] = "normal",
    ) -> None:
        super().__init__()
        self.initialisation = initialisation
        self.num_classes, self.num_codes, self.num_noise = num_classes, num_codes, num_noise
        self.latent_dim = num_classes + num_codes + num_noise
        self.code_limits = ((-1.0, 1.0),) * (num_codes + num_noise)
        self.layout: Layout = (
            Part("category", num_classes, "onehot"),
            Part("code", num_codes),
            Part("noise", num_noise),
        )
        self.space = Space(kind="image", shape=(1, 28, 28))
        self.generator = nn.Sequential(
            ExactLinear(self.latent_dim, hidden),
            _norm(hidden, images=False),
            nn.ReLU(),
            nn.Linear(hidden, 98 * width),
            _norm(98 * width, images=False),
            nn.ReLU(),
            nn.Unflatten(1, (2 * width, 7, 7)),
            nn.ConvTranspose2d(2 * width, width, 4, 2, 1),
            _norm(width, images=True),
            nn.ReLU(),
            nn.ConvTranspose2d(width, 1, 4, 2, 1),
        )
        if not discriminator:
            return
        self.trunk = nn.Sequential(
            nn.Conv2d(1, width, 4, 2, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, 2 * width, 4, 2, 1),
            _norm(2 * width, images=True),
            nn.LeakyReLU(0.2),
            nn.Flatten(),
            nn.Linear(98 * width, hidden),
            _norm(hidden, images=False),
            nn.LeakyReLU(0.2),
        )
        self.realness = nn.Linear(hidden, 1)
        self.q_head = nn.Sequential(
            nn.Linear(hidden, 128), _norm(128, images=False), nn.LeakyReLU(0.2), nn.Linear(128, num_classes + num_codes)
        )

    def decode(self, z: Tensor) -> Tensor:
        """(N, D) -> (N, 1, 28, 28) in [0, 1]."""
        return torch.sigmoid(self.generator(z))

    def discriminate(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Realness logit (N,), category logits (N, num_classes) and code means (N, num_codes) of pictures."""
        features = self.trunk(x)
        q = self.q_head(features)
        return self.realness(features)[:, 0], q[:, : self.num_classes], q[:, self.num_classes :]

    def sample(self, n: int, *, generator: Generator) -> Tensor:
        """Draws n codes from the prior, (n, D): a uniform category and uniform values on [-1, 1]."""
        device = generator.device
        categories = torch.randint(self.num_classes, (n,), generator=generator, device=device)
        values = torch.rand(n, self.num_codes + self.num_noise, generator=generator, device=device) * 2 - 1
        return torch.cat([one_hot(categories, self.num_classes), values], dim=1)

    def reset_parameters(self, generator: Generator) -> None:
        """Truncated normal weights of standard deviation 0.02 and zero biases, or torch's own."""
        draw = truncated_normal if self.initialisation == "normal" else torch_uniform
        draw(self, generator)


def _norm(features: int, *, images: bool) -> nn.Module:
    return (nn.BatchNorm2d if images else nn.BatchNorm1d)(features, eps=1e-5, momentum=0.1)
