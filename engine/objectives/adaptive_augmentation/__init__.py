"""Adaptive discriminator augmentation, so that a GAN can be trained on few pictures.

Every picture that the discriminator sees is changed with probability p, which a controller raises while the
discriminator overfits: Karras et al. (2020), https://arxiv.org/abs/2006.06676.
"""

from __future__ import annotations

from engine.objectives.adaptive_augmentation.controller import next_probability
from engine.objectives.adaptive_augmentation.pipeline import PIPELINES, augment

__all__ = ["PIPELINES", "augment", "next_probability"]
