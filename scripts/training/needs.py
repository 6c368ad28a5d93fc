"""What a run stands on: checkpoints its training uses, weights it starts from, who names its categories, and so on."""

from __future__ import annotations

from typing import Any

import safetensors.torch
import typer
from safetensors import SafetensorError

from engine.checkpoints import CheckpointError, load, weights_hash
from engine.checkpoints.foreign_config import WEIGHTS
from engine.checkpoints.hub import commit_of, fetch
from engine.checkpoints.hub_reference import parse_hub
from engine.interfaces import Classifier, LatentModel
from engine.models import MODELS
from engine.training import Recipe
from engine.training.start import Start
from scripts.training.runs import Job

JUDGES = {"mnist": "mnist/digits", "celeba": "celeba/attributes", "celeba-hq": "celeba/attributes"}  # by data set


class NeedError(RuntimeError):
    """Something a run stands on is missing."""


def needed(recipe: Recipe) -> tuple[str, ...]:
    """Ids that must be there before this one is finished: what it stands on, what names or draws its examples."""
    others = [name for name in (_judge(recipe), recipe.pictures) if name]
    return (*recipe.needs, *others)


def discovers_categories(recipe: Recipe) -> bool:
    """Whether its network finds categories by itself, so that a classifier has to say what they mean."""
    return getattr(MODELS[recipe.network.name], "discovers_categories", False)


def _judge(recipe: Recipe) -> str:
    judged = getattr(MODELS[recipe.network.name], "judged", False)
    return JUDGES.get(recipe.dataset.partition("@")[0], "") if judged else ""


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
    """The classifier that looks at a generator's samples; None for all others."""
    name = _judge(row)
    return model_of(name, job) if name else None


def pictures_of(row: Recipe, job: Job) -> LatentModel | None:
    """What draws the examples of a data set whose own must not travel; None for all others."""
    return model_of(row.pictures, job) if row.pictures else None


def start_of(row: Recipe) -> Start | None:
    """The weights a new run starts from, named with the commit they are of.

    None for a row that names none, and where they cannot be had, which is said on stderr.
    """
    if not row.start:
        return None
    try:
        reference = parse_hub(row.start)
        folder = fetch(reference)
        tensors = safetensors.torch.load_file(folder / WEIGHTS)
    except (CheckpointError, SafetensorError) as error:
        typer.echo(f"{row.id} starts from scratch, as {row.start} cannot be had: {error}", err=True)
        return None
    return Start(f"{row.start.partition('@')[0]}@{commit_of(reference, folder)}", tensors)


def hash_of(name: str, job: Job) -> str:
    """The weight hash of a checkpoint this run stands on."""
    fresh = job.out / name
    return weights_hash(fresh if (fresh / "config.json").is_file() else load(name, device="cpu").card.folder)
