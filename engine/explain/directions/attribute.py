"""Attribute directions: the way through code space in which a classifier's log-odds rise, by logistic regression."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from torch import Tensor

from engine.checkpoints import Direction
from engine.explain.directions.coordinates import categories, coordinates, movable
from engine.explain.directions.finder import DIRECTIONS, Latents
from engine.explain.directions.logistic import HeldOut, Logistic, fit_logistic, held_out
from engine.explain.directions.orthogonal import symmetric, without
from engine.interfaces import Layout
from engine.registry import unknown


@DIRECTIONS.register("attribute")
@dataclass(frozen=True, kw_only=True)
class AttributeDirections:
    """The weights of a logistic regression of soft labels on codes, one direction an attribute.

    All attributes are fitted to the same pictures. Of a conditional model, categories are told to the regression and
    not moved: its digit says most of what a digit classifier says.

    Attributes:
        attributes: Which of the classifier's outputs; none stands for all.
        l2: Penalty on the weights of standardised codes.
        free_of: Outputs whose reading the directions of others should leave as it is.
        at_right_angles: Turn all of them until they cross at right angles, each as little as possible.
    """

    attributes: tuple[str, ...] = ()
    l2: float = 1e-3
    free_of: tuple[str, ...] = ()
    at_right_angles: bool = False

    def check(self, layout: Layout, outputs: tuple[str, ...]) -> None:
        """Refuses attributes that the classifier does not know, and orders that contradict each other.

        Raises:
            ValueError: If there is no classifier or no such attribute, or nothing of the code can move.
        """
        movable(layout)
        if not outputs:
            raise ValueError("Attribute directions are learned from a classifier; these codes have no labels.")
        for name in (*self.attributes, *self.free_of):
            if name not in outputs:
                raise ValueError(unknown("attribute", name, outputs))
        if self.free_of and self.at_right_angles:
            raise ValueError("Choose either directions freed of some attributes, or all at right angles.")

    def find(self, latents: Latents) -> tuple[Direction, ...]:
        """One direction an attribute, in the classifier's order.

        Raises:
            ValueError: If there is no classifier or no such attribute, or one says the same of all pictures.
        """
        self.check(latents.layout, latents.outputs)
        if not 1 <= latents.held_out <= len(latents.codes) - 2:
            raise ValueError(
                f"Of {len(latents.codes)} codes, at least one should be held out and two be fitted; "
                f"got {latents.held_out} held out."
            )
        names = tuple(name for name in latents.outputs if name in (self.attributes or latents.outputs))
        told = (*names, *(name for name in dict.fromkeys(self.free_of) if name not in names))
        fit, judged = _fitted(latents, told, self.l2)
        weights = fit.weights[:, : coordinates(latents.codes[:1], latents.layout).shape[1]]
        _check_lengths(weights, told)
        turned, parts = self._turned(weights, told, len(names)), movable(latents.layout)
        return tuple(
            Direction(
                name=("Towards " if latents.exclusive else "") + name + self._words(name),
                parts=parts,
                vector=turned[k].float(),
                about={
                    "way": "attribute",
                    "attribute": name,
                    "held_out": asdict(judged[k]),
                    "log_odds_a_unit": float(weights[k] @ turned[k]),
                    "cosine_before_freeing": float(torch.cosine_similarity(weights[k], turned[k], dim=0)),
                    "l2": self.l2,
                },
            )
            for k, name in enumerate(names)
        )

    def _turned(self, weights: Tensor, names: tuple[str, ...], count: int) -> Tensor:
        """Unit vectors of the first `count` attributes, (count, K), freed of what they should be freed of."""
        if self.at_right_angles:
            return symmetric(weights[:count])
        rows = [
            without(weights[k], weights[others]) if others else weights[k] / weights[k].norm()
            for k in range(count)
            for others in ([names.index(other) for other in self.free_of if other != names[k]],)
        ]
        return torch.stack(rows)

    def _words(self, name: str) -> str:
        others = [other for other in dict.fromkeys(self.free_of) if other != name]
        return f", {' and '.join(others)} kept" if others else ""


def _fitted(latents: Latents, names: tuple[str, ...], l2: float) -> tuple[Logistic, tuple[HeldOut, ...]]:
    """The regression of these outputs on all there is of the codes, and how it does on those held out."""
    points = torch.cat([part(latents.codes, latents.layout) for part in (coordinates, categories)], dim=1)
    truth = latents.log_odds[:, [latents.outputs.index(name) for name in names]]
    cut = len(points) - latents.held_out
    fit = fit_logistic(points[:cut], truth[:cut], l2=l2)
    return fit, held_out(fit, points[cut:], truth[cut:])


def _check_lengths(weights: Tensor, names: tuple[str, ...]) -> None:
    flat = [name for name, weight in zip(names, weights, strict=True) if not float(weight.norm()) > 0]
    if flat:
        raise ValueError(
            f"The classifier says the same of every picture about {', '.join(flat[:4])}: there is no direction in "
            "which that changes. Leave it out."
        )
