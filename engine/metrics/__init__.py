"""Judging models by figures: reconstruction, use of latents, disentanglement, classification, purity of categories.

`evaluate` measures all that applies to a model; each figure comes as a `Metric` that says what it means.

Judging maps: `deletion_insertion` (beside `random_order`), `sensitivity_n`, `max_sensitivity`, `randomisation`,
`agreement`. They take maps, or a function that makes them, and know no method.
"""

from __future__ import annotations

from engine.metrics.agreement import Agreement, agreement
from engine.metrics.calibration import expected_calibration_error
from engine.metrics.category_purity import CategoryPurity, category_purity
from engine.metrics.classification import accuracy, confusion_matrix, cross_entropy
from engine.metrics.dci import DCI, dci
from engine.metrics.definition import Definition, Metric
from engine.metrics.deletion_insertion import PixelCurves, deletion_insertion
from engine.metrics.encodings import Encodings, encode_batches
from engine.metrics.evaluation import evaluate
from engine.metrics.factor_vae_score import factor_vae_score, sampled_factor_vae_score
from engine.metrics.frechet_distance import classifier_features, frechet_distance
from engine.metrics.generation import SampleQuality, sample_quality
from engine.metrics.headline import HEADLINES, headline, interval_of, number, ranged
from engine.metrics.inference import batches
from engine.metrics.latent_usage import active_units, active_units_by_kl, kl_per_latent
from engine.metrics.max_sensitivity import MaxSensitivity, max_sensitivity
from engine.metrics.metric_table import METRICS, measured
from engine.metrics.mutual_information import entropy, mutual_information
from engine.metrics.mutual_information_gap import mig, mutual_information_gap
from engine.metrics.random_order import random_order
from engine.metrics.randomisation import Randomisation, randomisation
from engine.metrics.rank_correlation import spearman
from engine.metrics.reconstruction import ReconstructionError, reconstruction_error
from engine.metrics.sap import sap
from engine.metrics.sensitivity_n import SensitivityN, sensitivity_n

__all__ = [
    "DCI",
    "HEADLINES",
    "METRICS",
    "Agreement",
    "CategoryPurity",
    "Definition",
    "Encodings",
    "MaxSensitivity",
    "Metric",
    "PixelCurves",
    "Randomisation",
    "ReconstructionError",
    "SampleQuality",
    "SensitivityN",
    "accuracy",
    "active_units",
    "active_units_by_kl",
    "agreement",
    "batches",
    "category_purity",
    "classifier_features",
    "confusion_matrix",
    "cross_entropy",
    "dci",
    "deletion_insertion",
    "encode_batches",
    "entropy",
    "evaluate",
    "expected_calibration_error",
    "factor_vae_score",
    "frechet_distance",
    "headline",
    "interval_of",
    "kl_per_latent",
    "max_sensitivity",
    "measured",
    "mig",
    "mutual_information",
    "mutual_information_gap",
    "number",
    "random_order",
    "randomisation",
    "ranged",
    "reconstruction_error",
    "sample_quality",
    "sampled_factor_vae_score",
    "sap",
    "sensitivity_n",
    "spearman",
]
