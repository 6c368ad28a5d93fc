"""The game of StyleGAN2 with adaptive augmentation (Karras et al., 2020, https://arxiv.org/abs/2006.06676)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from engine.data import Batch
from engine.models.stylegan2 import StyleGAN2, average_decay
from engine.objectives.adaptive_augmentation import augment, next_probability
from engine.objectives.objective import OBJECTIVES, Lazy

_PATH_DECAY = 0.01  # how fast the aimed-at path length follows the batches
_PATH_SHRINK = 2  # path lengths are taken on half a batch
_CHECK = 4  # updates between two looks at the augmentation's probability


@OBJECTIVES.register("stylegan2")
@dataclass(frozen=True, kw_only=True)
class StyleGAN2Game:
    """Non-saturating losses; path length and gradient penalty as steps of their own, every fourth and sixteenth time.

    Attributes:
        gamma: Weight of the gradient penalty R1 on real pictures.
        path_weight: Weight of path-length regularisation; 0 for none.
        path_every: Updates between two of its steps.
        penalty_every: Updates between two steps of the gradient penalty.
        mixing: Probability that a batch's late layers take a second style.
        mirror: Whether real pictures are turned left to right half of the time.
        augmentation: `ada`, whose probability follows the discriminator's over-fitting, or `none`.
        pipeline: Which changes the augmentation makes.
        augmentation_target: Mean sign of D(real) that the probability is steered to.
        augmentation_kimg: Thousands of pictures in which the probability can go from 0 to 1.
        average_kimg: Half-life of the generator's running mean, in thousands of pictures.
        average_ramp_up: Largest half-life as a share of the pictures seen; None for no such limit.
        style_beta: Share of the running mean style that is kept in an update.
    """

    gamma: float = 1.0
    path_weight: float = 2.0
    path_every: int = 4
    penalty_every: int = 16
    mixing: float = 0.9
    mirror: bool = False
    augmentation: str = "ada"
    pipeline: str = "bgc"
    augmentation_target: float = 0.6
    augmentation_kimg: float = 500.0
    average_kimg: float = 10.0
    average_ramp_up: float | None = 0.05
    style_beta: float = 0.995

    @property
    def players(self) -> tuple[str, ...]:
        """Who plays in one step, in order."""
        path = ("path length",) if self.path_weight else ()
        return ("generator", *path, "discriminator", "gradient penalty")

    @property
    def lazy(self) -> Mapping[str, Lazy]:
        """Regularisers that play now and then, with their player's optimiser."""
        return MappingProxyType(
            {
                "path length": Lazy("generator", self.path_every),
                "gradient penalty": Lazy("discriminator", self.penalty_every),
            }
        )

    def parameters(self, model: StyleGAN2, player: str) -> Iterable[nn.Parameter]:
        """The weights of the learning generator or of the discriminator."""
        return (model.player if player in ("generator", "path length") else model.discriminator).parameters()

    def losses(self, model: StyleGAN2, batch: Batch, player: str, *, generator: Generator) -> dict[str, Tensor]:
        """The player's loss and its parts, means over the batch."""
        return _Turn(self, model, batch, generator).of(player)

    def before_update(self, parameters: Iterable[nn.Parameter]) -> None:
        """Gradients that are no numbers become 0, infinite ones plus or minus 1e5."""
        for parameter in parameters:
            if parameter.grad is not None:
                parameter.grad.nan_to_num_(nan=0.0, posinf=1e5, neginf=-1e5)

    @torch.no_grad()
    def after_update(self, model: StyleGAN2, batch: Batch) -> None:
        """Moves the running mean of the generator, and from time to time the augmentation's probability."""
        count = len(batch.x)
        model.images += count
        images = int(model.images)
        model.average(average_decay(count, images, kimg=self.average_kimg, ramp_up=self.average_ramp_up))
        if self.augmentation == "ada" and model.signs[1] >= _CHECK:
            p = next_probability(
                model.p,
                model.signs[0] / model.signs[1],
                batch_size=count,
                every=_CHECK,
                target=self.augmentation_target,
                kimg=self.augmentation_kimg,
            )
            model.p.copy_(torch.as_tensor(p))
            model.signs.zero_()


