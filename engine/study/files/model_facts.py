"""What a study must know of its models before they are loaded: they exist, can be moved, and draw the same thing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as Folder
from typing import Any

from engine.interfaces import Space
from engine.registry import unknown
from engine.study.design import Study
from engine.study.files.study_problem import Path, short
from engine.study.files.typed_reader import Partial, UnreadError


@dataclass(frozen=True, kw_only=True)
class ModelFacts:
    """What a checkpoint says of itself.

    Attributes:
        kind: `latent`, `formula` or `classifier`.
        dataset: Its data set's name.
        space: What it decodes to; None for a classifier or a damaged checkpoint.
        error: Why it cannot be loaded; empty for a sound one.
    """

    kind: str
    dataset: str
    space: Space | None = None
    error: str = ""


def model_problems(study: Study | Partial, facts: Mapping[str, ModelFacts]) -> Iterator[tuple[Path, str]]:
    """What is wrong with the study's models.

    Args:
        study: The study, or what could be read of it.
        facts: What is known of models by id.

    Yields:
        The field's path and what is wrong with it.
    """
    try:
        models = study.models
    except UnreadError:
        return
    first: tuple[str, ModelFacts] | None = None
    for number, model in enumerate(models):
        path = ("models", number)
        if model not in facts:
            yield path, unknown("model", short(model), facts)
        elif facts[model].error:
            yield path, f"{model!r} cannot be loaded: {short(facts[model].error, 300)}"
        elif facts[model].space is None:
            yield path, f"{model!r} is a {facts[model].kind}; a study needs latent models, whose dials can be moved"
        elif first is None:
            first = model, facts[model]
        else:
            yield from ((path, message) for message in _differences(model, facts[model], *first))


def facts_of(config: Mapping[str, Any]) -> ModelFacts:
    """The facts of one checkpoint, from its `config.json`."""
    space = config.get("space") if config["kind"] != "classifier" else None
    if space is not None:
        space = Space(
            kind=space["kind"],
            shape=tuple(space["shape"]),
            grid=space["grid"] and tuple(space["grid"]),
            limits=space["limits"] and tuple(space["limits"]),
        )
    return ModelFacts(kind=config["kind"], dataset=config["dataset"], space=space)


def catalogue_facts(*, folders: Sequence[Folder] = ()) -> dict[str, ModelFacts]:
    """The facts of all checkpoints in the catalogue, without loading weights.

    Args:
        folders: More folders of checkpoints.
    """
    from engine.checkpoints import catalog, read_card

    return {
        entry.id: ModelFacts(kind=entry.kind, dataset=entry.dataset, error=entry.error)
        if entry.error
        else facts_of(read_card(entry.folder).config)
        for entry in catalog(folders=folders)
    }


def _differences(model: str, facts: ModelFacts, other: str, others: ModelFacts) -> Iterator[str]:
    if facts.dataset != others.dataset:
        yield f"{model!r} is of data set {facts.dataset!r}, {other!r} of {others.dataset!r}; a study has one data set"
    elif facts.space != others.space:
        yield f"{model!r} draws {_shown(facts.space)}, {other!r} draws {_shown(others.space)}; they should be the same"


def _shown(space: Space | None) -> str:
    return "nothing" if space is None else f"{space.kind}s of shape {space.shape}"
