"""The FactorVAE score: can the latent that varies least tell which factor was held fixed (Kim & Mnih, 2018)?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
import torch
from torch import Generator, Tensor

from engine.metrics.discretise import discretise
from engine.metrics.tables import Floats, Ints, Table, as_table, as_tables, varying

FixedFactorSampler: TypeAlias = Callable[[int, int, Generator], Tensor]  # (factor, batch size) -> codes (batch, D)
_MOST_VALUES = 100  # a factor of more values is continuous: hardly two rows share one


def factor_vae_score(
    codes: Table,
    factors: Table,
    *,
    generator: Generator,
    active: Sequence[int] | None = None,
    num_train: int = 800,
    num_test: int = 800,
    batch_size: int = 100,
    num_bins: int = 20,
) -> float:
    """Accuracy of the majority vote from the least varying latent to the factor that was held fixed.

    Kim & Mnih (2018), https://arxiv.org/abs/1802.05983, section 4. Batches are drawn from the rows at hand: those
    that share the value of one factor with a random row. A continuous factor, one of more than 100 values, is held
    fixed only up to one of `num_bins` intervals of equal numbers of rows; `sampled_factor_vae_score` does better.

    Args:
        codes: (N, D), posterior means.
        factors: (N, F), true factors of the same rows; those that do not vary are left out.
        generator: On the CPU; draws factors, values and rows.
        active: Latents to look at; None takes all that vary. A collapsed latent would win every vote.
        num_train: Votes the majority rule is learned from, 800 in the paper.
        num_test: Votes it is judged on.
        batch_size: Rows a vote.
        num_bins: Intervals of a continuous factor.

    Returns:
        Accuracy on held-out votes, in [0, 1]; chance is about 1 / number of factors.

    Raises:
        ValueError: If the tables do not match, or no latent or no factor varies.
    """
    latents, truth = as_tables(codes, factors)
    candidates = np.flatnonzero(varying(truth))
    if not candidates.size:
        raise ValueError(f"None of the {truth.shape[1]} factors varies. Pass rows with different factors.")
    kept, scale = _active(latents, active)
    num_votes = num_train + num_test
    fixed = torch.randint(len(candidates), (num_votes,), generator=generator).numpy()
    winner = np.empty(num_votes, dtype=np.intp)
    normalised = latents[:, kept] / scale
    for at, factor in enumerate(candidates):
        votes = np.flatnonzero(fixed == at)
        rows = _rows_of_one_value(truth[:, factor], num_bins, len(votes), batch_size, generator)
        winner[votes] = normalised[rows].var(axis=1).argmin(axis=1)
    return majority_vote_accuracy(winner, fixed, num_train=num_train)


def sampled_factor_vae_score(
    sampler: FixedFactorSampler,
    num_factors: int,
    codes: Table,
    *,
    generator: Generator,
    active: Sequence[int] | None = None,
    num_train: int = 800,
    num_test: int = 800,
    batch_size: int = 100,
) -> float:
    """The score where batches with one factor held exactly fixed can be made: by a renderer or a formula.

    Args:
        sampler: Takes (factor, batch size, generator), holds that factor at a random value, draws the others and
            returns the codes, (batch size, D).
        num_factors: Factors to hold fixed in turn.
        codes: Codes of ordinary data, (N, D), for the spread of each latent.
        generator: Draws the factors and is handed to the sampler.
        active: Latents to look at; None takes all that vary.
        num_train: Votes the majority rule is learned from.
        num_test: Votes it is judged on.
        batch_size: Rows a vote.
    """
    kept, scale = _active(as_table(codes, "codes"), active)
    fixed = torch.randint(num_factors, (num_train + num_test,), generator=generator).numpy()
    winner = [
        int((as_table(sampler(int(factor), batch_size, generator), "codes")[:, kept] / scale).var(axis=0).argmin())
        for factor in fixed
    ]
    return majority_vote_accuracy(np.array(winner), fixed, num_train=num_train)


def majority_vote_accuracy(winner: Ints, fixed: Ints, *, num_train: int) -> float:
    """Learns for each latent the factor it most often stands for, then counts how often that is right.

    Args:
        winner: Latent of least normalised variance in each vote, (votes,).
        fixed: Factor that was held fixed in each vote, (votes,).
        num_train: The first so many votes are learned from, the others judged.
    """
    votes = np.zeros((int(winner.max()) + 1, int(fixed.max()) + 1), dtype=np.intp)
    np.add.at(votes, (winner[:num_train], fixed[:num_train]), 1)
    return float((votes.argmax(axis=1)[winner[num_train:]] == fixed[num_train:]).mean())


def _active(latents: Floats, active: Sequence[int] | None) -> tuple[Ints, Floats]:
    """Latents to look at and their standard deviations."""
    kept = np.flatnonzero(varying(latents)) if active is None else np.asarray(active, dtype=np.intp)
    if not kept.size or not varying(latents)[kept].all():
        raise ValueError(
            f"The score needs latents that vary; got active={active} of {latents.shape[1]} latents, of which "
            f"{np.flatnonzero(varying(latents)).tolist()} vary."
        )
    return kept, latents[:, kept].std(axis=0)


def _rows_of_one_value(column: Floats, num_bins: int, num_votes: int, batch_size: int, generator: Generator) -> Ints:
    """Row numbers, (votes, batch), drawn with replacement: all rows of a vote share one value (or interval)."""
    values, group = np.unique(column, return_inverse=True)
    if len(values) > _MOST_VALUES:
        group = discretise(column[:, None], num_bins=num_bins, binning="quantile")[:, 0]
    by_group = np.argsort(group, kind="stable")
    size = np.bincount(group)
    start = size.cumsum() - size
    chosen = group[torch.randint(len(column), (num_votes,), generator=generator).numpy()]
    share = torch.rand(num_votes, batch_size, generator=generator, dtype=torch.float64).numpy()
    return by_group[start[chosen][:, None] + (share * size[chosen][:, None]).astype(np.intp)]
