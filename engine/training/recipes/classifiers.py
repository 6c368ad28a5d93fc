"""Classifiers that the latent models are explained to and judged by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from engine.objectives import Classification
from engine.training.optimisers import SGD
from engine.training.recipe import Recipe, network

SOURCE = "O'Shaughnessy et al. (2020), https://arxiv.org/abs/2006.13913, section 4 and its published code"
DIGITS = [str(digit) for digit in range(10)]


def rows() -> Iterator[Recipe]:
    """All ten digits, with the published network and optimiser; the published pairs and triples use fewer classes."""
    paper = Recipe(
        id="mnist/digits-paper",
        title="Digit classifier, ten classes",
        dataset="mnist",
        network=network("digit-classifier", classes=DIGITS),
        objective=Classification(),
        optimiser=SGD(lr=0.1, momentum=0.5, epoch_factor=0.7),
        steps=50 * 938,
        preset="paper",
        source=SOURCE,
    )
    yield replace(
        paper,
        id="mnist/digits",
        steps=10 * 938,
        precision="bf16-mixed",
        preset="starter",
        note="The published network; 10 epochs instead of 50, after which the rate has fallen to 4 % of its start.",
    )
    yield paper
