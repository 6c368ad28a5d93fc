"""StyleGAN2: noise is mapped to a style, styles scale the channels of convolutions, layer by layer.

mapping.py        noise (and class) to a style w, and truncation
synthesis.py      a style for each layer to a picture
discriminator.py  how real a picture looks
primitives.py     weights scaled at run time; resampling.py: convolutions that halve or double
network.py        all of it as one latent model with W+ codes
"""

from __future__ import annotations

from engine.models.stylegan2.network import StyleGAN2, average_decay

__all__ = ["StyleGAN2", "average_decay"]
