"""Directions through code space: where a classifier's word changes, and where codes differ most.

AttributeDirections(free_of=("Young",))      # logistic regression on soft labels
PrincipalDirections(count=10, groups=4)      # GANSpace
run(Job(model=model, classifier=classifier, finders=(...)), folder)   # label, find, sweep; resumable

A new way of finding directions is one file with a frozen dataclass that registers itself in `DIRECTIONS`.
"""

from __future__ import annotations

from engine.explain.directions.attribute import AttributeDirections
from engine.explain.directions.axes import direction_axes
from engine.explain.directions.components import PrincipalDirections
from engine.explain.directions.coordinates import coordinates
from engine.explain.directions.drawing import draw_codes
from engine.explain.directions.finder import DIRECTIONS, Finder, Latents
from engine.explain.directions.job import Found, Job, Sweeping, run
from engine.explain.directions.labels import Labelling, OtherWorkError, label_latents
from engine.explain.directions.log_odds import log_odds
from engine.explain.directions.logistic import HeldOut, Logistic, fit_logistic, held_out
from engine.explain.directions.moves import amplitudes, moved, stands, step_lengths
from engine.explain.directions.orthogonal import symmetric, without
from engine.explain.directions.principal import Principal, principal
from engine.explain.directions.sweeps import Effects, Sweep, Sweeper, effects
from engine.explain.directions.truncation import truncated

__all__ = [
    "DIRECTIONS",
    "AttributeDirections",
    "Effects",
    "Finder",
    "Found",
    "HeldOut",
    "Job",
    "Labelling",
    "Latents",
    "Logistic",
    "OtherWorkError",
    "Principal",
    "PrincipalDirections",
    "Sweep",
    "Sweeper",
    "Sweeping",
    "amplitudes",
    "coordinates",
    "direction_axes",
    "draw_codes",
    "effects",
    "fit_logistic",
    "held_out",
    "label_latents",
    "log_odds",
    "moved",
    "principal",
    "run",
    "stands",
    "step_lengths",
    "symmetric",
    "truncated",
    "without",
]
