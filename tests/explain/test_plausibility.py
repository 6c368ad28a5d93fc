"""Distances tell absurd codes from plausible ones."""

from __future__ import annotations

import torch

from engine.explain.hypotheses import Ground
from engine.explain.plausibility import Plausibility, percentiles
from engine.interfaces import Part
from tests.explain.hypotheses.toys import Toy


def test_percentiles_of_plausible_codes_are_spread_evenly():
    ground = Ground(Toy(6))
    found = ground.plausibility.percentiles(ground.codes.to_test(2000, seed=1))
    expected = torch.linspace(0, 100, 2000, dtype=torch.float64)
    assert (found.sort().values - expected).abs().max() < 8


def test_percentiles_by_hand():
    among = torch.tensor([1.0, 2.0, 2.0, 4.0], dtype=torch.float64)
    found = percentiles(torch.tensor([0.0, 1.0, 2.0, 3.0, 9.0], dtype=torch.float64), among)
    assert found.tolist() == [0.0, 12.5, 50.0, 75.0, 100.0]


def test_distances_are_those_of_the_covariance():
    generator = torch.Generator().manual_seed(2)
    mixing = torch.tensor([[2.0, 0.0], [1.5, 0.4]])
    codes = torch.randn(4000, 2, generator=generator) @ mixing.T
    fitted = codes[:2000].double()
    probe = torch.tensor([[3.0, -1.0], [0.5, 0.5]])
    difference = probe.double() - fitted.mean(dim=0)
    expected = torch.einsum("ni,ij,nj->n", difference, torch.linalg.inv(fitted.T.cov()), difference).sqrt()
    found = Plausibility(codes, (Part("latent", 2),)).distances(probe)
    torch.testing.assert_close(found, expected, rtol=2e-3, atol=0)


def test_mixed_styles_are_plausible_and_options_cost_nothing():
    """The layers of a drawn code are equal; those of a mix are not, but each is a style as good as any."""
    ground = Ground(Toy(4, layers=3))
    codes, other = ground.codes.to_test(400, seed=0), ground.codes.to_test(400, seed=1)
    mixed = torch.cat([codes[:, :4], other[:, 4:]], dim=1)
    assert ground.plausibility.percentiles(mixed).median() < 80
    coloured = Ground(Toy(2, options=("red", "green")))
    rows = coloured.codes.to_test(5, seed=0)
    turned = torch.cat([1 - rows[:, :2], rows[:, 2:]], dim=1)
    assert torch.equal(coloured.plausibility.distances(turned), coloured.plausibility.distances(rows))


def test_styles_count_by_their_plain_distance_from_the_mean_style():
    """An entry that hardly varies must not make a step along it seem far."""
    codes = torch.randn(1000, 3, generator=torch.Generator().manual_seed(0)) * torch.tensor([2.0, 1.0, 1e-4])
    plausibility = Plausibility(codes.repeat(1, 2), (Part("layer 1", 3, "layer"), Part("layer 2", 3, "layer")))
    mean = codes[:500].double().mean(dim=0)
    probe = torch.tensor([[3.0, 0.0, 0.0, 0.0, 4.0, 0.01]])
    expected = (probe.double().unflatten(1, (2, 3)) - mean).norm()
    torch.testing.assert_close(plausibility.distances(probe)[0], expected)
    assert plausibility.percentiles(torch.tensor([[0.0, 0.0, 0.01] * 2]))[0] < 5


def test_an_entry_that_never_moves_does_not_break_distances():
    codes = torch.cat([torch.randn(100, 2, generator=torch.Generator().manual_seed(0)), torch.ones(100, 1)], dim=1)
    plausibility = Plausibility(codes, (Part("latent", 3),))
    assert plausibility.distances(codes).isfinite().all()
    assert plausibility.percentiles(torch.tensor([[0.0, 0.0, 1.5]]))[0] == 100
