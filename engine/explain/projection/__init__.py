"""Images to codes by optimisation.

codes_of(model, x)                          # by the encoder, else quickly, from the nearest known codes
invert(model, x, Inversion(where="w+"))     # with a schedule, several starts, a likeness; says how good it is
"""

from __future__ import annotations

from engine.explain.projection.inversion import Inversion, Inverted, invert, psnr
from engine.explain.projection.kept import default_cache
from engine.explain.projection.likeness import Likeness, likeness_for, pyramid
from engine.explain.projection.quick import Projection, codes_of, project

__all__ = [
    "Inversion",
    "Inverted",
    "Likeness",
    "Projection",
    "codes_of",
    "default_cache",
    "invert",
    "likeness_for",
    "project",
    "psnr",
    "pyramid",
]
