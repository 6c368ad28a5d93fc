"""Do a generator's categories mean something: how far do samples of one category get one class from a classifier?"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from engine.interfaces import Classifier, LatentModel, part_slices
from engine.metrics.inference import device_of, evaluating
from engine.models.layers import one_hot


@dataclass(frozen=True, eq=False)
class CategoryPurity:
    """How a classifier sees the samples of every category.

    Attributes:
        counts: Samples of each category (row) given each class (column), (categories, M) int64.
        classes: Names of the classes.
    """

    counts: Tensor
    classes: tuple[str, ...]

    @property
    def majority(self) -> Tensor:
        """The class most samples of each category get, (categories,)."""
        return self.counts.argmax(dim=1)

    @property
    def agreement(self) -> Tensor:
        """Share of each category's samples that get its majority class, (categories,) in [0, 1]."""
        return self.counts.max(dim=1).values.double() / self.counts.sum(dim=1)

    @property
    def mean_agreement(self) -> float:
        """Mean of `agreement`: the purity."""
        return self.agreement.mean().item()

    @property
    def num_distinct(self) -> int:
        """How many different classes the majorities are."""
        return len(set(self.majority.tolist()))


def category_purity(
    model: LatentModel,
    classifier: Classifier,
    *,
    generator: Generator,
    samples_per_category: int = 1000,
    batch_size: int = 1000,
) -> CategoryPurity:
    """Draws samples of every category and lets a classifier name them.

    Args:
        model: A generator whose code has a one-hot part, such as an InfoGAN (Chen et al., 2016,
            https://arxiv.org/abs/1606.03657); its other parts are drawn from the prior.
        classifier: Takes the model's images.
        generator: Draws the codes, in one block.
        samples_per_category: Samples of each category, at least 1.
        batch_size: Codes decoded at once.

    Raises:
        ValueError: If the code has no one-hot part or there are no samples.
    """
    block = _category(model)
    if samples_per_category < 1:
        raise ValueError(f"samples_per_category should be at least 1; got {samples_per_category}.")
    num_categories = block.stop - block.start
    category = torch.arange(num_categories).repeat_interleave(samples_per_category)
    z = model.sample(len(category), generator=generator).clone()
    z[:, block] = one_hot(category, num_categories).to(z)
    with evaluating(model), evaluating(classifier):
        predicted = torch.cat([_classes(model, classifier, part) for part in torch.split(z, batch_size)])
    num_classes = len(classifier.classes)
    counts = torch.bincount(category * num_classes + predicted, minlength=num_categories * num_classes)
    return CategoryPurity(counts.reshape(num_categories, num_classes), tuple(classifier.classes))


def _category(model: LatentModel) -> slice:
    for part, block in zip(model.layout, part_slices(model.layout), strict=True):
        if part.kind == "onehot":
            return block
    raise ValueError(
        f"Category purity needs a model whose code has a one-hot part; got the parts "
        f"{[(part.name, part.kind) for part in model.layout]}."
    )


def _classes(model: LatentModel, classifier: Classifier, z: Tensor) -> Tensor:
    x = model.decode(z.to(device_of(model)))
    return classifier.probabilities(x.to(device_of(classifier))).argmax(dim=1).cpu()
