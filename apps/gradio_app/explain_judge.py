"""How good one map is: curves and numbers that go out to the page as each is measured."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn

from apps.gradio_app.explain import Asked
from apps.random_order_curves import random_order_curves
from apps.refusals import RefusedError
from apps.streaming import Channel
from engine.explain.heatmaps import (
    CancelledError,
    Failure,
    HeatmapCache,
    UnsuitableModelError,
    attribute,
    attribute_all,
    name_of,
)
from engine.metrics import agreement, deletion_insertion, max_sensitivity, randomisation, sensitivity_n

RANDOMISED_DEPTHS = 8
_ZERO = "The map is zero everywhere: the order of its pixels would be arbitrary, so there is nothing to measure."
_Check = Callable[["Judge", Channel], Mapping[str, Any]]


class Judge:
    """One picture, the maps of some methods for it, and what is asked of one of them.

    Args:
        asked: A question about one picture; its methods are compared.
        method: Name of the one whose map is judged.
        maps: Where maps are kept.
    """

    def __init__(self, asked: Asked, method: str, maps: HeatmapCache | None) -> None:
        question = asked.question
        if len(question.x) != 1:
            raise RefusedError(f"One picture's map is judged at a time; got {len(question.x)} pictures.")
        self.model, self.x, self.target = question.model, question.x, question.target
        chosen = [one for one in question.methods if name_of(one) == method]
        if not chosen:
            raise RefusedError(f"judged should be one of {[name_of(one) for one in question.methods]}; got {method!r}.")
        self.methods, self.method = question.methods, chosen[0]
        self.maps = maps
        self._own: Tensor | None = None

    def run(self, checks: list[str], channel: Channel) -> None:
        """Sends the result of each check as it is there, then `done`."""
        try:
            for name in checks:
                channel.send("judged", check=name, **self._found(name, channel))
        except CancelledError:
            return
        except UnsuitableModelError as error:
            channel.send("failure", reason=str(error))
            return
        channel.send("done")

    def _found(self, name: str, channel: Channel) -> Mapping[str, Any]:
        """What a check says; of a map without a highest pixel only how it agrees with others can be asked."""
        if name != "agreement" and not bool(self.own_map(channel).any()):
            return {"reason": _ZERO}
        return CHECKS[name](self, channel)

    def explain(self, model: nn.Module, x: Tensor, channel: Channel) -> Tensor:
        """Maps of pictures near the original, or of a changed model: of the original's target, (R, C, H, W)."""
        return attribute(model, x, self.method, target=self.target, should_stop=channel.stopped).values

    def own_map(self, channel: Channel) -> Tensor:
        """The judged map, (1, C, H, W)."""
        if self._own is None:
            settings: dict[str, Any] = {"target": self.target, "cache": self.maps, "should_stop": channel.stopped}
            self._own = attribute(self.model, self.x, self.method, **settings).values
        return self._own


def _pixels(judge: Judge, channel: Channel) -> Mapping[str, Any]:
    found = deletion_insertion(judge.model, judge.x, judge.own_map(channel), target=judge.target)
    chance = random_order_curves(judge.model, judge.x, judge.target, judge.maps)
    return {
        "shares": found.shares.tolist(),
        "deletion": found.deletion[0].tolist(),
        "insertion": found.insertion[0].tolist(),
        "deletion_auc": float(found.deletion_auc[0]),
        "insertion_auc": float(found.insertion_auc[0]),
        "random_order": {"deletion": chance.deletion[0].tolist(), "insertion": chance.insertion[0].tolist()},
        "random_order_auc": float(chance.deletion_auc[0]),
        "measure": found.measure,
        "baseline": found.baseline,
    }


def _sensitivity_n(judge: Judge, channel: Channel) -> Mapping[str, Any]:
    if not judge.method.signed:
        return {"reason": "It is about sums of what speaks for and against; this method's maps have no signs."}
    found = sensitivity_n(judge.model, judge.x, judge.own_map(channel), target=judge.target)
    return {
        "shares": [float(f"{share:.4g}") for share in found.shares.tolist()],
        "correlation": plain(found.correlation[0]),
        "mean": plain(found.mean)[0],
    }


def _max_sensitivity(judge: Judge, channel: Channel) -> Mapping[str, Any]:
    def explain(near: Tensor, _: Tensor) -> Tensor:
        return judge.explain(judge.model, near, channel)

    found = max_sensitivity(explain, judge.x, judge.own_map(channel))
    return {"change": plain(found.change)[0], "radius": found.radius, "samples": found.samples}


def _agreement(judge: Judge, channel: Channel) -> Mapping[str, Any]:
    settings: dict[str, Any] = {"target": judge.target, "cache": judge.maps, "should_stop": channel.stopped}
    results = attribute_all(judge.model, judge.x, judge.methods, **settings)
    found = {one.method: one.values for one in results if not isinstance(one, Failure)}
    if not found:
        raise UnsuitableModelError("None of the methods has a map for this picture; choose others.")
    result = agreement(found)
    return {"methods": list(result.methods), "matrix": [plain(row) for row in result.matrix]}


def _randomisation(judge: Judge, channel: Channel) -> Mapping[str, Any]:
    done = 0

    def explain(network: nn.Module, x: Tensor) -> Tensor:
        nonlocal done
        found = judge.explain(network, x, channel)
        done += 1
        channel.send("progress", share=min(0.99, done / RANDOMISED_DEPTHS))
        return found

    found = randomisation(explain, judge.model, judge.x, judge.own_map(channel), depths=RANDOMISED_DEPTHS)
    return {"layers": list(found.layers), "correlation": plain(found.mean)}


def plain(values: Tensor) -> list[float | None]:
    """Numbers for JSON, which has none that are not finite."""
    return [value if math.isfinite(value) else None for value in torch.atleast_1d(values).tolist()]


CHECKS: Mapping[str, _Check] = MappingProxyType(
    {
        "pixels": _pixels,
        "agreement": _agreement,
        "sensitivity_n": _sensitivity_n,
        "max_sensitivity": _max_sensitivity,
        "randomisation": _randomisation,
    }
)


def read_checks(value: object) -> list[str]:
    """Names of checks.

    Raises:
        RefusedError: If one is unknown.
    """
    known = [name for name in value if name in CHECKS] if isinstance(value, list) and len(value) <= 10 else []
    if not known or known != value:
        raise RefusedError(f"checks should be a list of some of {list(CHECKS)}.")
    return known
