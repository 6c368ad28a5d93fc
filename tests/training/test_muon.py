from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.training.muon import Muon, orthogonal


def descend(parameter, optimiser, gradients):
    for gradient in gradients:
        parameter.grad = gradient.clone()
        optimiser.step()
    return parameter.detach()


def drawn(*shape, count=6):
    generator = torch.Generator().manual_seed(0)
    return torch.randn(shape, generator=generator), torch.randn((count, *shape), generator=generator)


@given(st.integers(2, 40), st.integers(2, 40), st.integers(0, 99))
def test_singular_values_come_near_one_and_vectors_stay(rows, columns, seed):
    generator = torch.Generator().manual_seed(seed)
    u, _ = torch.linalg.qr(torch.randn((rows, rows), generator=generator))
    v, _ = torch.linalg.qr(torch.randn((columns, columns), generator=generator))
    rank = min(rows, columns)
    values = 10 ** torch.linspace(0, -1, rank)
    found = u.T @ orthogonal((u[:, :rank] * values) @ v[:, :rank].T) @ v
    assert found.diagonal().min() > 0.5 and found.diagonal().max() < 1.3
    assert found.fill_diagonal_(0).abs().max() < 0.1


@pytest.mark.parametrize("shape", [(8, 5), (5, 8)])
def test_a_matrix_moves_as_under_torchs_muon(shape):
    start, gradients = drawn(*shape)
    ours, theirs = (torch.nn.Parameter(start.clone()) for _ in range(2))
    reference = torch.optim.Muon([theirs], lr=0.01, weight_decay=0.0, adjust_lr_fn="match_rms_adamw")
    torch.testing.assert_close(
        descend(ours, Muon([ours], lr=0.01), gradients), descend(theirs, reference, gradients), atol=2e-4, rtol=0
    )


def test_a_kernel_moves_as_its_matrix():
    start, gradients = drawn(6, 4, 3, 3)
    kernel, matrix = torch.nn.Parameter(start.clone()), torch.nn.Parameter(start.flatten(1).clone())
    moved = descend(kernel, Muon([kernel], lr=0.01), gradients)
    torch.testing.assert_close(moved.flatten(1), descend(matrix, Muon([matrix], lr=0.01), gradients.flatten(2)))


@pytest.mark.parametrize(
    ("shape", "dense"), [((7,), True), ((), True), ((1, 9), True), ((6, 1, 4, 4), True), ((8, 5), False)]
)
def test_all_else_moves_as_under_adam(shape, dense):
    start, gradients = drawn(*shape)
    ours, theirs = (torch.nn.Parameter(start.clone()) for _ in range(2))
    options = {"lr": 0.01, "betas": (0.5, 0.9), "eps": 1e-6}
    torch.testing.assert_close(
        descend(ours, Muon([ours], **options, dense=dense), gradients),
        descend(theirs, torch.optim.Adam([theirs], **options), gradients),
    )


def test_a_parameter_without_gradient_stays():
    idle, busy = torch.nn.Parameter(torch.ones(3, 3)), torch.nn.Parameter(torch.ones(3, 3))
    optimiser = Muon([idle, busy], lr=0.1)
    busy.grad = torch.eye(3)
    optimiser.step()
    assert torch.equal(idle, torch.ones(3, 3)) and not torch.equal(busy, torch.ones(3, 3))
