"""The threshold of agreement for data of any kind: passed by a careful hand and next to never by chance."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from engine.interfaces import LatentModel
from engine.study.matching.agreement import MAX_VALUES, Agreement, Distance
from engine.study.sessions.dials import Range, clamped, ends, stands, turned
from engine.study.sessions.question_codes import question_codes, stored_codes

DIAL_ERROR = 0.01  # of a dial's range
_SLACK = 0.001  # as in the study
_NUM_CODES = 256
_PAIRS_A_CODE = 12


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """A threshold and what it does.

    Attributes:
        threshold: Agreement that is asked for.
        random: Share of pairs of random codes that agree so well, in [0, 1].
        near: Share of dials, 1 % of their range off, that still agree so well.
        separated: Whether fewer than 1 % of the former and more than 99 % of the latter do.
    """

    threshold: float
    random: float
    near: float

    @property
    def separated(self) -> bool:
        """Whether the two kinds of pairs lie on either side, but for one in a hundred."""
        return self.random < 0.01 and self.near > 0.99


def calibrated_threshold(model: LatentModel, agreement: Agreement | None = None) -> float:
    """A threshold that random pairs of a model's own codes pass in under 1 % and a 1 % dial error in over 99 %.

    Args:
        model: Any latent model.
        agreement: By default `Distance.for_model(model)`.

    Raises:
        ValueError: If there is no such threshold: give one in the study file.
    """
    found = calibrate(model, agreement)
    if not found.separated:
        name = "distance" if agreement is None else agreement.name
        raise ValueError(
            f"No threshold of {name!r} tells random codes of {model.id} from a target missed by 1 % of a dial: at "
            f"{found.threshold:.3f}, {100 * found.random:.1f} % of random pairs and {100 * found.near:.1f} % of near "
            "ones agree. Give the study's goal a threshold, or another agreement."
        )
    return found.threshold


@torch.inference_mode()
def calibrate(model: LatentModel, agreement: Agreement | None = None, *, span: Range = "percentile") -> Calibration:
    """Half way between what random pairs reach once in a hundred and what near pairs fall below as seldom.

    Near pairs are a code and the same with one dial 1 % of its range higher or lower; a category has no such error.
    Codes are drawn from a fixed seed, so a model has one threshold.

    Args:
        model: Any latent model.
        agreement: By default `Distance.for_model(model)`.
        span: What dials span. At `full` one outlier widens a dial and its 1 %: on `sinelines/ae` eightfold the range
            of half the data, and nothing separates there.
    """
    agreement = agreement or Distance.for_model(model)
    n = max(16, min(_NUM_CODES, MAX_VALUES // model.space.size))
    stored = stored_codes(model)
    n = n if stored is None else min(n, len(stored))  # a row that came again would agree with itself
    codes = question_codes(model, n, generator=torch.Generator().manual_seed(0))
    random, near = pair_agreements(model, codes, agreement, span=span)
    chance, careful = float(torch.quantile(random, 0.99)), float(torch.quantile(near, 0.01))
    threshold = min(1.0, round((chance + careful) / 2, 3))
    passed = reached_at(threshold)
    return Calibration(
        threshold=threshold,
        random=float((random >= passed).double().mean()),
        near=float((near >= passed).double().mean()),
    )


def reached_at(threshold: float) -> float:
    """Agreement from which a target counts as matched: a thousandth less than the threshold."""
    return threshold - _SLACK


@torch.inference_mode()
def pair_agreements(
    model: LatentModel, codes: Tensor, agreement: Agreement, *, span: Range = "percentile"
) -> tuple[Tensor, Tensor]:
    """Agreement of random pairs of the codes (N, D), and of every code with itself missed by 1 % of each dial."""
    codes = clamped(model.axes, codes, span)
    x = _decoded(model, codes)
    shifts = range(1, min(len(x), _PAIRS_A_CODE + 1))
    random = torch.cat([_agreements(agreement, x, x.roll(shift, 0)) for shift in shifts])
    turnable = [axis for axis in model.axes if axis.kind != "category"]
    few = max(2, min(len(x), _num_near(model) // max(1, 2 * len(turnable))))
    near = []
    for axis in turnable:
        low, high = ends(axis, span)
        for step in (-DIAL_ERROR, DIAL_ERROR):
            missed = turned(axis, codes[:few], stands(axis, codes[:few]) + step * (high - low))
            near.append(_agreements(agreement, _decoded(model, missed), x[:few]))
    return random, torch.cat(near) if near else torch.ones(1, device=x.device)


_BATCH = 32


def _num_near(model: LatentModel) -> int:
    """How many drawings with a dial a little off: enough to count one in a hundred, fewer of very large pictures."""
    size = model.space.size
    return max(128, min(2 * MAX_VALUES // size, max(1024, min(2048, 2**22 // size))))


def _decoded(model: LatentModel, codes: Tensor) -> Tensor:
    return torch.cat([model.decode(some) for some in codes.split(_BATCH)])


def _agreements(agreement: Agreement, x: Tensor, target: Tensor) -> Tensor:
    pairs = zip(x.split(_BATCH), target.split(_BATCH), strict=True)
    return torch.cat([agreement(some, goal) for some, goal in pairs])
