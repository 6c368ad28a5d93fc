from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from engine.interfaces import Classifier
from engine.metrics import deletion_insertion
from engine.models import MODELS
from engine.models.fair_face import READOUTS, FairFace
from engine.models.predictions import predictions

# 18 logits: seven of race, two of gender, nine of age
LOGITS = torch.tensor(
    [
        [0.5, 2.0, -1.0, 0.25, 0.0, 1.5, -2.0, 3.0, 1.25, *(0.0,) * 9],
        [4.0, -1.0, 0.0, 0.0, 0.0, 0.0, 0.0, -2.0, 0.5, -5.0, -5.0, 1.0, 9.0, 2.0, -5.0, -5.0, -5.0, -5.0],
        [1.0, 1.0, 3.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, *(-200.0,) * 8, 200.0],
    ]
)
X = torch.zeros(3, 3, 8, 8)
YEARS = (1, 6, 15, 25, 35, 45, 55, 65, 75)


def expected_age(row):
    shares = [math.exp(value - max(row[9:])) for value in row[9:]]
    return sum(share * year for share, year in zip(shares, YEARS, strict=True)) / sum(shares)


@pytest.mark.parametrize(
    ("readout", "values"),
    [
        ("gender", [[1.75], [-2.5], [0.0]]),
        ("gender-raw", [[3.0], [-2.0], [0.0]]),
        ("skin-colour", [[1.5], [-5.0], [0.0]]),
        ("age", [[expected_age(row)] for row in LOGITS.tolist()]),
        ("race", LOGITS[:, :7].tolist()),
        ("age-bracket", LOGITS[:, 9:].tolist()),
        ("all", LOGITS.tolist()),
    ],
)
def test_heads_as_published(readout, values):
    torch.testing.assert_close(READOUTS[readout].layers()(LOGITS), torch.tensor(values), rtol=0, atol=1e-5)


def test_age_in_years_by_hand():
    ages = READOUTS["age"].layers()(LOGITS)[:, 0].tolist()
    assert ages[0] == pytest.approx(sum(YEARS) / 9), "no bracket is likelier than another"
    assert 25 < ages[1] < 25.1
    assert ages[2] == 75


class Says(nn.Module):
    """A network that answers `LOGITS`, whatever it sees."""

    def forward(self, x):
        return LOGITS[: len(x)]


def saying(readout):
    """FairFace with its real head, and `Says` in the place of everything before."""
    with torch.device("meta"):  # 21 million weights that nobody reads
        model = FairFace(readout)
    model.network = nn.Sequential(nn.Identity(), Says(), READOUTS[readout].layers())
    return model.eval()


@pytest.mark.parametrize("readout", READOUTS)
def test_every_readout_is_a_classifier_that_names_its_outputs(readout):
    with torch.device("meta"):
        model = MODELS.build("fair-face", readout=readout).eval()
        logits = model(torch.empty(2, 3, 40, 40))
    assert isinstance(model, Classifier)
    assert model.space.shape == (3, 224, 224)
    assert list(model.state_dict()) == [f"network.1.{name}" for name in model.body.state_dict()], "heads are constants"
    assert logits.shape == (2, len(model.classes))
    single = len(model.classes) == 1
    assert (model.readout is not None) is single
    if single:
        assert model.readout.low < model.readout.high
        assert not model.exclusive


@pytest.mark.parametrize("readout", ["age", "gender-raw"])
def test_what_has_no_probability_says_so(readout):
    with pytest.raises(ValueError, match=r"is read in (years|logit) and has no probability; logits\(x\) is its value"):
        saying(readout).probabilities(X)


def test_probabilities_of_the_others():
    every = saying("all").probabilities(X)
    for group in every.split((7, 2, 9), dim=1):
        torch.testing.assert_close(group.sum(dim=1), torch.ones(3))
    torch.testing.assert_close(saying("gender").probabilities(X)[:, 0], every[:, 7])
    torch.testing.assert_close(saying("skin-colour").probabilities(X)[:, 0], every[:, 1] / (every[:, 0] + every[:, 1]))
    torch.testing.assert_close(saying("race").probabilities(X), every[:, :7])
    torch.testing.assert_close(saying("age-bracket").probabilities(X), every[:, 9:])


def test_whoever_asks_for_a_probability_gets_the_groups_own():
    every = saying("all").probabilities(X)
    curves = deletion_insertion(saying("all"), X[:1], X[:1], target=7, steps=1)
    torch.testing.assert_close(curves.deletion[0], every[:2, 7])
    [[name, value], *_] = predictions(saying("all"), LOGITS)[0]["top"]
    assert (name, value) == ("gender: Male", pytest.approx(float(every[0, 7])))


def test_an_unknown_readout_lists_its_neighbours():
    with pytest.raises(ValueError, match=r"No readout 'skin'; did you mean 'skin-colour'"):
        FairFace("skin")
