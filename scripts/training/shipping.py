"""What goes into a checkpoint beside weights and metrics: axes, held-out examples, the part of a network to ship."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.checkpoints import Examples
from engine.checkpoints.examples import fitting
from engine.data import Batch, Dataset, Split
from engine.interfaces import Axis, LatentModel
from engine.metrics import Metric, batches, encode_batches
from engine.models.axes import axes_of
from engine.models.layers import one_hot
from engine.training import Network, Recipe

NUM_EXAMPLES = 256
_NUM_DRAWN = 64
NUM_SCATTER = 2000  # codes for the latent scatter plot
_PRIOR_CODES = 10_000
_SEED = 7


@dataclass(frozen=True)
class Shipment:
    """Axes, examples and the network to ship."""

    axes: tuple[Axis, ...]
    examples: Examples
    network: Network


@torch.no_grad()
def shipment(
    model: nn.Module,
    row: Recipe,
    dataset: Dataset,
    metrics: Mapping[str, Metric],
    pictures: LatentModel | None = None,
) -> Shipment:
    """Draws up what travels with a model; ranges come from the codes of the whole test split.

    Args:
        model: On the CPU, in eval mode.
        row: Its recipe.
        dataset: Its data set.
        metrics: What was measured; a generator's categories are named by the class they draw.
        pictures: Draws the examples where those of the data set may not travel.

    Raises:
        ValueError: If there is nothing that draws examples in place of pictures that may not travel.
    """
    test = dataset.split(row.test)
    batch = test.batch(torch.arange(min(NUM_EXAMPLES, len(test))))
    if callable(getattr(model, "probabilities", None)):
        examples = Examples(x=batch.x, labels=batch.labels) if dataset.shareable else _drawn(row, dataset, pictures)
        return Shipment((), fitting(examples, dataset.space), row.network)
    if callable(getattr(model, "posterior", None)):
        return _autoencoder(model, row, dataset, test, batch)
    if row.objective is None:
        return _formula(model, row, dataset, test, batch)
    if getattr(model, "discovers_categories", False):
        return _generator(model, row, metrics)
    if callable(getattr(model, "sample", None)):
        return _styles(model, row)
    return _factors(model, row, dataset, test, batch)


def changed_metrics(before: Mapping[str, Metric], after: Mapping[str, Metric]) -> list[str]:
    """Names of single-number metrics that differ by half a unit or more of their third significant digit."""
    changed = []
    for name, metric in before.items():
        one, other = metric.value, after[name].value
        if isinstance(one, float) and isinstance(other, float) and abs(one - other) >= _half_unit(one):
            changed.append(name)
    return changed


def _half_unit(value: float) -> float:
    return 0.5 * 10.0 ** (math.floor(math.log10(abs(value))) - 2) if value else 1e-6


def _drawn(row: Recipe, dataset: Dataset, pictures: LatentModel | None) -> Examples:
    """Samples of a generator, resized to the data set's pictures."""
    if pictures is None:
        raise ValueError(f"{row.id}: pictures of {dataset.title} may not travel; its recipe should name `pictures`.")
    x = pictures.decode(pictures.sample(_NUM_DRAWN, generator=torch.Generator().manual_seed(_SEED)))
    return Examples(x=functional.interpolate(x, dataset.space.shape[1:], mode="bicubic", antialias=True).clamp(0, 1))


def _autoencoder(model: nn.Module, row: Recipe, dataset: Dataset, test: Split, batch: Batch) -> Shipment:
    encodings = encode_batches(model, batches(test))  # type: ignore[arg-type] # has a posterior
    codes = encodings.mean
    if model.num_classes:
        assert encodings.labels is not None  # a conditional model was trained on this data set's labels
        codes = torch.cat([one_hot(encodings.labels, model.num_classes), codes], dim=1)  # type: ignore[arg-type]
    axes = axes_of(model, codes, options=dataset.classes)  # type: ignore[arg-type] # decodes
    if not dataset.shareable:  # what the model makes of them may
        batch = Batch(model.decode(codes[: len(batch)]), batch.labels, batch.factors)  # type: ignore[operator]
    return Shipment(axes, _examples(batch, codes, test), row.network)


def _factors(model: nn.Module, row: Recipe, dataset: Dataset, test: Split, batch: Batch) -> Shipment:
    assert test.factors is not None  # it was trained on them
    axes = axes_of(model, test.factors, names=dataset.factor_names)  # type: ignore[arg-type] # decodes
    return Shipment(axes, _examples(batch, test.factors, test), row.network)


def _formula(model: nn.Module, row: Recipe, dataset: Dataset, test: Split, batch: Batch) -> Shipment:
    """The formula's own limits; percentiles of all rows, as published."""
    everything = dataset.split("all").factors
    assert everything is not None and test.factors is not None  # the formula's own arguments
    axes = axes_of(model, everything, names=dataset.factor_names)  # type: ignore[arg-type]
    return Shipment(axes, _examples(batch, test.factors, test), row.network)


def _generator(model: nn.Module, row: Recipe, metrics: Mapping[str, Metric]) -> Shipment:
    """Codes from the prior and what they draw; the discriminator stays behind."""
    codes: Tensor = model.sample(_PRIOR_CODES, generator=torch.Generator().manual_seed(_SEED))  # type: ignore[operator]
    own = codes[:NUM_EXAMPLES]
    axes = axes_of(model, codes, options=_options(metrics))  # type: ignore[arg-type] # decodes
    examples = Examples(x=model.decode(own), codes=own)  # type: ignore[operator]
    return Shipment(axes, examples, Network(row.network.name, {**row.network.options, "discriminator": False}))


def _styles(model: nn.Module, row: Recipe) -> Shipment:
    """Samples; the discriminator stays, as it tells how alike and how real pictures look, and the learner does not.

    What moves through styles are directions, which are found when the checkpoint is there.
    """
    codes: Tensor = model.sample(NUM_EXAMPLES, generator=torch.Generator().manual_seed(_SEED))  # type: ignore[operator]
    examples = fitting(Examples(x=model.decode(codes), codes=codes), model.space)  # type: ignore[operator, arg-type]
    return Shipment((), examples, Network(row.network.name, {**row.network.options, "training": False}))


def _options(metrics: Mapping[str, Metric]) -> Sequence[str]:
    majorities = metrics["category_majorities"].value if "category_majorities" in metrics else ()
    assert isinstance(majorities, tuple)  # one class number a category
    return [f"{category}: mostly {digit:.0f}" for category, digit in enumerate(majorities)]


def _examples(batch: Batch, codes: Tensor, test: Split) -> Examples:
    """The first rows of the test split, and more codes, evenly spread, for scatter plots."""
    spread = torch.linspace(0, len(codes) - 1, min(NUM_SCATTER, len(codes))).long()
    extra = {"scatter_codes": codes[spread].half()}
    if test.labels is not None:
        extra["scatter_labels"] = test.labels[spread].to(torch.uint8)
    if test.factors is not None:
        extra["scatter_factors"] = test.factors[spread].half()
    return Examples(x=batch.x, codes=codes[: len(batch)], labels=batch.labels, factors=batch.factors, extra=extra)
