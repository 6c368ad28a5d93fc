"""Network families, one a file; each registers itself in `MODELS` under the name recipes and checkpoints use."""

from __future__ import annotations

from engine.models import (
    burgess,
    decoder_of,
    dense,
    digit_classifier,
    factor_vae,
    fair_face,
    info_gan,
    resnet,
    sinelines_formula,
    stylegan2,
    torchvision_classifier,
)
from engine.models.autoencoder import Autoencoder, reparameterise
from engine.models.classifier import ImageClassifier
from engine.models.registry import MODELS

__all__ = [
    "MODELS",
    "Autoencoder",
    "ImageClassifier",
    "burgess",
    "decoder_of",
    "dense",
    "digit_classifier",
    "factor_vae",
    "fair_face",
    "info_gan",
    "reparameterise",
    "resnet",
    "sinelines_formula",
    "stylegan2",
    "torchvision_classifier",
]
