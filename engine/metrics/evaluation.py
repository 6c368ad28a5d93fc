"""Everything that can be measured of a model on a data set, under the names of the metrics table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import torch
from torch import Generator, Tensor
from torch.nn import functional

from engine.checkpoints.loaded import Loaded
from engine.data import Dataset, Split
from engine.interfaces import Classifier, Decoder
from engine.metrics.attributes import (
    attribute_accuracy,
    attribute_confusion,
    attribute_cross_entropy,
    balanced_accuracy,
    yes_and_no,
)
from engine.metrics.calibration import expected_calibration_error
from engine.metrics.category_purity import category_purity
from engine.metrics.classification import accuracy, confusion_matrix, cross_entropy
from engine.metrics.dci import Direction, dci
from engine.metrics.definition import Metric, Value
from engine.metrics.encodings import Encodings, encode_batches
from engine.metrics.factor_vae_score import factor_vae_score
from engine.metrics.generation import sample_quality
from engine.metrics.inference import batches, device_of, evaluating, spread_rows
from engine.metrics.latent_usage import active_units, active_units_by_kl, kl_per_latent
from engine.metrics.metric_table import measured
from engine.metrics.mutual_information import entropy, mutual_information
from engine.metrics.mutual_information_gap import mig, mutual_information_gap
from engine.metrics.reconstruction import reconstruction_error
from engine.metrics.sap import sap
from engine.metrics.tables import nested
from engine.objectives.classification import truth_of

_LARGE = 128  # pixels a side from which a classifier is asked about pictures of half the size, too

EvaluationProgress: TypeAlias = Callable[[str, int, int], None]  # (what is measured, done, in all)


def evaluate(
    model: Any,  # noqa: ANN401 - any of the families below, told apart by what they offer
    dataset: Dataset,
    *,
    generator: Generator,
    paper: Mapping[str, float] | None = None,
    classifier: Classifier | None = None,
    split: str = "test",
    max_rows: int | None = None,
    batch_size: int = 1024,
    progress: EvaluationProgress | None = None,
) -> dict[str, Metric]:
    """Measures all that applies to a model.

    - `probabilities` (a classifier): accuracy, cross-entropy, ECE, confusion matrix, be it of classes or of
      attributes; of attributes also the balanced accuracy of each. Large pictures are looked at in half size, too.
    - `posterior` (an autoencoder): MSE and NLL; KL and active units where it is variational; where factors are known
      MI matrix, MIG, DCI both ways, SAP and FactorVAE score of the posterior means.
    - `discovers_categories` (an InfoGAN): purity of the categories, if a classifier is given.
    - `judged` (another generator): how its samples compare with real pictures, if a classifier is given.
    - Only `decode`: MSE and NLL of decoding the true factors.

    Args:
        model: A network, or a model as `engine.load` returns it, on any device; it is evaluated in evaluation mode
            and left as it was.
        dataset: Where examples, labels and factors come from.
        generator: On the CPU; draws posterior samples, held-out rows, votes.
        paper: Published figures by metric name, such as `Recipe.paper`.
        classifier: Looks at the samples of a generator.
        split: Which split.
        max_rows: Looks at this many rows, evenly spread over the split; None at all.
        batch_size: Examples in memory at once.
        progress: Called with (what is measured, done, in all).

    Returns:
        Metrics by name; vectors and matrices too.

    Raises:
        ValueError: If the model and the data set do not fit together.
    """
    run = _Run(dataset.split(split), generator, max_rows, batch_size, progress or (lambda *_: None))
    network: Any = model.network if isinstance(model, Loaded) else model
    if callable(getattr(network, "probabilities", None)):
        values = _classifier(network, run)
    elif callable(getattr(network, "posterior", None)):
        values = _autoencoder(network, run)
    elif getattr(network, "discovers_categories", False):
        values = {} if classifier is None else _categories(network, classifier, generator)
    elif getattr(network, "judged", False):
        values = {} if classifier is None else _generator(network, classifier, run)
    else:
        values = _factor_decoder(network, run)
    published = paper or {}
    return {name: measured(name, value, paper_value=published.get(name)) for name, value in values.items()}


class _Run:
    """Which rows are visited, how, and who is told."""

    def __init__(
        self, split: Split, generator: Generator, max_rows: int | None, batch_size: int, progress: EvaluationProgress
    ) -> None:
        self.split, self.generator, self.batch_size, self.progress = split, generator, batch_size, progress
        self.rows = spread_rows(len(split), max_rows)

    def told(self, what: str) -> Callable[[int, int], None]:
        """Progress of one stage."""
        return lambda done, total: self.progress(what, done, total)

    def batches(self, what: str) -> Any:  # noqa: ANN401 - an iterator of batches
        """The rows once, under the name of what they are visited for."""
        return batches(self.split, rows=self.rows, batch_size=self.batch_size, progress=self.told(what))


def _classifier(model: Classifier, run: _Run) -> dict[str, Value]:
    device, whole, halved, answers = device_of(model), [], [], []
    with evaluating(model):
        for batch in run.batches("classification"):
            answers.append(truth_of(model, batch))
            x = batch.x.to(device)
            whole.append(model.probabilities(x).float().cpu())
            if x.shape[-1] >= _LARGE:
                halved.append(model.probabilities(_half_size(x)).float().cpu())
    truth = torch.cat(answers)
    judged = _classes if model.exclusive else _attributes
    values = judged(torch.cat(whole), truth)
    if halved:
        of_half = judged(torch.cat(halved), truth)
        names = {"accuracy": "accuracy_half_size", "attribute_accuracies": "attribute_accuracies_half_size"}
        values |= {new: of_half[name] for name, new in names.items() if name in of_half}
    return values


def _classes(probabilities: Tensor, truth: Tensor) -> dict[str, Value]:
    return {
        "accuracy": accuracy(probabilities, truth),
        "cross_entropy": cross_entropy(probabilities, truth),
        "ece": expected_calibration_error(probabilities, truth),
        "confusion_matrix": nested(confusion_matrix(probabilities, truth).numpy()),
    }


def _attributes(probabilities: Tensor, truth: Tensor) -> dict[str, Value]:
    each, confusion = attribute_accuracy(probabilities, truth), attribute_confusion(probabilities, truth)
    balanced = balanced_accuracy(probabilities, truth)
    known = balanced.isfinite().all()  # an attribute that all examples have, or none, has no balanced accuracy
    return {
        "accuracy": each.mean().item(),
        "attribute_accuracies": tuple(each.tolist()),
        "cross_entropy": attribute_cross_entropy(probabilities, truth),
        "ece": expected_calibration_error(*yes_and_no(probabilities, truth)),
        "confusion_matrices": nested(confusion.flatten(1).numpy()),
    } | ({"attribute_balanced_accuracies": tuple(balanced.tolist())} if known else {})


def _half_size(x: Tensor) -> Tensor:
    side = (x.shape[-2] // 2, x.shape[-1] // 2)
    return functional.interpolate(x, side, mode="bilinear", antialias=True, align_corners=False)


def _autoencoder(model: Any, run: _Run) -> dict[str, Value]:  # noqa: ANN401 - posterior and decode
    encodings = encode_batches(model, run.batches("encoding"))
    codes = encodings.sampled_codes(generator=run.generator, num_classes=getattr(model, "num_classes", 0))
    values = _reconstruction(model, codes, run) | _usage(encodings)
    if encodings.factors is not None:
        values |= _disentanglement(encodings, encodings.factors, run)
    return values


def _factor_decoder(model: Decoder, run: _Run) -> dict[str, Value]:
    factors = run.split.factors
    if factors is None or factors.shape[1] != model.latent_dim:
        known = 0 if factors is None else factors.shape[1]
        raise ValueError(
            f"A decoder without an encoder is judged by decoding the true factors: it takes {model.latent_dim}, "
            f"and the data set has {known}. Evaluate it on the data set it was made for."
        )
    return _reconstruction(model, factors[torch.from_numpy(run.rows)], run)


def _reconstruction(model: Decoder, codes: Tensor, run: _Run) -> dict[str, Value]:
    error = reconstruction_error(model, run.batches("reconstruction"), codes)
    values: dict[str, Value] = {"mse": error.mse}
    if error.nll is not None:
        values["nll"] = error.nll
    return values


def _usage(encodings: Encodings) -> dict[str, Value]:
    if encodings.log_var is None:
        return {}
    kl = kl_per_latent(encodings.mean, encodings.log_var)
    return {
        "kl": kl.sum().item(),
        "kl_per_latent": tuple(kl.tolist()),
        "active_units": active_units(encodings.mean).sum().item(),
        "active_units_kl": active_units_by_kl(kl).sum().item(),
    }


def _disentanglement(encodings: Encodings, factors: Tensor, run: _Run) -> dict[str, Value]:
    mean = encodings.mean
    told = run.told("disentanglement")
    matrix, entropies = mutual_information(mean, factors), entropy(factors)
    values: dict[str, Value] = {
        "mi_matrix": nested(matrix),
        "factor_entropies": tuple(entropies.tolist()),
        "mig": mutual_information_gap(matrix, entropies),
        "mig_quantile": mig(mean, factors, binning="quantile"),
        "sap": sap(mean, factors),
        "factor_vae_score": factor_vae_score(mean, factors, generator=run.generator, active=_informative(encodings)),
    }
    told(1, 1)
    return values | _dci(mean, factors, "latents_to_factors", run) | _dci(mean, factors, "factors_to_latents", run)


def _dci(mean: Tensor, factors: Tensor, direction: Direction, run: _Run) -> dict[str, Value]:
    what = f"DCI, {direction.replace('_', ' ')}"
    scores = dci(mean, factors, generator=run.generator, direction=direction, progress=run.told(what))
    standard = direction == "latents_to_factors"
    prefix = "dci" if standard else "dci_study"
    values: dict[str, Value] = {
        f"{prefix}_disentanglement": scores.disentanglement,
        f"{prefix}_completeness": scores.completeness,
        f"{prefix}_informativeness_train": scores.informativeness_train,
        f"{prefix}_informativeness_test": scores.informativeness_test,
    }
    return values | ({"dci_importance": nested(scores.importance)} if standard else {})


def _informative(encodings: Encodings) -> list[int] | None:
    """Latents that have not collapsed onto the prior; None, all, for plain autoencoders or when none is left."""
    if encodings.log_var is None:
        return None
    active = active_units_by_kl(kl_per_latent(encodings.mean, encodings.log_var))
    return active.nonzero()[:, 0].tolist() or None


def _categories(model: Any, classifier: Classifier, generator: Generator) -> dict[str, Value]:  # noqa: ANN401
    purity = category_purity(model, classifier, generator=generator)
    return {
        "category_purity": purity.mean_agreement,
        "category_purities": tuple(purity.agreement.tolist()),
        "category_majorities": tuple(purity.majority.double().tolist()),
        "distinct_classes": purity.num_distinct,
    }


def _generator(model: Any, classifier: Classifier, run: _Run) -> dict[str, Value]:  # noqa: ANN401 - samples and decodes
    found = sample_quality(
        model, classifier, run.split, generator=run.generator, progress=run.told("samples and real pictures")
    )
    values: dict[str, Value] = {
        "classifier_fid": found.distance,
        "classifier_fid_real": found.distance_of_real,
        "sample_shares": tuple(found.shares.tolist()),
    }
    values |= {} if found.sure is None else {"sure_samples": found.sure}
    return values | ({} if found.shares_of_real is None else {"real_shares": tuple(found.shares_of_real.tolist())})
