"""The FairFace network (Kärkkäinen & Joo, 2021, https://arxiv.org/abs/1908.04913) and what is read off it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import Tensor, nn

from engine.interfaces import Readout
from engine.models.registry import MODELS
from engine.models.resnet import ResNetClassifier
from engine.registry import unknown

RACES = ("White", "Black", "Latino_Hispanic", "East Asian", "Southeast Asian", "Indian", "Middle Eastern")
GENDERS = ("Male", "Female")
AGES = ("0-2", "3-9", "10-19", "20-29", "30-39", "40-49", "50-59", "60-69", "70+")
_YEARS = (1.0, 6.0, 15.0, 25.0, 35.0, 45.0, 55.0, 65.0, 75.0)  # the middle of each bracket, as published
_GROUPS = (len(RACES), len(GENDERS), len(AGES))
_MALE = len(RACES)  # where the logits of gender begin


@MODELS.register("fair-face")
class FairFace(ResNetClassifier):
    """A ResNet-34 with 18 outputs (7 of race, 2 of gender, 9 of age) and one fixed head behind them.

    All heads have the same weights in their file; the head itself learns nothing. What it says is a property of this
    classifier and of the labels it was trained on, not of a person in a picture.

    Args:
        readout: `gender`, the log-odds of Male against Female; `gender-raw`, the logit of Male alone, which earlier
            work took for it; `age`, the expected age in years; `age-bracket`, nine classes; `skin-colour`, the log-odds
            of Black against White; `race`, seven classes; `all`, the 18 logits.

    Raises:
        ValueError: If there is no such readout.
    """

    def __init__(self, readout: str = "gender") -> None:
        if readout not in READOUTS:
            raise ValueError(unknown("readout", readout, READOUTS))
        super().__init__(_ALL, size=224, exclusive=False, layers=(3, 4, 6, 3))
        chosen = READOUTS[readout]
        assert isinstance(self.network, nn.Sequential)
        self.network.append(chosen.layers())
        self.classes, self.exclusive, self.readout = chosen.classes, chosen.exclusive, chosen.readout
        self.grouped = readout == "all"

    def probabilities_of(self, logits: Tensor) -> Tensor:
        """(N, M) -> (N, M); of all 18 outputs, each of the three groups adds up to one."""
        if not self.grouped:
            return super().probabilities_of(logits)
        return torch.cat([group.softmax(dim=1) for group in logits.split(_GROUPS, dim=1)], dim=1)


@dataclass(frozen=True)
class _Head:
    classes: tuple[str, ...]
    layers: Callable[[], nn.Module]
    exclusive: bool = False
    readout: Readout | None = None


def _difference(of: int, against: int) -> nn.Linear:
    logits = torch.eye(sum(_GROUPS))
    return _fixed((logits[of] - logits[against])[None])


def _some(first: int, count: int) -> nn.Linear:
    return _fixed(torch.eye(sum(_GROUPS))[first : first + count])


def _fixed(weight: Tensor) -> nn.Linear:
    """A dense layer whose weights are constants: a layer, so that every attribution rule knows it; in no file."""
    layer = nn.Linear(weight.shape[1], weight.shape[0], bias=False)
    del layer.weight
    layer.register_buffer("weight", weight, persistent=False)
    return layer


def _expected_age() -> nn.Module:
    return nn.Sequential(_ages(), nn.Softmax(dim=1), _fixed(torch.tensor([_YEARS])))


def _ages() -> nn.Module:
    return _some(_MALE + len(GENDERS), len(AGES))


def _log_odds(name: str, unit: str = "log-odds") -> Readout:
    """Beyond 8 in either direction there is next to no doubt (1 in 3,000)."""
    return Readout(name=name, unit=unit, low=-8.0, high=8.0, center=0.0)


_ALL = tuple(
    f"{group}: {name}" for group, names in (("race", RACES), ("gender", GENDERS), ("age", AGES)) for name in names
)
_AGE = Readout(name="age", unit="years", low=_YEARS[0], high=_YEARS[-1], center=None)

READOUTS: Mapping[str, _Head] = MappingProxyType(
    {
        "gender": _Head(
            ("Male rather than Female",), lambda: _difference(_MALE, _MALE + 1), readout=_log_odds("gender")
        ),
        "gender-raw": _Head(("Male",), lambda: _some(_MALE, 1), readout=_log_odds("gender, raw", "logit")),
        "age": _Head(("age",), _expected_age, readout=_AGE),
        "age-bracket": _Head(AGES, _ages, exclusive=True),
        "skin-colour": _Head(("Black rather than White",), lambda: _difference(1, 0), readout=_log_odds("skin colour")),
        "race": _Head(RACES, lambda: _some(0, len(RACES)), exclusive=True),
        "all": _Head(_ALL, nn.Identity),
    }
)
