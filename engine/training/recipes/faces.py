"""Small generators of faces: what travels and is shown where photographs of people must not be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from engine.objectives import KL, Autoencoding, Bernoulli
from engine.training.optimisers import Adam
from engine.training.recipe import Recipe, network


def rows() -> Iterator[Recipe]:
    """A variational autoencoder of faces at 64 pixels a side."""
    paper = Recipe(
        id="celeba/vae-paper",
        title="Variational autoencoder of faces, 32 latents",
        dataset="celeba@64",
        network=network("burgess", num_latents=32, channels=3),
        objective=Autoencoding((Bernoulli(), KL())),
        optimiser=Adam(lr=5e-4),
        steps=500_000,
        preset="paper",
        source="Burgess et al. (2018), https://arxiv.org/abs/1804.03599, appendix A, at beta = 1",
    )
    yield replace(
        paper,
        id="celeba/vae",
        optimiser=Adam(lr=1e-3, schedule="cosine", warmup=500),
        steps=12_000,
        precision="bf16-mixed",
        preset="starter",
        note="The published network; 12,000 updates at a falling rate instead of 500,000 at a constant one.",
    )
    yield paper
