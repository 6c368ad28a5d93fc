"""Judging models by figures: reconstruction, use of latents, disentanglement, classification, purity of categories.

`evaluate` measures all that applies to a model; each figure comes as a `Metric` that says what it means.
"""

from __future__ import annotations

from engine.metrics.calibration import expected_calibration_error
from engine.metrics.category_purity import CategoryPurity, category_purity
from engine.metrics.classification import accuracy, confusion_matrix, cross_entropy
from engine.metrics.dci import DCI, dci
from engine.metrics.definition import Definition, Metric
from engine.metrics.encodings import Encodings, encode_batches
from engine.metrics.evaluation import evaluate
from engine.metrics.factor_vae_score import factor_vae_score, sampled_factor_vae_score
from engine.metrics.headline import HEADLINES, headline, number
from engine.metrics.inference import batches
from engine.metrics.latent_usage import active_units, active_units_by_kl, kl_per_latent
from engine.metrics.metric_table import METRICS, measured
from engine.metrics.mutual_information import entropy, mutual_information
from engine.metrics.mutual_information_gap import mig, mutual_information_gap
from engine.metrics.reconstruction import ReconstructionError, reconstruction_error
from engine.metrics.sap import sap

__all__ = [
    "DCI",
    "HEADLINES",
    "METRICS",
    "CategoryPurity",
    "Definition",
    "Encodings",
    "Metric",
    "ReconstructionError",
    "accuracy",
    "active_units",
    "active_units_by_kl",
    "batches",
    "category_purity",
    "confusion_matrix",
    "cross_entropy",
    "dci",
    "encode_batches",
    "entropy",
    "evaluate",
    "expected_calibration_error",
    "factor_vae_score",
    "headline",
    "kl_per_latent",
    "measured",
    "mig",
    "mutual_information",
    "mutual_information_gap",
    "number",
    "reconstruction_error",
    "sampled_factor_vae_score",
    "sap",
]
