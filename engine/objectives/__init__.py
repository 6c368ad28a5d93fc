"""Loss terms and the games they are played in, one a file; frozen dataclasses that recipes combine."""

from __future__ import annotations

from engine.objectives.augmentation import AUGMENTATIONS, Flip, Light, Resample, Shift, Turn
from engine.objectives.autoencoding import Autoencoding, SupervisedDecoding
from engine.objectives.classification import Classification
from engine.objectives.info_gan import InfoGAN
from engine.objectives.kl import KL
from engine.objectives.objective import OBJECTIVES, TERMS, Lazy, Objective, Pass, Term
from engine.objectives.reconstruction import Bernoulli, SquaredError
from engine.objectives.stylegan2 import StyleGAN2Game
from engine.objectives.total_correlation import TotalCorrelation

__all__ = [
    "AUGMENTATIONS",
    "KL",
    "OBJECTIVES",
    "TERMS",
    "Autoencoding",
    "Bernoulli",
    "Classification",
    "Flip",
    "InfoGAN",
    "Lazy",
    "Light",
    "Objective",
    "Pass",
    "Resample",
    "Shift",
    "SquaredError",
    "StyleGAN2Game",
    "SupervisedDecoding",
    "Term",
    "TotalCorrelation",
    "Turn",
]
