"""StyleGAN2-ADA (Karras et al., 2020): the generators behind directions, style matrices and hypotheses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from engine.objectives import StyleGAN2Game
from engine.training.optimisers import Adam
from engine.training.recipe import Recipe, network

_AUTO = StyleGAN2Game(gamma=0.0064, average_kimg=10.0, average_ramp_up=0.05)  # for 32 pixels and batches of 32
SOURCE = "Karras et al. (2020), https://arxiv.org/abs/2006.06676"


def rows() -> Iterator[Recipe]:
    """Digits and faces."""
    yield from _both(
        kimg=800,
        width=64,
        psi=1.0,
        id="mnist/stylegan2",
        title="StyleGAN2 of digits, 32 pixels a side",
        dataset="mnist@32",
        objective=_AUTO,
        starter={"gamma": 0.5, "mixing": 0.0, "path_weight": 0.0, "augmentation": "none"},
        why=(
            "; a gradient penalty of 0.5 instead of 0.0064, no style mixing and no path-length regularisation (as in "
            "the paper's configuration for CIFAR-10), no augmentation: under those it drew one shape only"
        ),
    )
    yield from _both(
        kimg=250,
        width=128,
        psi=0.7,
        channels=3,
        objective=replace(_AUTO, mirror=True),
        starter={"augmentation_kimg": 100.0},
        why="; an augmentation that sets in five times as fast",
        id="celeba/stylegan2",
        title="StyleGAN2 of faces, 32 pixels a side",
        dataset="celeba@32",
    )
    yield Recipe(
        id="celeba-hq/stylegan2-paper",
        title="StyleGAN2 of faces, 256 pixels a side",
        dataset="celeba-hq@256",
        network=network("stylegan2", resolution=256, channel_base=16384, deviation_group=8, clamp=256.0),
        objective=StyleGAN2Game(gamma=1.0, mirror=True, average_kimg=20.0, average_ramp_up=None),
        optimiser=Adam(lr=0.0025, betas=(0.0, 0.99)),
        steps=390_625,
        batch_size=64,
        preset="paper",
        source=f"{SOURCE}, configuration paper256",
    )


def _both(
    *,
    kimg: int,
    width: int,
    psi: float,
    objective: StyleGAN2Game,
    channels: int = 1,
    starter: Mapping[str, Any],
    why: str,
    **fields: Any,  # noqa: ANN401 - fields of a row
) -> Iterator[Recipe]:
    """The configuration that the paper's code chooses for 32 pixels, and a narrow and short one."""
    sizes = {"resolution": 32, "channels": channels, "mapping_layers": 2, "psi": psi}
    paper = Recipe(
        **{**fields, "id": f"{fields['id']}-paper"},
        network=network("stylegan2", channel_base=16384, **sizes),
        objective=objective,
        optimiser=Adam(lr=0.0025, betas=(0.0, 0.99)),
        steps=25_000 * 1000 // 32,
        batch_size=32,
        precision="bf16-mixed",
        preset="paper",
        source=f"{SOURCE}, configuration auto",
    )
    yield replace(
        paper,
        id=fields["id"],
        network=network("stylegan2", z_dim=128, w_dim=128, channel_base=16 * width, channel_max=width, **sizes),
        objective=replace(objective, **starter),
        steps=kimg * 1000 // 32,
        preset="starter",
        note=(
            f"At most {width} channels instead of 512, styles of 128 entries instead of 512, and {kimg} thousand "
            f"pictures instead of 25,000{why}."
        ),
    )
    yield paper
