"""When a reconstruction is solved: the study's measures and thresholds, calibrated ones for data it did not have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from engine.interfaces import LatentModel
from engine.study.design import Goal
from engine.study.matching.agreement import AGREEMENTS, Agreement
from engine.study.matching.calibration import calibrated_threshold, reached_at

# Ross et al. (2021), https://arxiv.org/abs/2102.01264, as released.
PUBLISHED: Mapping[str, Goal] = MappingProxyType(
    {
        "dsprites": Goal(agreement="overlap", threshold=0.90, skip_after_s=30.0),
        "sinelines": Goal(agreement="tolerance", threshold=0.90, skip_after_s=30.0),
        "mnist": Goal(agreement="intersection", threshold=0.75, skip_after_s=45.0),
    }
)
_OTHERS = Goal(agreement="distance", skip_after_s=30.0)


@dataclass(frozen=True, kw_only=True)
class SolvedWhen:
    """A goal with nothing left open.

    Attributes:
        agreement: The measure.
        threshold: Agreement that is asked for.
        skip_after_s: Active seconds after which a question may be skipped.
    """

    agreement: Agreement
    threshold: float
    skip_after_s: float

    @property
    def reached_at(self) -> float:
        """Agreement from which a question is solved: a thousandth less than the threshold, as in the study."""
        return reached_at(self.threshold)

    def to_json(self) -> dict[str, Any]:
        """All that a page needs to judge as the server does."""
        return {
            "agreement": self.agreement.to_json(),
            "threshold": self.threshold,
            "reached_at": self.reached_at,
            "skip_after_s": self.skip_after_s,
        }


def resolve(goal: Goal, model: LatentModel) -> SolvedWhen:
    """Fills in what a study leaves open: the data set's own measure, threshold and time, else calibrated ones.

    Args:
        goal: As the study declares it.
        model: Of the study. Where the threshold is calibrated, models of one data set may get different ones.

    Raises:
        KeyError: If the measure is not registered.
        ValueError: If it does not suit the model's data, or no threshold can be calibrated.
    """
    usual = PUBLISHED.get(dataset_of(model), _OTHERS)
    agreement = measure(goal, model)
    threshold = goal.threshold
    if threshold is None:
        threshold = usual.threshold if agreement.name == usual.agreement else None
    if threshold is None:
        threshold = calibrated_threshold(model, agreement)
    skip_after_s = goal.skip_after_s if goal.skip_after_s is not None else usual.skip_after_s
    assert skip_after_s is not None  # the tables above have one each
    return SolvedWhen(agreement=agreement, threshold=threshold, skip_after_s=skip_after_s)


def measure(goal: Goal, model: LatentModel) -> Agreement:
    """The goal's measure of agreement alone, which takes no calibration; errors as in `resolve`."""
    name = goal.agreement or PUBLISHED.get(dataset_of(model), _OTHERS).agreement
    assert name is not None  # the tables above have one each
    return AGREEMENTS[name].for_model(model)  # type: ignore[attr-defined] # entries are classes


def dataset_of(model: LatentModel) -> str:
    """The registered name of a model's data set, without size and choice: `mnist` for `mnist:3,8`; empty if unknown."""
    name: str = getattr(model, "dataset", "") or model.id.partition("/")[0]
    return name.partition("@")[0].partition(":")[0]
