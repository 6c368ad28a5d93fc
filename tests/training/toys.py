"""Tiny recipes and data for tests of training."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import torch

from engine.data import Split, load_dataset
from engine.objectives import Autoencoding, SquaredError
from engine.training import RECIPES, Network

SMALL = {"width": 4, "hidden": 8, "z_dim": 4, "w_dim": 4, "channel_base": 64}


class Pictures:
    """Random examples of any shape, the same every time."""

    def __init__(self, shape, n=40):
        self.x = torch.rand(n, *shape, generator=torch.Generator().manual_seed(5))

    def __len__(self):
        return len(self.x)

    def read(self, ids):
        return self.x[torch.from_numpy(ids)]


def split_for(recipe, n=40):
    """A few random examples that look like the recipe's data set, labels and factors too."""
    dataset = load_dataset(recipe.dataset)  # opens nothing: only shapes and names are asked for
    labels = torch.arange(n) % len(dataset.classes) if dataset.classes else None
    names = dataset.factor_names
    factors = torch.rand(n, len(names), generator=torch.Generator().manual_seed(6)).round() if names else None
    return Split("train", Pictures(dataset.space.shape, n), labels=labels, factors=factors)


def small(name, **changes):
    """A row of the table with a narrow network, ten updates and small batches."""
    recipe = RECIPES[name]
    known = SimpleNamespace(dense=("hidden",), resnet=("width",), stylegan2=("z_dim", "w_dim", "channel_base"))
    allowed = getattr(known, recipe.network.name.split("-")[0], ("width", "hidden"))
    options = {} if recipe.objective is None else {key: SMALL[key] for key in allowed}
    network = Network(recipe.network.name, {**recipe.network.options, **options})
    return replace(recipe, **{"network": network, "steps": 10, "batch_size": 8, **changes})


@dataclass(frozen=True)
class Distilled(Autoencoding):
    """An autoencoder that is told what a teacher says."""

    terms: tuple = (SquaredError(),)
    teacher: Any = None

    def standing_on(self, models):
        return replace(self, teacher=models["toy/teacher"])

    def losses(self, model, batch, player, *, generator):
        losses = super().losses(model, batch, player, generator=generator)
        return {**losses, "teacher": self.teacher(batch.x).square().mean()}
