"""What a model does and why: walks and jumps in its code space, decoders without an encoder turned around, comparisons.

walks(model, z)                       # every axis from low to high, all else kept
interpolate(a, b, layout=model.layout)
project(model, x)                     # codes for a model that has no encoder, in a second
invert(model, x)                      # the same with care: several starts, a schedule, how good it is
directions.run(Job(...), folder)      # learned directions: label codes, find, sweep (engine.explain.directions)
Redraw(first, second)                 # what `second` makes of what `first` draws
"""

from __future__ import annotations

from engine.explain.batches import Decoded, decode_in_batches
from engine.explain.projection import Inversion, Inverted, Projection, codes_of, invert, project
from engine.explain.redraw import Redraw
from engine.explain.traversal import interpolate, nearest
from engine.models.walk import Walk, positions, walk, walks

__all__ = [
    "Decoded",
    "Inversion",
    "Inverted",
    "Projection",
    "Redraw",
    "Walk",
    "codes_of",
    "decode_in_batches",
    "interpolate",
    "invert",
    "nearest",
    "positions",
    "project",
    "walk",
    "walks",
]
