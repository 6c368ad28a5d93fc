"""A recipe: the frozen description of one training run, and its form as plain JSON."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

import torch
from torch import nn

from engine.models import MODELS
from engine.objectives import AUGMENTATIONS, OBJECTIVES, TERMS, Objective
from engine.registry import Registry
from engine.training.optimisers import OPTIMISERS, Adam, Optimiser


@dataclass(frozen=True)
class Network:
    """A registered network family and its sizes.

    Attributes:
        name: The family's name in `engine.models.MODELS`.
        options: Its arguments, as plain JSON values.
    """

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        options = {key: tuple(v) if isinstance(v, list) else v for key, v in self.options.items()}
        object.__setattr__(self, "options", MappingProxyType(options))

    def build(self, *, seed: int | None = None) -> nn.Module:
        """The network, with weights drawn from `seed`; without a seed they are left to be loaded."""
        with torch.random.fork_rng(devices=[]):  # layers draw from the global generator while they are made
            model = MODELS.build(self.name, **self.options)
        if seed is not None:
            model.reset_parameters(torch.Generator().manual_seed(seed))
        return model

    def __reduce__(self) -> tuple[Any, ...]:
        return Network, (self.name, dict(self.options))


def network(name: str, **options: Any) -> Network:  # noqa: ANN401 - a family's own arguments
    """Shorthand for a row: `network("burgess", num_latents=5)`."""
    return Network(name, options)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """All that decides the outcome of a run; a row that cannot be trained is refused with a ValueError.

    Attributes:
        id: Name shared by recipe, checkpoint folder and catalogue: `mnist/tc5`, `mnist/tc5-paper`.
        title: What the model is, in a few words.
        dataset: Name for `engine.data.load_dataset`: `mnist`, or some of its classes, `mnist:3,8`.
        network: Family and sizes.
        objective: What is minimised, with its own weights; None for a formula that needs no training.
        optimiser: How.
        steps: Optimiser updates, not epochs.
        batch_size: Examples an update.
        split: The data set's split to train on.
        validation: The split that is scored after every epoch; the weights of the best epoch are kept. Empty keeps the
            last.
        test: The split that metrics and examples are taken from.
        start: Repository on the Hub, `owner/repo[@revision]`, whose weights training starts from, all but the head's,
            where they can be had. A full commit names the same weights for good; whatever the row names, the commit
            that was taken is kept with the run's state and on the card.
        frozen_steps: With such weights, the first updates that move the head alone; the rest stays as it is in
            evaluation mode, batch norm too. After them the optimiser starts afresh.
        seed: Decides initial weights, batch order and noise.
        precision: `32-true`, or `bf16-mixed` for matrix work in bfloat16 with float32 weights.
        preset: `paper`, exactly the published network and schedule; `starter`, for two CPU cores; or `imported`, for
            a classifier made elsewhere, which is no row of the table.
        needs: Ids of checkpoints this run stands on.
        pictures: Id of the checkpoint whose samples are the examples, where the data set's own must not be passed on.
        paper: Published figures by metric name.
        source: The paper.
        note: How a starter row differs from the published one.
    """

    id: str
    title: str
    dataset: str
    network: Network
    objective: Objective | None
    optimiser: Optimiser = field(default_factory=Adam)
    steps: int = 20_000
    batch_size: int = 64
    split: str = "train"
    validation: str = ""
    test: str = "test"
    start: str = ""
    frozen_steps: int = 0
    seed: int = 0
    precision: Literal["32-true", "bf16-mixed"] = "32-true"
    preset: Literal["starter", "paper", "imported"] = "starter"
    needs: tuple[str, ...] = ()
    pictures: str = ""
    paper: Mapping[str, float] = field(default_factory=dict)
    source: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        if not (self.objective is None or callable(getattr(self.objective, "losses", None))):
            raise ValueError(
                f"{self.id}: objective should be one of {list(OBJECTIVES)} with its parts, or None for a formula; "
                f"got {self.objective!r}."
            )
        if self.frozen_steps and not self.start:
            raise ValueError(f"{self.id}: frozen_steps go with weights to start from; name them, or leave both out.")
        for name, lowest in (("steps", 0 if self.objective is None else 1), ("batch_size", 1), ("frozen_steps", 0)):
            value = getattr(self, name)
            if value < lowest:
                raise ValueError(f"{self.id}: {name} should be {lowest} or more; got {value}.")


PARTS: Mapping[str, Registry[Any]] = MappingProxyType(
    {"objective": OBJECTIVES, "term": TERMS, "augmentation": AUGMENTATIONS, "optimiser": OPTIMISERS}
)


def to_json(recipe: Recipe) -> dict[str, Any]:
    """A recipe as plain JSON values; parts by their registered names, never by import paths."""
    row = {f.name: _plain(getattr(recipe, f.name)) for f in dataclasses.fields(recipe)}
    return json.loads(json.dumps(row))


def from_json(row: Mapping[str, Any]) -> Recipe:
    """The recipe that `to_json` wrote.

    Raises:
        KeyError: If a part's name is not registered.
        TypeError: If a field is missing or not known.
        ValueError: If no run could follow from it.
    """
    fields = {name: _part(value) for name, value in row.items()}
    fields["needs"] = tuple(fields.get("needs", ()))
    return Recipe(**fields)


def _plain(value: Any) -> Any:  # noqa: ANN401 - walks a tree of unlike values
    for part, registry in PARTS.items():
        for name in registry:
            if registry[name] is type(value):
                options = {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
                return {"part": part, "name": name, "options": options}
    if isinstance(value, Network):
        return {"part": "network", "name": value.name, "options": _plain(value.options)}
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value


def _part(value: Any) -> Any:  # noqa: ANN401 - walks a tree of unlike values
    if isinstance(value, list):
        return tuple(_part(item) for item in value)
    if not isinstance(value, Mapping):
        return value
    if set(value) != {"part", "name", "options"}:
        return {key: _part(item) for key, item in value.items()}
    options = {key: _part(item) for key, item in value["options"].items()}
    if value["part"] == "network":
        return Network(value["name"], options)
    return PARTS[value["part"]].build(value["name"], **options)
