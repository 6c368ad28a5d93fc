"""Official networks as one network of the family `stylegan2`, or why they are none."""

from __future__ import annotations

from typing import get_args

from engine.checkpoints.errors import ConfigError
from engine.checkpoints.stylegan2_pickle.configuration import DiscriminatorConfiguration, GeneratorConfiguration
from engine.models.stylegan2.primitives import Activation
from engine.models.stylegan2.synthesis import Architecture
from engine.training import Network

_SHARED = ("c_dim", "img_resolution", "img_channels", "channel_base", "channel_max", "activation", "conv_clamp")


def network_of(generator: GeneratorConfiguration, discriminator: DiscriminatorConfiguration | None) -> Network:
    """The network whose options are those that official networks were built with, for use, not for training.

    Half precision is not among them: here it is drawn in full.

    Raises:
        ConfigError: If the family has nothing like them.
    """
    for part in (generator, discriminator) if discriminator else (generator,):
        _check("architecture", part.architecture, get_args(Architecture))
        _check("activation", part.activation, get_args(Activation))
    if not generator.num_layers:
        raise ConfigError("holds a generator whose mapping network has no layers, which is none of StyleGAN2.")
    options = {
        "resolution": generator.img_resolution,
        "channels": generator.img_channels,
        "z_dim": generator.z_dim,
        "w_dim": generator.w_dim,
        "num_classes": generator.c_dim,
        "mapping_layers": generator.num_layers,
        "mapping_rate": generator.lr_multiplier,
        "channel_base": generator.channel_base,
        "channel_max": generator.channel_max,
        "architecture": generator.architecture,
        "activation": generator.activation,
        "use_noise": generator.use_noise,
        "clamp": generator.conv_clamp,
        "discriminator": discriminator is not None,
        "training": False,
    }
    if discriminator is not None:
        _check_pair(generator, discriminator)
        options["discriminator_architecture"] = discriminator.architecture
        options["deviation_group"] = discriminator.mbstd_group_size
    return Network("stylegan2", options)


def _check(name: str, found: str, known: tuple[str, ...]) -> None:
    if found not in known:
        raise ConfigError(f"holds a network with {name} {found[:40]!r}; the networks here have one of {list(known)}.")


def _check_pair(generator: GeneratorConfiguration, discriminator: DiscriminatorConfiguration) -> None:
    """Here both have the same widths and the same clamp; classes are embedded by eight layers."""
    differing = [name for name in _SHARED if getattr(generator, name) != getattr(discriminator, name)]
    if differing:
        pairs = [f"{name} {getattr(generator, name)} and {getattr(discriminator, name)}" for name in differing]
        raise ConfigError(
            f"holds a generator and a discriminator that do not go together here: {'; '.join(pairs)}. Import the "
            "generator alone: --no-discriminator."
        )
