"""What a run stands on: checkpoints its training uses, and the classifier that names a generator's categories."""

from __future__ import annotations

from typing import Any

from engine.checkpoints import CheckpointError, load, weights_hash
from engine.interfaces import Classifier
from engine.models import MODELS
from engine.training import Recipe
from scripts.training.runs import Job

CATEGORY_CLASSIFIER = {"mnist": "mnist/digits"}  # by data set


class NeedError(RuntimeError):
    """Something a run stands on is missing."""


def needed(recipe: Recipe) -> tuple[str, ...]:
    """Ids that must be there before this one is finished: what it stands on, and who names its categories."""
    judge = CATEGORY_CLASSIFIER.get(recipe.dataset) if discovers_categories(recipe) else None
    return (*recipe.needs, *([judge] if judge else []))


def discovers_categories(recipe: Recipe) -> bool:
    """Whether its network finds categories by itself, so that a classifier has to say what they mean."""
    return getattr(MODELS[recipe.network.name], "discovers_categories", False)


def models_of(row: Recipe, job: Job) -> dict[str, Any]:
    """The loaded models a recipe stands on, by id."""
    return {name: model_of(name, job) for name in row.needs}


def model_of(name: str, job: Job) -> Any:  # noqa: ANN401 - whatever the checkpoint holds
    """A checkpoint this run needs: a new one in the output folder before a shipped one.

    Raises:
        NeedError: If there is none.
    """
    fresh = job.out / name
    try:
        return load(fresh if (fresh / "config.json").is_file() else name, device="cpu")
    except CheckpointError as error:
        raise NeedError(
            f"{job.recipe.id} needs {name}: {error} Train it first (--only '{name}'); what is trained of "
            f"{job.recipe.id} is kept."
        ) from error


def judge_of(row: Recipe, job: Job) -> Classifier | None:
    """The classifier that names a generator's categories; None for all others."""
    names = [name for name in needed(row) if name not in row.needs]
    return model_of(names[0], job) if names else None


def hash_of(name: str, job: Job) -> str:
    """The weight hash of a checkpoint this run stands on."""
    fresh = job.out / name
    return weights_hash(fresh if (fresh / "config.json").is_file() else load(name, device="cpu").card.folder)
