"""Judgement of maps on a model whose relevant pixels are known."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
import torch
from torch import nn

from engine.metrics.agreement import agreement
from engine.metrics.deletion_insertion import deletion_insertion
from engine.metrics.max_sensitivity import max_sensitivity
from engine.metrics.random_order import random_order
from engine.metrics.randomisation import randomisation, weighted_layers
from engine.metrics.rank_correlation import spearman
from engine.metrics.sensitivity_n import sensitivity_n

SIDE = 6


class Corner(nn.Module):
    """Looks at the upper left 2 x 2 pixels alone: class 1 if they are bright."""

    def forward(self, x):
        bright = x[:, :, :2, :2].sum(dim=(1, 2, 3))
        return torch.stack([torch.full_like(bright, 2.0), bright], dim=1)


def bright(count=3):
    return torch.rand(count, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(0)) * 0.5 + 0.5


def right_map(x):
    values = torch.zeros_like(x)
    values[:, :, :2, :2] = x[:, :, :2, :2]  # what each pixel adds
    return values


def by_chance(x):
    return torch.rand(x.shape, generator=torch.Generator().manual_seed(1))


def test_the_right_map_deletes_and_inserts_faster_than_chance():
    x = bright()
    right, chance, wrong = (
        deletion_insertion(Corner(), x, maps, target=1, baseline="black", steps=9)
        for maps in (right_map(x), by_chance(x), -right_map(x))
    )
    assert bool((right.deletion_auc < chance.deletion_auc).all() and (chance.deletion_auc < wrong.deletion_auc).all())
    assert bool((right.insertion_auc > chance.insertion_auc).all())


def test_curves_are_known_by_hand():
    x = torch.ones(1, 1, SIDE, SIDE)
    curves = deletion_insertion(Corner(), x, right_map(x), target=1, baseline="black", measure="logit", steps=9)
    assert curves.shares.tolist() == pytest.approx(np.linspace(0, 1, 10))  # steps of four pixels
    assert curves.deletion[0].tolist() == [4.0] + [0.0] * 9
    assert curves.insertion[0].tolist() == [0.0] + [4.0] * 9
    assert float(curves.deletion_auc) == pytest.approx(4 / 18)
    assert float(curves.insertion_auc) == pytest.approx(4 - 4 / 18)


def test_curves_do_not_depend_on_company_or_chunks():
    x = bright()
    together = deletion_insertion(Corner(), x, by_chance(x), target=1, steps=5)
    small = deletion_insertion(Corner(), x[1:2], by_chance(x)[1:2], target=1, steps=5, chunk_size=2)
    torch.testing.assert_close(together.deletion[1:2], small.deletion)
    torch.testing.assert_close(together.insertion[1:2], small.insertion)


def test_all_of_a_map_without_values_is_taken_in_an_order_by_chance():
    x = torch.ones(1, 1, SIDE, SIDE)
    none = deletion_insertion(Corner(), x, torch.zeros_like(x), target=1, baseline="black", measure="logit", steps=36)
    falls = none.deletion[0].diff().nonzero()[:, 0].tolist()
    assert len(falls) == 4 and falls != [0, 1, 6, 7]  # not row by row


def test_a_random_order_is_what_maps_by_chance_come_to():
    x = bright()
    settings = {"target": 1, "baseline": "black", "measure": "logit", "steps": 9}
    reference = random_order(Corner(), x, orders=40, **settings)
    maps = [torch.rand(x.shape, generator=torch.Generator().manual_seed(seed)) for seed in range(40)]
    chance = [deletion_insertion(Corner(), x, one, **settings) for one in maps]
    for name in ("deletion", "insertion"):
        mean = torch.stack([getattr(one, name) for one in chance]).mean(dim=0)
        torch.testing.assert_close(getattr(reference, name), mean, atol=0.5, rtol=0)
    torch.testing.assert_close(reference.deletion[:, -1], torch.full((3,), 0.0))
    torch.testing.assert_close(reference.insertion[:, -1], x[:, 0, :2, :2].sum(dim=(1, 2)))


def test_a_random_order_read_from_its_end_is_the_reverse_one():
    x = bright(1)
    found = random_order(Corner(), x, target=1, baseline="black", measure="logit", steps=9, orders=1)
    rank = torch.randperm(SIDE * SIDE, generator=torch.Generator().manual_seed(0)).float().reshape(x.shape)
    there = deletion_insertion(Corner(), x, -rank, target=1, baseline="black", measure="logit", steps=9)
    back = deletion_insertion(Corner(), x, rank, target=1, baseline="black", measure="logit", steps=9)
    torch.testing.assert_close(found.deletion, there.deletion)
    torch.testing.assert_close(found.insertion, back.insertion)


def test_a_random_order_costs_as_much_as_a_map_and_does_not_depend_on_company():
    x, asked = bright(), []

    class Counted(Corner):
        def forward(self, x):
            asked.append(len(x))
            return super().forward(x)

    together = random_order(Counted(), x, target=1)
    cost = sum(asked)
    deletion_insertion(Counted(), x, x, target=1)
    assert sum(asked) == 2 * cost
    alone = random_order(Corner(), x[1:2], target=1, chunk_size=3)
    torch.testing.assert_close(together.deletion[1:2], alone.deletion)


def test_sums_of_the_right_map_are_what_the_model_loses():
    x = bright()
    right = sensitivity_n(Corner(), x, right_map(x), target=1, samples=20)
    torch.testing.assert_close(right.correlation, torch.ones(3, 4), atol=1e-4, rtol=0)
    chance = sensitivity_n(Corner(), x, by_chance(x), target=1, samples=20)
    assert bool((chance.mean < 0.9).all())
    assert bool(sensitivity_n(Corner(), x, torch.zeros_like(x), target=1, samples=5).correlation.isnan().all())


def test_the_largest_change_of_a_map_is_found():
    x = bright(2)
    steady = max_sensitivity(lambda near, _: torch.ones_like(near), x, torch.ones_like(x))
    assert steady.change.tolist() == [0, 0]
    strength = torch.tensor([1, 2])[:, None, None, None]
    follows = max_sensitivity(lambda near, rows: near * strength[rows], x, x * strength, samples=3, batch_size=2)
    assert bool(((follows.change > 0) & (follows.change < 0.05)).all())
    alone = max_sensitivity(lambda near, _: near * 2, x[1:], 2 * x[1:], samples=3)
    torch.testing.assert_close(alone.change, follows.change[1:])


def test_a_map_that_ignores_the_weights_fails_the_randomisation_test():
    network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(64, 2)).eval()
    x, before = bright(2), [parameter.clone() for parameter in network.parameters()]

    def gradient(model, x):
        x = x.clone().requires_grad_()
        return torch.autograd.grad(model(x)[:, 1].sum(), x)[0]

    edges = randomisation(lambda _, x: x, network, x, x)
    assert edges.layers == ("4", "1", "0") and edges.correlation.eq(1).all()
    honest = randomisation(gradient, network, x, gradient(network, x))
    assert float(honest.mean[-1]) < 0.9
    assert torch.equal(honest.correlation, randomisation(gradient, network, x, gradient(network, x)).correlation)
    assert randomisation(gradient, network, x, gradient(network, x), depths=2).layers[-1] == "0"
    assert all(torch.equal(*pair) for pair in zip(network.parameters(), before, strict=True))
    assert weighted_layers(network) == ["0", "1", "4"]


def test_rank_correlation_is_scipys():
    draws = torch.Generator().manual_seed(0)
    a, b = (torch.randint(0, 6, (3, 40), generator=draws).float() for _ in range(2))  # many ties
    expected = [scipy.stats.spearmanr(x, y).statistic for x, y in zip(a, b, strict=True)]
    assert spearman(a, b).tolist() == pytest.approx(expected, abs=1e-6)
    assert bool(spearman(a, torch.ones_like(a)).isnan().all())


def test_agreement_is_a_correlation_of_every_pair():
    x = bright()
    maps = {"right": right_map(x), "chance": by_chance(x), "turned": -by_chance(x), "none": torch.zeros_like(x)}
    found = agreement(maps, absolute=False)
    assert found.methods == tuple(maps) and found.each.shape == (3, 4, 4)
    assert float(found.matrix[1, 2]) == pytest.approx(-1) and float(found.matrix[0, 0]) == pytest.approx(1)
    assert float(agreement(maps).matrix[1, 2]) == pytest.approx(1)
    expected = spearman(maps["right"].flatten(1), maps["chance"].flatten(1))
    torch.testing.assert_close(found.each[:, 0, 1], expected)
    assert bool(found.each[:, 3].isnan().all())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: deletion_insertion(Corner(), x, x, steps=0), "steps should be at least 1"),
        (lambda x: deletion_insertion(Corner(), x, x[:1]), "maps should be"),
        (lambda x: deletion_insertion(Corner(), x, x, baseline="pink"), "No baseline 'pink'"),
        (lambda x: deletion_insertion(Corner(), x, x, measure="odds"), "measure should be"),
        (lambda x: deletion_insertion(Corner(), x, x, target=2), "numbers from 0 to 1"),
        (lambda x: random_order(Corner(), x, orders=0), "steps and orders should be at least 1"),
        (lambda x: sensitivity_n(Corner(), x, x, samples=1), "samples should be at least 2"),
        (lambda x: max_sensitivity(lambda near, _: near, x, x, radius=0), "above zero"),
        (lambda x: randomisation(lambda _, x: x, Corner(), x, x), "should have weights"),
        (lambda x: agreement({"a": x, "b": x[:1]}), "of the same pictures"),
    ],
)
def test_what_cannot_be_judged_is_refused_in_words(call, message):
    with pytest.raises(ValueError, match=message):
        call(bright())
