"""StyleGAN2 (Karras et al., 2020, https://arxiv.org/abs/1912.04958) in plain PyTorch, as StyleGAN2-ADA trains it."""

from __future__ import annotations

import copy
import math

import torch
from torch import Generator, Tensor, nn

from engine.interfaces import Layout, Part, Space
from engine.models.layers import one_hot
from engine.models.registry import MODELS
from engine.models.stylegan2.discriminator import Discriminator
from engine.models.stylegan2.mapping import Mapping
from engine.models.stylegan2.primitives import Activation
from engine.models.stylegan2.synthesis import Architecture, Noise, Synthesis


class Player(nn.Module):
    """The generator that learns; what is used is its running mean."""

    def __init__(self, mapping: Mapping, synthesis: Synthesis) -> None:
        super().__init__()
        self.mapping, self.synthesis = mapping, synthesis


@MODELS.register("stylegan2")
class StyleGAN2(nn.Module):
    """Codes are W+: the styles of all layers, one after another, (N, num_ws w_dim); pictures come with constant noise.

    Args:
        resolution: Pixels a side, a power of two.
        channels: Colours.
        z_dim: Entries of the noise that styles are mapped from.
        w_dim: Entries of a style.
        num_classes: Classes of a conditional network; 0 for none.
        mapping_layers: Dense layers from noise to style.
        mapping_rate: Their learning rate in units of the optimiser's.
        channel_base: Width of a block times its pixels a side.
        channel_max: Largest width.
        architecture: How blocks add to the picture: `skip` in the paper, `resnet` or `orig`.
        activation: Of all layers but those to colours.
        use_noise: Whether layers add noise.
        clamp: Largest absolute value in convolutions; None for any. Training in half precision needs 256.
        psi: Truncation of `sample`: how far from the mean style samples lie, 1 for as far as they come.
        discriminator: Whether it has one; it measures how alike and how real pictures look.
        discriminator_architecture: `resnet` in the paper, `skip` or `orig`.
        deviation_group: Pictures whose deviation the discriminator takes together.
        training: Whether it also has the generator that learns.

    Attributes:
        num_ws: Styles of a picture.
        judged: A classifier looks at its samples.
        p: Probability of augmentation in training, ().
        signs: Sum over batches of sign(D(real)) and number of batches since p was last set, (2,).
        path_length: Running mean of the length that path-length regularisation aims at, ().
        images: Real pictures shown so far, ().
    """

    prior = "style"
    judged = True
    p: Tensor
    signs: Tensor
    path_length: Tensor
    images: Tensor

    def __init__(
        self,
        resolution: int = 32,
        channels: int = 3,
        z_dim: int = 512,
        w_dim: int = 512,
        num_classes: int = 0,
        mapping_layers: int = 8,
        mapping_rate: float = 0.01,
        channel_base: int = 32768,
        channel_max: int = 512,
        architecture: Architecture = "skip",
        activation: Activation = "lrelu",
        use_noise: bool = True,
        clamp: float | None = None,
        psi: float = 0.7,
        discriminator: bool = True,
        discriminator_architecture: Architecture = "resnet",
        deviation_group: int | None = 4,
        training: bool = True,
    ) -> None:
        super().__init__()
        self.z_dim, self.w_dim, self.num_classes, self.psi = z_dim, w_dim, num_classes, psi
        self.mapping = Mapping(z_dim, num_classes, w_dim, layers=mapping_layers, rate=mapping_rate)
        self.synthesis = Synthesis(
            w_dim,
            resolution=resolution,
            channels=channels,
            channel_base=channel_base,
            channel_max=channel_max,
            architecture=architecture,
            use_noise=use_noise,
            activation=activation,
            clamp=clamp,
        )
        if discriminator:
            self.discriminator = Discriminator(
                resolution,
                channels,
                c_dim=num_classes,
                channel_base=channel_base,
                channel_max=channel_max,
                group=deviation_group,
                architecture=discriminator_architecture,
                activation=activation,
                clamp=clamp,
            )
        if training:
            self.player = Player(copy.deepcopy(self.mapping), copy.deepcopy(self.synthesis))
            for name in ("p", "path_length"):
                self.register_buffer(name, torch.zeros(()))
            self.register_buffer("signs", torch.zeros(2))
            self.register_buffer("images", torch.zeros((), dtype=torch.int64))
        self.num_ws = self.synthesis.num_ws
        self.latent_dim = self.num_ws * w_dim
        self.layout: Layout = tuple(Part(f"layer {number + 1}", w_dim, "layer") for number in range(self.num_ws))
        self.space = Space(kind="image", shape=(channels, resolution, resolution))

    @property
    def w_mean(self) -> Tensor:
        """The mean style, (w_dim,)."""
        return self.mapping.w_avg

    def decode(self, z: Tensor) -> Tensor:
        """Styles of all layers, (N, num_ws w_dim) -> (N, C, R, R) in [0, 1]."""
        return self.draw(z.unflatten(1, (self.num_ws, self.w_dim)))

    def draw(self, ws: Tensor, *, noise: Noise = "const", generator: Generator | None = None) -> Tensor:
        """Styles (N, num_ws, w_dim) -> pictures (N, C, R, R) in [0, 1].

        Args:
            ws: A style for each layer.
            noise: `const`, the one that came with the weights, `random` or `none`.
            generator: On the CPU, draws random noise.
        """
        return (0.5 * self.synthesis(ws, noise=noise, generator=generator) + 0.5).clamp(0, 1)

    def map(self, z: Tensor, labels: Tensor | None = None, *, psi: float | None = None) -> Tensor:
        """Noise (N, z_dim) -> styles (N, w_dim), pulled to the mean by psi.

        Args:
            z: Standard normal noise.
            labels: Classes, (N,), of a conditional network.
            psi: 1 for no truncation; by default the network's own.
        """
        c = self.condition(labels)
        return self.mapping.truncated(self.mapping(z, c), self.psi if psi is None else psi)

    def sample(self, n: int, *, generator: Generator, psi: float | None = None) -> Tensor:
        """Draws n codes, (n, num_ws w_dim), one style in all layers; of a random class in a conditional network."""
        z = torch.randn(n, self.z_dim, generator=generator, device=generator.device).to(self.w_mean)
        labels = torch.randint(self.num_classes, (n,), generator=generator) if self.num_classes else None
        return self.repeated(self.map(z, labels, psi=psi))

    def repeated(self, w: Tensor) -> Tensor:
        """One style each, (N, w_dim) -> codes with it in all layers, (N, num_ws w_dim)."""
        return w.repeat(1, self.num_ws)

    def realness(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """How real each picture of (N, C, R, R) in [0, 1] looks to the discriminator, by itself, as logits (N,)."""
        return self.discriminator(2 * x - 1, self.condition(labels), group=1)

    def condition(self, labels: Tensor | None) -> Tensor | None:
        """Classes (N,) as the networks take them, (N, num_classes); None for an unconditional network."""
        if not self.num_classes:
            return None
        if labels is None:
            raise ValueError(f"This network draws {self.num_classes} classes; say which, as labels (N,).")
        return one_hot(labels, self.num_classes).to(self.w_mean)

    def reset_parameters(self, generator: Generator) -> None:
        """Every layer's own start; the running mean begins where the learning generator does."""
        for module in (self.mapping, self.synthesis, getattr(self, "discriminator", None)):
            for part in module.modules() if module is not None else ():
                reset = getattr(part, "reset_parameters", None)
                if callable(reset):
                    reset(generator)
        if hasattr(self, "player"):
            self.player.mapping.load_state_dict(self.mapping.state_dict())
            self.player.synthesis.load_state_dict(self.synthesis.state_dict())

    @torch.no_grad()
    def average(self, beta: float) -> None:
        """Moves the running mean towards the learning generator, keeping `beta` of it; buffers are copied."""
        for kept, new in ((self.mapping, self.player.mapping), (self.synthesis, self.player.synthesis)):
            torch._foreach_lerp_(list(kept.parameters()), list(new.parameters()), 1 - beta)
            for old, now in zip(kept.buffers(), new.buffers(), strict=True):
                old.copy_(now)


def average_decay(batch_size: int, images: int, *, kimg: float, ramp_up: float | None) -> float:
    """Share of the running mean that is kept in one update: half of it over `kimg` thousand pictures.

    Args:
        batch_size: Pictures an update.
        images: Pictures seen so far.
        kimg: Half-life in thousands of pictures.
        ramp_up: Largest half-life as a share of the pictures seen so far; None for no such limit.
    """
    half_life = kimg * 1000 if ramp_up is None else min(kimg * 1000, images * ramp_up)
    return math.pow(0.5, batch_size / max(half_life, 1e-8))
