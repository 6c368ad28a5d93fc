"""The practice toy: its drawing by hand, its axes, its boxes solvable."""

from __future__ import annotations

import torch

from engine.interfaces import LatentModel
from engine.study.matching.agreement import Overlap
from engine.study.sessions.toy import DEMONSTRATIONS, PRACTICE, PRACTICE_CHOICES, PRACTICE_THRESHOLD, Toy


def test_it_is_a_latent_model():
    toy = Toy()
    assert isinstance(toy, LatentModel)
    assert toy.mean_code.tolist() == [0.5, 0.5]
    codes = toy.sample(5, generator=torch.Generator().manual_seed(0))
    assert codes.shape == (5, 2) and toy.decode(codes).shape == (5, 1, 64, 64)


def test_the_disc_by_hand():
    x = Toy().decode(torch.tensor([[0.0, 0.25]]))[0, 0]
    for row in range(64):
        for column in range(64):
            inside = (row - 31) ** 2 + (column - 31) ** 2 < 16
            assert x[row, column] == (0.75 if inside else 0.25)


def test_the_largest_disc_fits():
    x = Toy().decode(torch.tensor([[1.0, 0.0]]))[0, 0]
    assert x[31].nonzero().min() == 4 and x[31].nonzero().max() == 58


def test_no_practice_box_is_solved_at_its_start():
    toy, measure = Toy(), Overlap()
    starts, targets = torch.tensor(PRACTICE).unbind(dim=1)
    assert (measure(toy.decode(starts), toy.decode(targets)) < PRACTICE_THRESHOLD).all()
    assert (measure(toy.decode(targets), toy.decode(targets)) == 1).all()


def test_practice_stays_within_the_dials():
    codes = torch.tensor([*DEMONSTRATIONS, *(code for pair in PRACTICE for code in pair)])
    assert codes.min() >= 0 and codes.max() <= 1
    assert [answer for _, answer in PRACTICE_CHOICES] == ["Low", "High", "Medium"]
