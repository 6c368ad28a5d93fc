"""The best of several seeds of a generator, by what its categories mean to a classifier."""

from __future__ import annotations

import torch
from torch import nn

from engine.metrics import Metric, category_purity, measured
from engine.training import Recipe
from scripts.training.needs import JUDGES, model_of
from scripts.training.runs import Job

SWEEP = ("seed_purities", "seed_distinct_classes")


def best_of(
    candidates: list[tuple[Recipe, nn.Module]], job: Job
) -> tuple[Recipe, nn.Module, dict[str, Metric]]:
    """The candidate whose categories mean most; the only one where there is no choice.

    Args:
        candidates: Rows that differ by their seed, and the networks trained by them.
        job: Says where the classifier is found.

    Returns:
        Row and network of the best, and the metrics of the sweep: how all of them did.
    """
    if len(candidates) == 1:
        return *candidates[0], {}
    judge = model_of(JUDGES[job.recipe.dataset], job)
    results = [
        category_purity(model, judge, generator=torch.Generator().manual_seed(row.seed + 2))  # type: ignore[arg-type]
        for row, model in candidates
    ]
    # A generator that leaves digits out may be pure as well, so eight different ones count first.
    place = max(range(len(results)), key=lambda i: (min(results[i].num_distinct, 8), results[i].mean_agreement))
    values = [result.mean_agreement for result in results], [float(result.num_distinct) for result in results]
    sweep = {name: measured(name, tuple(figures)) for name, figures in zip(SWEEP, values, strict=True)}
    return *candidates[place], sweep