class _Turn:
    """One player's turn on one batch."""

    def __init__(self, game: StyleGAN2Game, model: StyleGAN2, batch: Batch, generator: Generator) -> None:
        self.game, self.model, self.generator = game, model, generator
        self.real = 2 * batch.x.float() - 1
        self.c = model.condition(batch.labels) if model.num_classes else None

    def of(self, player: str) -> dict[str, Tensor]:
        return {
            "generator": self.generate,
            "path length": self.regularise_path,
            "discriminator": self.discriminate,
            "gradient penalty": self.penalise,
        }[player]()

    def generate(self) -> dict[str, Tensor]:
        realness = self.judge(self.draw(self.styles(len(self.real))), self.c)
        return {"loss": functional.softplus(-realness).mean()}

    def regularise_path(self) -> dict[str, Tensor]:
        ws = self.styles(max(1, len(self.real) // _PATH_SHRINK))
        lengths = path_lengths(ws, self.draw(ws), generator=self.generator)
        aim = torch.lerp(self.model.path_length, lengths.mean(), _PATH_DECAY)
        self.model.path_length.copy_(aim.detach())
        penalty = (lengths - aim).square().mean() * self.game.path_weight
        return {"loss": penalty * self.game.path_every, "path length": lengths.mean()}

    def discriminate(self) -> dict[str, Tensor]:
        with torch.no_grad():
            fake = self.draw(self.styles(len(self.real)))
        of_fake, of_real = self.judge(fake, self.c), self.judge(self.real_pictures(), self.c)
        self.model.signs += torch.stack([of_real.detach().sign().mean(), torch.ones_like(of_real[0])])
        loss = functional.softplus(of_fake).mean() + functional.softplus(-of_real).mean()
        return {"loss": loss, "real": of_real.mean(), "fake": of_fake.mean(), "augmentation": self.model.p.clone()}

    def penalise(self) -> dict[str, Tensor]:
        real = self.real_pictures().detach().requires_grad_()
        penalty = gradient_penalty(real, self.judge(real, self.c))
        return {"loss": penalty.mean() * (self.game.gamma / 2 * self.game.penalty_every), "penalty": penalty.mean()}

    def styles(self, count: int) -> Tensor:
        """Styles of all layers, (count, num_ws, w_dim); late ones at times from a second draw."""
        c = None if self.c is None else self.c[:count]
        w = self.model.player.mapping(self.noise(count), c)
        self.model.player.mapping.follow(w.detach(), self.game.style_beta)
        ws = w[:, None].repeat(1, self.model.num_ws, 1)
        if float(torch.rand((), generator=self.generator)) >= self.game.mixing:
            return ws
        cut = int(torch.randint(1, self.model.num_ws, (), generator=self.generator))
        second = self.model.player.mapping(self.noise(count), c)
        return torch.cat([ws[:, :cut], second[:, None].repeat(1, self.model.num_ws - cut, 1)], dim=1)

    def noise(self, count: int) -> Tensor:
        return torch.randn(count, self.model.z_dim, generator=self.generator).to(self.real.device)

    def draw(self, ws: Tensor) -> Tensor:
        return self.model.player.synthesis(ws, noise="random", generator=self.generator)

    def real_pictures(self) -> Tensor:
        if not self.game.mirror:
            return self.real
        turned = (torch.rand(len(self.real), generator=self.generator) < 0.5).to(self.real.device)
        return torch.where(turned[:, None, None, None], self.real.flip(3), self.real)

    def judge(self, pictures: Tensor, c: Tensor | None) -> Tensor:
        if self.game.augmentation != "none":
            pictures = augment(pictures, self.model.p, generator=self.generator, pipeline=self.game.pipeline)
        return self.model.discriminator(pictures, c)


def path_lengths(ws: Tensor, pictures: Tensor, *, generator: Generator) -> Tensor:
    """How much pictures change with their styles along random directions of pixel space, (N,); differentiable.

    The root of the mean over layers of |J^T y|^2, y normal with variance 1 / (H W).

    Args:
        ws: Styles, (N, L, K), that the pictures depend on.
        pictures: (N, C, H, W).
        generator: On the CPU.
    """
    height, width = pictures.shape[2:]
    y = torch.randn(pictures.shape, generator=generator).to(pictures) / math.sqrt(height * width)
    (jacobian,) = torch.autograd.grad((pictures * y).sum(), ws, create_graph=True)
    return jacobian.square().sum(dim=2).mean(dim=1).sqrt()


def gradient_penalty(pictures: Tensor, realness: Tensor) -> Tensor:
    """Squared norm of each picture's gradient of its realness, (N,); differentiable.

    Args:
        pictures: (N, C, H, W), before any augmentation.
        realness: (N,).
    """
    (gradient,) = torch.autograd.grad(realness.sum(), pictures, create_graph=True)
    return gradient.square().sum(dim=(1, 2, 3))
